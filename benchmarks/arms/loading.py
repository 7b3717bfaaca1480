#!/usr/bin/env python3
"""Packed pixels, or PNGs decoded in the loop: loading.py SCRIPTS PIXELS INDEX TABLE ARCHIVE PATCHES packed|PNG. Seconds go to parts.json.

The same batches by the same code, which lies in the folder SCRIPTS; only where an image comes from differs. PNGs are unpacked beforehand: opening
them is not counted against them more than a loader of loose files would.
"""
import io
import json
import sys
import tarfile
import time

import numpy as np
import torch
from PIL import Image

scripts, pixels, index, table, archive, patches, source = sys.argv[1:]
sys.path.insert(0, scripts)
import train
from machine import Machine
from models import build
from packed import Images

torch.set_num_threads(1)
packed = Images(pixels, index, table)
with tarfile.open(archive) as tar:
    files = {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}


class Png(Images):
    """The same images, decoded whenever one is asked for."""

    def image(self, n):
        with Image.open(io.BytesIO(files[self.rows[n].image])) as image:
            return np.asarray(image)


png = Png(pixels, index, table)
own = packed.where(lambda row: row.split == 'train' and row.scored)
assert all((png.image(n) == packed.image(n)).all() for n in own[:20]), 'the two sources differ'
files_of_none = ['--pixels', pixels, '--index', index, '--table', table, '--checkpoint', '', '--history', '']
options, _ = train.words([*files_of_none, '--epochs', '1', '--patches', patches])


def taken(work):
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return {'wall': time.perf_counter() - wall, 'cpu': time.process_time() - cpu}


def pixels_alone(images):
    """Every image of an epoch once per patch, whole: what a loader does before anything is done with it."""
    for _ in range(int(patches)):
        for n in own:
            np.array(images.image(n))


def whole_epoch(images):
    machine = Machine(options)
    torch.manual_seed(0)
    net = machine.net(build('nirschl', len(images.classes)), options['patch'], len(images.classes))
    optimizer = torch.optim.AdamW(net.parameters(), lr=options['lr'])
    course = train.Whole(net, None, machine, images, own, own[:0], options)
    train.one_epoch(0, course, machine, optimizer, machine.scaler(), train.Loss(images, own, options, machine.device), options)


sys.stderr = io.StringIO()
images = {'packed': packed, 'PNG': png}[source]
pixels_alone(packed)
with open('parts.json', 'w') as file:
    json.dump({'loader': taken(lambda: pixels_alone(images)), 'epoch': taken(lambda: whole_epoch(images))}, file)
