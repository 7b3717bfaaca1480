"""Packed images, and the table that says of each its group, its class and its part."""
import collections
import csv
import hashlib

import numpy as np
import torch
from torch.nn import functional

from words import Fault

PARTS = ('train', 'validation', 'test')
Row = collections.namedtuple('Row', 'image group label name split scored')


class Images:
    """Rows of the table, and the pixels of each: (N, height, width, 3) uint8, mapped and never read whole, in an order of their own."""

    def __init__(self, pixels, index, table):
        try:
            self.pixels = np.load(pixels, mmap_mode='r').view(np.ndarray)  # a slice of a memmap takes ten times as long
        except (ValueError, OSError) as error:
            raise Fault(f'{pixels} cannot be read as packed pixels: {error}. Make it with steps/image/pack.')
        if self.pixels.dtype != np.uint8 or self.pixels.ndim != 4 or self.pixels.shape[3] != 3:
            raise Fault(f'{pixels} holds {self.pixels.dtype} of shape {self.pixels.shape}; packed pixels are uint8 of shape (images, height, width, 3).')
        names = [row['image'] for row in lines(index, ['image'], 'steps/image/pack')]
        if len(names) != len(self.pixels):
            raise Fault(f'{index} has {len(names)} rows and {pixels} {len(self.pixels)} images. They belong together: one row an image.')
        rows = lines(table, ['image', 'group', 'label', 'class', 'split', 'scored'], 'steps/image/split')
        self.classes = classes_of(table, rows)
        self.rows = [Row(r['image'], r['group'], int(r['label']), r['class'], r['split'], r['scored'] == '1') for r in rows]
        refuse_two_parts(table, self.rows)
        place = {name: n for n, name in enumerate(names)}
        absent = [row.image for row in self.rows if row.image not in place]
        if absent:
            raise Fault(f'{table} names {len(absent)} images that {index} has not, such as "{absent[0]}". Pack the images of this table.')
        self.places = np.array([place[row.image] for row in self.rows], dtype=np.int64)
        self.digests = {'table': digest(table), 'index': digest(index), 'shape': list(self.pixels.shape)}

    @property
    def height(self):
        return self.pixels.shape[1]

    @property
    def width(self):
        return self.pixels.shape[2]

    def image(self, n):
        """Pixels of the n-th row."""
        return self.pixels[self.places[n]]

    def where(self, test):
        return np.array([n for n, row in enumerate(self.rows) if test(row)], dtype=np.int64)

    def labels(self, own):
        return np.array([self.rows[n].label for n in own], dtype=np.int64)

    def groups(self, own):
        return sorted({self.rows[n].group for n in own})


def lines(path, wanted, maker):
    with open(path, newline='', encoding='utf-8') as file:
        table = list(csv.DictReader(file, delimiter='\t', quoting=csv.QUOTE_NONE))
    missing = [name for name in wanted if table and name not in table[0]]
    if missing or not table:
        raise Fault(f'{path} has no column "{missing[0]}".' if missing else f'{path} has no row. Make it with {maker}.')
    return table


def classes_of(path, table):
    """Names of the classes by their numbers. @raises Fault at a row that is faulty"""
    names = {}
    for n, row in enumerate(table):
        if not row['label'].isdecimal():
            raise Fault(f'{path}, line {n + 2}: the label is "{row["label"]}"; it is the number of a class, from 0.')
        if row['split'] not in PARTS:
            raise Fault(f'{path}, line {n + 2}: the split is "{row["split"]}"; it is train, validation or test.')
        first, line = names.setdefault(int(row['label']), (row['class'], n + 2))
        if first != row['class']:
            raise Fault(f'{path} has two classes of the number {row["label"]}: "{first}" in line {line}, "{row["class"]}" in line {n + 2}. Each class has one number.')
    gap = next((n for n in range(len(names)) if n not in names), None)
    if gap is not None:
        raise Fault(f'{path} has no image of the class number {gap}, and one of {max(names)}. Number the classes from 0 on, without gaps.')
    return [names[n][0] for n in range(len(names))]


def refuse_two_parts(path, rows):
    """A group in two parts: the test would ask for what was learnt."""
    firsts = {}
    for n, row in enumerate(rows):
        line, first = firsts.setdefault(row.group, (n + 2, row.split))
        if row.split != first:
            raise Fault(
                f'{path} has the group "{row.group}" in two parts: {first} in line {line}, {row.split} in line {n + 2}. '
                'All images of a group belong to one, or the test asks for what was learnt. Move them to one split.'
            )


def digest(path):
    """SHA-256 of a file."""
    made = hashlib.sha256()
    with open(path, 'rb') as file:
        for block in iter(lambda: file.read(2**20), b''):
            made.update(block)
    return made.hexdigest()


def resized(block, size):
    """Images (n, height, width, 3) uint8, brought to squares of the size."""
    tensor = torch.from_numpy(np.ascontiguousarray(block)).permute(0, 3, 1, 2).float()
    sized = functional.interpolate(tensor, (size, size), mode='bilinear', align_corners=False)
    return sized.round_().permute(0, 2, 3, 1).to(torch.uint8).numpy()


def centred(values):
    """Intensities 0..1 around zero: stained tissue is bright, 0.6 on the average."""
    return values.sub_(0.6).mul_(4.0).permute(0, 3, 1, 2)
