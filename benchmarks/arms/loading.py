#!/usr/bin/env python3
"""Packed pixels, or PNGs decoded in the loop: loading.py CLASSIFY.PY PIXELS INDEX ARCHIVE PATCHES packed|PNG. Seconds go to parts.json.

The same batches by the same code; only where an image comes from differs. PNGs are unpacked beforehand: opening them is not counted
against them more than a loader of loose files would.
"""
import importlib.util
import io
import json
import sys
import tarfile
import time

import torch
from PIL import Image
import numpy as np

script, pixels, index, archive, patches, source = sys.argv[1:]
spec = importlib.util.spec_from_file_location('classify', script)
classify = importlib.util.module_from_spec(spec)
spec.loader.exec_module(classify)
torch.set_num_threads(1)

packed = classify.Images(pixels, index)
with tarfile.open(archive) as tar:
    files = {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}


class Png(classify.Images):
    """The same images, decoded whenever one is asked for."""

    def image(self, n):
        name = self.rows[n].image
        with Image.open(io.BytesIO(files.get(f'{name}.png') or files[name])) as image:
            return np.asarray(image)


png = Png(pixels, index)
own, _ = classify.split(packed, 0)
assert all((png.image(n) == packed.image(n)).all() for n in own[:20]), 'the two sources differ'
options = {'model': 'nirschl', 'source': None, 'augment': 'd4+stain', 'epochs': 1, 'batch': 32, 'lr': 3e-3, 'schedule': 'cosine', 'warmup': 20,
           'weight_decay': 1e-4, 'patch': 64, 'patches': int(patches), 'seed': 0, 'workers': 0, 'device': 'cpu', 'threads': 1,
           'layout': 'channels-last', 'amp': 'none', 'compile': False, 'grid': 2}


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
    machine = classify.Machine(options)
    torch.manual_seed(0)
    net = machine.net(classify.build('nirschl', None), 64)
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3)
    classify.one_epoch(0, net, machine, optimizer, machine.scaler(), classify.Epoch(images, own, options, 0), options)


sys.stderr = io.StringIO()
images = {'packed': packed, 'PNG': png}[source]
pixels_alone(packed)
with open('parts.json', 'w') as file:
    json.dump({'loader': taken(lambda: pixels_alone(images)), 'epoch': taken(lambda: whole_epoch(images))}, file)
