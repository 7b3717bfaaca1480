#!/usr/bin/env python3
"""Pairs of packed images that show the same, whatever was done to the copy: exact ones by their digests, near ones by what they show.

    duplicates.py --pixels images.npy --index images.tsv --pairs pairs.tsv --threads 2

1. A disc in the middle of each image is described by numbers that neither turning nor mirroring change: the sizes of its circular harmonics
   on rings. So are discs in many places and of many sizes of every image, since a copy may be cropped. Discs that agree are candidates.
2. The phases of the harmonics tell by what angle a candidate is turned, and whether it is mirrored.
3. From there an affine map is refined until the images lie on each other, or do not.
4. What is left is judged block by block by fine structure alone, which two images share only where one was made of the other.
"""
import argparse
import concurrent.futures
import csv
import json
import math
import os
import sys

for name in ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS'):
    os.environ[name] = '1'  # chunks are shared among threads here, and each gives the same numbers however many there are

import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch.nn import functional  # noqa: E402


class Fault(Exception):
    """Something the user can mend: printed without a traceback."""


# ── Planes: one channel of optical density ──────────────────────────────────────────────────────────────────────────────────────────

FINE = 112  # pixels a side, more or less, at which images are judged
DARK = 16  # added to values, so that grain in black counts for little
LEAST = 0.01  # a channel whose optical density varies less is one colour


def planes(pixels):
    """
    Of images (n, height, width, 3) one plane each, a square: the mean of the channels' optical densities, each standardised. Brighter light adds
    to a density, and more of a stain is a factor: both are gone then.
    """
    factor = max(1, round(min(pixels.shape[1:3]) / FINE))
    height, width = (side // factor for side in pixels.shape[1:3])
    whole = np.uint16 if factor <= 16 else np.uint32
    rows = np.zeros((len(pixels), height, width * factor, 3), whole)
    for n in range(factor):
        rows += pixels[:, n : n + factor * height : factor, : width * factor]
    sums = np.zeros((len(pixels), height, width, 3), whole)
    for n in range(factor):
        sums += rows[:, :, n::factor]
    values = torch.from_numpy(np.ascontiguousarray(sums.transpose(0, 3, 1, 2)).astype(np.float32)) / factor**2
    side = max(64, min(height, width))
    if (height, width) != (side, side):
        values = functional.interpolate(values, size=(side, side), mode='bilinear', align_corners=False)
    density = -torch.log((values + DARK) / (255 + DARK))
    density = density - density.mean((2, 3), keepdim=True)
    deviation = density.square().mean((2, 3), keepdim=True).sqrt()
    counts = (deviation > LEAST).float()
    return (density / deviation.clamp(min=LEAST) * counts).sum(1) / counts.sum(1).clamp(min=1)


MOST = 2**25  # bytes of pixels that a thread holds at once


def planes_of(pixels, numbers):
    """Planes of the images with these numbers; of large ones few are read at once."""
    size = max(1, MOST // int(np.prod(pixels[0].shape)))
    return torch.cat([planes(np.stack([pixels[n] for n in numbers[at : at + size]])) for at in range(0, len(numbers), size)])


def reduced(plane, side):
    return functional.adaptive_avg_pool2d(plane[:, None], side)[:, 0]


# ── Discs: what turning and mirroring leave ─────────────────────────────────────────────────────────────────────────────────────────

COARSE = 32  # pixels a side of the planes that discs are cut from
RADIUS = 0.75  # of a disc, where half the image's side is 1
RINGS, ORDERS = 5, 6
SIZES = (1.0, 0.894, 0.8)  # of a disc beside the one in the middle, as crops of so much of a side ask
PLACES = tuple(n / 15 for n in range(-3, 4))
ANGLES = 32
DIMENSIONS = 24
HARMONICS = [(ring, order) for ring in range(RINGS) for order in range(ORDERS + 1) if order <= 0.9 * math.pi * (ring + 0.5)]
ORDER = torch.tensor([float(order) for _, order in HARMONICS])
WEIGHT = torch.tensor([math.sqrt((ring + 0.5) / RINGS) for ring, _ in HARMONICS])
LEVEL = ORDER == 0


def discs():
    """Places of discs (x, y, size): the one in the middle, then those of crops."""
    return torch.tensor([(0.0, 0.0, 1.0)] + [(x, y, size) for size in SIZES for y in PLACES for x in PLACES])


def places(side):
    """Coordinates of pixels, from -1 to 1."""
    at = (torch.arange(side) + 0.5) / side * 2 - 1
    y, x = torch.meshgrid(at, at, indexing='ij')
    return x, y


def projections(where):
    """A matrix that takes a coarse plane to the harmonics of all discs, real and imaginary parts in turn."""
    rows = []
    for x, y, size in where.tolist():
        u, v = ((at - centre) / (size * RADIUS) for at, centre in zip(places(COARSE), (x, y)))
        distance, angle = torch.sqrt(u * u + v * v), torch.atan2(v, u)
        for ring, order in HARMONICS:
            middle = (ring + 0.5) / RINGS
            share = (1 - (distance - middle).abs() * RINGS).clamp(min=0)
            share = share / share.sum() * math.sqrt(middle * (1 if order == 0 else 2))
            rows += [share * torch.cos(order * angle), -share * torch.sin(order * angle)]
    return torch.stack(rows).reshape(len(rows), -1).T.contiguous()


def harmonics(coarse, matrix):
    """Of coarse planes (n, pixels) the harmonics (n, discs, ·) of unit length, without the mean; and whether there is anything at all."""
    found = torch.view_as_complex((coarse @ matrix).reshape(len(coarse), -1, len(HARMONICS), 2))
    mean = (found[..., LEVEL].real * WEIGHT[LEVEL]).sum(-1, keepdim=True) / (WEIGHT[LEVEL] ** 2).sum()
    found = found - (mean * WEIGHT * LEVEL).to(found.dtype)
    length = found.abs().square().sum(-1, keepdim=True).sqrt()
    return found / length.clamp(min=1e-6), length[..., 0] > 0.02


NEXT = [(n, HARMONICS.index((ring + 1, order))) for n, (ring, order) in enumerate(HARMONICS) if order > 0 and ring + 1 < RINGS]


def invariants(found):
    """Sizes of harmonics, and how those of one order lie to each other on neighbouring rings: turning and mirroring change neither."""
    inner, outer = (list(each) for each in zip(*NEXT))
    beside = (found[..., inner] * found[..., outer].conj()).real
    return torch.cat([found[..., LEVEL].real, found[..., ~LEVEL].abs(), beside / (beside.abs() + 1e-4).sqrt()], -1)


class Space:
    """Where what all images of a set have in common is taken away: their mean, and directions in which they differ anyway."""

    def __init__(self, samples):
        self.mean = samples.mean(0)
        apart = samples - self.mean
        values, vectors = torch.linalg.eigh(apart.T @ apart / max(1, len(samples) - 1))
        values = values.clamp(min=0)
        self.axes = (vectors / (values + 0.05 * values.mean() + 1e-6).sqrt())[:, -DIMENSIONS:]

    def __call__(self, samples):
        return functional.normalize((samples - self.mean) @ self.axes, dim=-1)


# ── Candidates ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

NEIGHBOURS = 48  # images looked at more closely for each, the best by its discs
KEPT = 10  # of these, those that fit best when turned into place
COHERENT = 0.5  # least correlation of two discs that are turned into place


def candidates(coarse, run):
    """Rows (i, j, disc of i that the middle of j lies in, angle, mirrored), the most alike first."""
    where = discs()
    matrix = projections(where)
    middle = torch.cat(run(lambda own: harmonics(coarse[own].float(), matrix[:, : 2 * len(HARMONICS)])[0][:, 0], 512))
    space = Space(invariants(middle))
    targets = space(invariants(middle)).T.contiguous()
    turns = torch.polar(torch.ones(ANGLES, len(ORDER)), torch.arange(ANGLES)[:, None] * (2 * math.pi / ANGLES) * ORDER).T.contiguous()
    count = min(NEIGHBOURS, len(coarse) - 1)

    def look(own):
        found, some = harmonics(coarse[own].float(), matrix)
        described = space(invariants(found)) * some[..., None]
        rows = []
        for n, one in enumerate(own):
            likeness = (described[n] @ targets).amax(0)
            likeness[one] = -1
            others = likeness.topk(count).indices
            disc = (described[n] @ targets[:, others]).argmax(0)
            mine, theirs = found[n, disc], middle[others]
            straight, mirrored = (((mine * each) @ turns).real.max(1) for each in (theirs.conj(), theirs))
            flip = mirrored.values > straight.values
            value = torch.where(flip, mirrored.values, straight.values)
            angle = torch.where(flip, mirrored.indices, straight.indices)
            best = value.topk(min(KEPT, count)).indices
            row = torch.stack([torch.full_like(others, one), others, disc, angle, flip.long()], 1)[best]
            rows.append((row[value[best] >= COHERENT], value[best][value[best] >= COHERENT]))
        return torch.cat([row for row, _ in rows]), torch.cat([value for _, value in rows])

    parts = run(look, 16)
    rows, values = torch.cat([row for row, _ in parts]), torch.cat([value for _, value in parts])
    return rows[values.argsort(descending=True, stable=True)], where


# ── Alignment ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def begun(rows, where):
    """The map of each candidate from places of j to places of i: turned, mirrored and shrunk into its disc."""
    disc, angle, flip = where[rows[:, 2]], rows[:, 3] * (2 * math.pi / ANGLES), 1 - 2.0 * rows[:, 4]
    cos, sin = torch.cos(angle) * disc[:, 2], torch.sin(angle) * disc[:, 2]
    return torch.stack([torch.stack([cos, -sin * flip, disc[:, 0]], 1), torch.stack([sin, cos * flip, disc[:, 1]], 1)], 1)


def warped(plane, maps, side):
    x, y = places(side)
    grid = (maps @ torch.stack([x.reshape(-1), y.reshape(-1), torch.ones(side * side)])).transpose(1, 2).reshape(-1, side, side, 2)
    inside = (grid.abs() <= 1).all(-1).float()
    return functional.grid_sample(plane[:, None], grid, align_corners=False, padding_mode='border')[:, 0], inside, x.reshape(-1), y.reshape(-1)


def refined(template, plane, maps, steps):
    """Gauss and Newton's steps to the affine map, gain and bias that bring the plane onto the template; what fits badly weighs little."""
    count, side, _ = template.shape
    target = template.reshape(count, -1)
    for _ in range(steps):
        moved, inside, x, y = warped(plane, maps, side)
        by_x, by_y = torch.zeros_like(moved), torch.zeros_like(moved)
        by_x[:, :, 1:-1] = (moved[:, :, 2:] - moved[:, :, :-2]) * (side / 4)
        by_y[:, 1:-1] = (moved[:, 2:] - moved[:, :-2]) * (side / 4)
        moved, inside, by_x, by_y = (each.reshape(count, -1) for each in (moved, inside, by_x, by_y))
        total = inside.sum(1, keepdim=True).clamp(min=1)
        mean, level = ((inside * each).sum(1, keepdim=True) / total for each in (moved, target))
        apart, wanted = moved - mean, target - level
        gain = (inside * apart * wanted).sum(1, keepdim=True) / ((inside * apart * apart).sum(1, keepdim=True) + 1e-6)
        error = wanted - gain * apart
        usual = (error.abs() * inside).sum(1, keepdim=True) / total + 1e-6
        weight = inside / (1 + (error / (1.5 * usual)) ** 2)
        slopes = torch.stack([by_x * x, by_x * y, by_x, by_y * x, by_y * y, by_y, moved, torch.ones_like(moved)], 1)
        heavy = slopes * weight[:, None]
        normal = heavy @ slopes.transpose(1, 2)
        normal = normal + torch.diag_embed(1e-3 * normal.diagonal(dim1=1, dim2=2) + 1e-6)
        solved = torch.linalg.solve(normal, heavy @ target[..., None])[..., 0]
        change = (solved[:, :6] / solved[:, 6:7].clamp(min=0.2)).clamp(-0.15, 0.15).reshape(-1, 2, 3)
        linear = maps[:, :, :2] @ (change[:, :, :2] + torch.eye(2))
        maps = torch.cat([linear, maps[:, :, :2] @ change[:, :, 2:] + maps[:, :, 2:]], 2)
    return maps


# ── Judgement ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

BLOCKS = 8  # a side
FAINT = 0.02  # structure, in standard deviations of the plane, that counts half


def bell(side, sigma):
    """A matrix that blurs the rows of a plane."""
    apart = (torch.arange(side)[:, None] - torch.arange(side)).abs() / sigma
    weights = torch.exp(-0.5 * apart**2) * (apart <= 4)
    return weights / weights.sum(1, keepdim=True)


def agreement(template, plane, maps):
    """The median over blocks of the correlation of fine structure, weighted by how much there is; and how many blocks have some."""
    side = template.shape[1]
    moved, inside, _, _ = warped(plane, maps, side)
    narrow, wide = bell(side, side / 128), bell(side, side / 32)
    filtered = lambda each, by: (by @ (each @ by.T).transpose(0, 1).reshape(side, -1)).reshape(side, -1, side).transpose(0, 1)
    one, two = (filtered(each, narrow) - filtered(each, wide) for each in (template, moved))
    own, other, common, within = (
        functional.avg_pool2d(each[:, None], side // BLOCKS)[:, 0, :BLOCKS, :BLOCKS].reshape(len(each), -1)
        for each in (one * one, two * two, one * two, inside)
    )
    weight = (within > 0.95) * (own / (own + FAINT**2) * other / (other + FAINT**2)).sqrt()
    return median(common / (own * other + 1e-12).sqrt(), weight), weight.sum(1)


def median(values, weights):
    values, order = values.sort(1)
    sums = weights.gather(1, order).cumsum(1)
    return values.gather(1, (sums >= sums[:, -1:] / 2).float().argmax(1, keepdim=True))[:, 0]


SIEVES = ((COARSE, 6, 0.2), (2 * COARSE, 3, 0.4), (None, 0, 0.9))  # pixels a side (None: all), steps, least agreement
ENOUGH = 12  # blocks with structure, of 64: else nothing is known


def sieved(template, plane, maps, steps, least):
    """Maps that are refined, how well the images agree then, and which do not pass."""
    maps = refined(template, plane, maps, steps)
    value, blocks = agreement(template, plane, maps)
    return maps, value, (value >= least) & (blocks >= ENOUGH)


def judged(pixels, numbers, coarse, rows, where):
    """How well each candidate agrees; 0 where it does not. Most fail on coarse planes already, so that few are made once more."""
    score, left = torch.zeros(len(rows)), torch.arange(len(rows))
    (_, steps, least), *others = SIEVES
    maps, value, passed = sieved(coarse[rows[:, 1]].float(), coarse[rows[:, 0]].float(), begun(rows, where), steps, least)
    images, which = torch.unique(rows[passed, :2], return_inverse=True)
    if len(images) == 0:
        return score
    fine = planes_of(pixels, [numbers[n] for n in images.tolist()])
    left, maps = left[passed], maps[passed]
    for side, steps, least in others:
        plane, template = ((reduced(fine, side) if side else fine)[which[:, each]] for each in (0, 1))
        maps, value, passed = sieved(template, plane, maps, steps, least)
        left, maps, value, which = left[passed], maps[passed], value[passed], which[passed]
        if len(left) == 0:
            return score
    score[left] = value
    return score


def shared(pool, count):
    """Calls a function with ranges of so many numbers each, in the threads of a pool, and gives the results in order."""
    return lambda work, size, end=count: list(pool.map(work, [range(n, min(end, n + size)) for n in range(0, end, size)]))


def told(text, share):
    """A line that the runner shows while the step runs."""
    print('::progress ' + json.dumps({'text': text, 'share': round(share, 3)}), file=sys.stderr, flush=True)


def near_pairs(pixels, numbers, run):
    """(i, j, score) for those of the images that show the same. What others join already is not compared once more."""
    coarse = torch.cat(run(lambda own: reduced(planes_of(pixels, numbers[own.start : own.stop]), COARSE).half(), 64))
    told(f'{len(numbers)} images are described', 0.2)
    rows, where = candidates(coarse.reshape(len(numbers), -1), run)
    told(f'{len(rows)} pairs are alike at first sight', 0.4)
    roots = list(range(len(numbers)))

    def root(n):
        while roots[n] != n:
            roots[n] = n = roots[roots[n]]
        return n

    pairs, seen, turn = [], set(), [0] * len(numbers)
    rounds = [[] for _ in range(KEPT)]
    for row in rows.tolist():
        one, other = sorted(row[:2])
        if (one, other) not in seen:
            seen.add((one, other))
            rounds[turn[row[0]]].append(row)
            turn[row[0]] += 1
    for number, each in enumerate(rounds):
        told(f'alignment, round {number + 1} of {KEPT}', 0.4 + 0.6 * number / KEPT)
        open_ = torch.tensor([row for row in each if root(row[0]) != root(row[1])]).reshape(-1, 5)
        scores = run(lambda own: judged(pixels, numbers, coarse, open_[own.start : own.stop], where), 128, len(open_))
        for (i, j, *_), score in zip(open_.tolist(), torch.cat(scores).tolist() if scores else ()):
            if score > 0:
                pairs.append((*sorted((numbers[i], numbers[j])), score))
                roots[root(max(i, j))] = root(min(i, j))
    return pairs


# ── Files ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def packed(pixels, index):
    """Pixels, which are mapped and never read whole, with the name and the digest of each image."""
    try:
        array = np.load(pixels, mmap_mode='r').view(np.ndarray)
    except (ValueError, OSError) as error:
        raise Fault(f'{pixels} cannot be read as packed pixels: {error}. Make it with steps/image/pack.')
    if array.dtype != np.uint8 or array.ndim != 4 or array.shape[3] != 3:
        raise Fault(f'{pixels} holds {array.dtype} of shape {array.shape}; packed pixels are uint8 of shape (images, height, width, 3).')
    with open(index, newline='', encoding='utf-8') as file:
        rows = list(csv.DictReader(file, delimiter='\t', quoting=csv.QUOTE_NONE))
    if len(rows) != len(array):
        raise Fault(f'{index} has {len(rows)} rows and {pixels} {len(array)} images. They belong together: one row an image.')
    return array, [row['image'] for row in rows], [row['sha256'] for row in rows]


def exact_pairs(pixels, digests):
    """Each further image of the same pixels with the first of them; and the first ones. One colour all over is no evidence."""
    firsts, pairs = {}, []
    for n, digest in enumerate(digests):
        first = firsts.setdefault(digest, n)
        if first != n and (pixels[n] != pixels[n, 0, 0]).any():
            pairs.append((first, n, 1.0))
    return pairs, sorted(firsts.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ('pixels', 'index', 'pairs'):
        parser.add_argument(f'--{name}', required=True)
    parser.add_argument('--threads', type=int, default=1)
    given = parser.parse_args()
    pixels, names, digests = packed(given.pixels, given.index)
    exact, distinct = exact_pairs(pixels, digests)
    near = []
    if len(distinct) > 1:
        with concurrent.futures.ThreadPoolExecutor(given.threads) as pool:
            near = near_pairs(pixels, distinct, shared(pool, len(distinct)))
    with open(given.pairs, 'w', encoding='utf-8', newline='\n') as file:
        file.write('image\tother\tkind\tscore\n')
        for kind, pairs in (('exact', exact), ('near', near)):
            file.writelines(f'{names[i]}\t{names[j]}\t{kind}\t{score:.3f}\n' for i, j, score in sorted(pairs))
    print(f'Compared {len(pixels)} images: {len(exact)} exact and {len(near)} near copies.', file=sys.stderr)


if __name__ == '__main__':
    try:
        main()
    except Fault as fault:
        sys.exit(str(fault))
