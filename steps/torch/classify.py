#!/usr/bin/env python3
"""Trains and validates image classifiers on packed images: one file, unchanged from a laptop to a GPU, from torch 1.13 to 2.x.

    classify.py train    --pixels images.npy --index images.tsv --model nirschl --checkpoint model.pt --history history.jsonl
    classify.py validate --pixels images.npy --index images.tsv --model nirschl --checkpoint model.pt --predictions predictions.tsv

Nothing is guessed: device and threads are words of the command line. With the same seed, threads, device and versions the weights are
the same to the bit, on one model of processor, whatever the number of workers, and also when the training was killed and resumed.
"""
import argparse
import collections
import concurrent.futures
import csv
import difflib
import hashlib
import importlib.util
import io
import json
import math
import os
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional


class Fault(Exception):
    """Something the user can mend: printed without a traceback."""


# ── Models ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Nirschl(nn.Module):
    """The network of the study (Nirschl et al. 2018, doi:10.1371/journal.pone.0192726, figure 1): 13,554 parameters, made for 64x64."""

    def __init__(self, classes):
        super().__init__()
        layers, channels = [], 3
        for out, kernel, stride in [(16, 3, 1), (16, 2, 2), (16, 3, 1), (16, 3, 2), (16, 3, 1), (16, 4, 2)]:
            layers += [nn.Conv2d(channels, out, kernel, stride), nn.BatchNorm2d(out), nn.ReLU(inplace=True)]
            channels = out
        self.layers = nn.Sequential(*layers, nn.Conv2d(channels, classes, 5))

    def forward(self, x):
        return self.layers(x).mean((2, 3))


def convolution(into, out, kernel, stride=1, groups=1, activation=nn.ReLU, eps=1e-5, momentum=0.1):
    parts = [
        nn.Conv2d(into, out, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False),
        nn.BatchNorm2d(out, eps=eps, momentum=momentum),
    ]
    return nn.Sequential(*parts, *([activation(inplace=True)] if activation else []))


class Residual(nn.Module):
    def __init__(self, into, out, stride):
        super().__init__()
        self.body = nn.Sequential(convolution(into, out, 3, stride), convolution(out, out, 3, activation=None))
        self.way = convolution(into, out, 1, stride, activation=None) if stride > 1 or into != out else nn.Identity()

    def forward(self, x):
        return functional.relu(self.body(x) + self.way(x))


def resnet18(classes):
    """He et al. 2016, doi:10.1109/CVPR.2016.90: 11,177,538 parameters for two classes. No weights from elsewhere."""
    layers, channels = [convolution(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1)], 64
    for out, stride in [(64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)]:
        layers.append(Residual(channels, out, stride))
        channels = out
    net = nn.Sequential(*layers, Average(), nn.Linear(channels, classes))
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode='fan_out', nonlinearity='relu')
    return net


class Average(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


class SqueezeExcite(nn.Module):
    def __init__(self, channels):
        super().__init__()
        squeezed = max(8, (channels // 4 + 4) // 8 * 8)
        self.down, self.up = nn.Conv2d(channels, squeezed, 1), nn.Conv2d(squeezed, channels, 1)

    def forward(self, x):
        scale = self.up(functional.relu(self.down(x.mean((2, 3), keepdim=True))))
        return x * functional.hardsigmoid(scale)


class Inverted(nn.Module):
    def __init__(self, into, kernel, middle, out, squeeze, activation, stride):
        super().__init__()
        norm = {'eps': 0.001, 'momentum': 0.01}
        parts = [convolution(into, middle, 1, activation=activation, **norm)] if middle != into else []
        parts.append(convolution(middle, middle, kernel, stride, middle, activation, **norm))
        parts += [SqueezeExcite(middle)] if squeeze else []
        self.body = nn.Sequential(*parts, convolution(middle, out, 1, activation=None, **norm))
        self.skip = stride == 1 and into == out

    def forward(self, x):
        return x + self.body(x) if self.skip else self.body(x)


def mobilenet_v3_small(classes):
    """Howard et al. 2019, doi:10.1109/ICCV.2019.00140, table 2: 1,519,906 parameters for two classes. No weights from elsewhere."""
    relu, swish, norm = nn.ReLU, nn.Hardswish, {'eps': 0.001, 'momentum': 0.01}
    rows = [  # kernel, expanded, out, squeeze and excite, activation, stride
        (3, 16, 16, True, relu, 2),
        (3, 72, 24, False, relu, 2),
        (3, 88, 24, False, relu, 1),
        (5, 96, 40, True, swish, 2),
        (5, 240, 40, True, swish, 1),
        (5, 240, 40, True, swish, 1),
        (5, 120, 48, True, swish, 1),
        (5, 144, 48, True, swish, 1),
        (5, 288, 96, True, swish, 2),
        (5, 576, 96, True, swish, 1),
        (5, 576, 96, True, swish, 1),
    ]
    layers, channels = [convolution(3, 16, 3, 2, activation=swish, **norm)], 16
    for kernel, middle, out, squeeze, activation, stride in rows:
        layers.append(Inverted(channels, kernel, middle, out, squeeze, activation, stride))
        channels = out
    layers += [convolution(channels, 576, 1, activation=swish, **norm), Average()]
    head = [nn.Linear(576, 1024), nn.Hardswish(inplace=True), nn.Dropout(0.2), nn.Linear(1024, classes)]
    net = nn.Sequential(*layers, *head)
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode='fan_out')
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, 0, 0.01)
            nn.init.zeros_(module.bias)
    return net


MODELS = {'nirschl': Nirschl, 'resnet18': resnet18, 'mobilenet_v3_small': mobilenet_v3_small}


def build(model, source):
    """A model by name; with a source, by the name of a function in it that takes the number of classes and gives an nn.Module."""
    if source is None:
        if model not in MODELS:
            raise Fault(unknown('model', model, MODELS) + ' A function of your own is given as --model file.py:function.')
        return MODELS[model](2)
    if not source.endswith('.py') or not os.path.isfile(source):
        raise Fault(f'The model "{model}" is a function of your own, but there is no Python file "{source}". Give --model file.py:function.')
    spec = importlib.util.spec_from_file_location('own_model', source)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function = getattr(module, model, None)
    if not callable(function):
        raise Fault(unknown('function', model, [name for name in vars(module) if not name.startswith('_')]) + f' Looked in {source}.')
    net = function(2)
    if not isinstance(net, nn.Module):
        raise Fault(f'The function {model} of {source} gave a {type(net).__name__}. It takes the number of classes and gives an nn.Module.')
    return net


def unknown(what, name, known):
    near = difflib.get_close_matches(name, list(known), 1, 0.4)
    return f'Unknown {what} "{name}".' + (f' Did you mean "{near[0]}"?' if near else '') + f' There are: {", ".join(known)}.'


# ── Images ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

Row = collections.namedtuple('Row', 'image patient label split scored')


class Images:
    """Packed pixels (N, height, width, 3) uint8, mapped and never read whole, with one row of the index an image."""

    def __init__(self, pixels, index):
        try:
            self.pixels = np.load(pixels, mmap_mode='r').view(np.ndarray)  # a slice of a memmap takes ten times as long
        except (ValueError, OSError) as error:
            raise Fault(f'{pixels} cannot be read as packed pixels: {error}. Make it with steps/image/pack.')
        if self.pixels.dtype != np.uint8 or self.pixels.ndim != 4 or self.pixels.shape[3] != 3:
            raise Fault(f'{pixels} holds {self.pixels.dtype} of shape {self.pixels.shape}; packed pixels are uint8 of shape (images, height, width, 3).')
        with open(index, newline='', encoding='utf-8') as file:
            table = list(csv.DictReader(file, delimiter='\t', quoting=csv.QUOTE_NONE))
        missing = [name for name in Row._fields if table and name not in table[0]]
        if missing or not table:
            raise Fault(f'{index} has no column "{missing[0]}".' if missing else f'{index} has no row. Make it with steps/idr/table.')
        if len(table) != len(self.pixels):
            raise Fault(f'{index} has {len(table)} rows and {pixels} {len(self.pixels)} images. They belong together: one row an image.')
        for n, row in enumerate(table):
            if row['label'] not in ('0', '1'):
                raise Fault(f'{index}, line {n + 2}: the label is "{row["label"]}"; it is 1 (positive) or 0 (negative).')
            if row['split'] not in ('train', 'test'):
                raise Fault(f'{index}, line {n + 2}: the split is "{row["split"]}"; it is train or test.')
        refuse_contradictions(index, table)
        self.rows = [Row(r['image'], r['patient'], int(r['label']), r['split'], r['scored'] == '1') for r in table]
        with open(index, 'rb') as file:
            self.digest = hashlib.sha256(file.read()).hexdigest()

    @property
    def height(self):
        return self.pixels.shape[1]

    @property
    def width(self):
        return self.pixels.shape[2]

    def image(self, n):
        return self.pixels[n]

    def where(self, test):
        return np.array([n for n, row in enumerate(self.rows) if test(row)], dtype=np.int64)


def refuse_contradictions(index, table):
    """A patient has one split, or the test asks for what was learnt, and one label, since patients are what is judged."""
    firsts = {}
    for n, row in enumerate(table):
        line, first = firsts.setdefault(row['patient'], (n + 2, row))
        for name, words in (('split', 'in two parts'), ('label', 'with two labels')):
            if row[name] != first[name]:
                mend = 'All images of a patient belong to one, or the test asks for what was learnt. Move them to one split.' if name == 'split' else 'Patients are judged as a whole. Correct one of them.'
                raise Fault(f'{index} has the patient "{row["patient"]}" {words}: {first[name]} in line {line}, {row[name]} in line {n + 2}. {mend}')


def split(images, holdout):
    """Training images and those held out of it: whole patients of each class, the same ones in every training of a table."""
    own = images.where(lambda row: row.split == 'train' and row.scored)
    by_class = collections.defaultdict(set)
    for n in own:
        by_class[images.rows[n].label].add(images.rows[n].patient)
    if len(by_class) < 2:
        raise Fault(f'The training split holds {len(own)} images of {len(by_class)} class(es). A classifier needs patients of both classes.')
    out = set()
    for patients in by_class.values():
        ranked = sorted(patients, key=lambda name: hashlib.sha256(f'holdout/{name}'.encode()).digest())
        count = math.ceil(len(ranked) * holdout) if holdout > 0 else 0
        if count >= len(ranked):
            raise Fault(f'A holdout of {holdout} leaves no training patient in a class of {len(ranked)}. Lower it, or take more patients.')
        out.update(ranked[:count])
    held = np.array([n for n in own if images.rows[n].patient in out], dtype=np.int64)
    return np.array([n for n in own if images.rows[n].patient not in out], dtype=np.int64), held


# ── Augmentation ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

# d4:    one of the eight symmetries of the square.
# stain: gains in optical density, one an image and one a channel, as a slide that took up more or less of its stains. After the colour
#        augmentation in stain space of Tellez et al. (2018, doi:10.1109/TMI.2018.2820199; 2019, doi:10.1016/j.media.2019.101544), here
#        on the channels themselves, without unmixing the stains. By Beer and Lambert, absorption adds up in -log(intensity).
# crop:  a square of 0.75 to 1.33 times the patch, brought to its size (Szegedy et al. 2015, doi:10.1109/CVPR.2015.7298594).
# Without any, a patch is still taken from a random place, as the study does.
AUGMENTS = ('none', 'd4', 'd4+stain', 'd4+stain+crop', 'd4+crop', 'stain', 'crop')
STAIN_IMAGE, STAIN_CHANNEL = 0.30, 0.25
CROP_LEAST, CROP_MOST = 0.75, 4 / 3
DENSITY = -np.log(np.maximum(np.arange(256), 1) / 255).astype(np.float64)


class Epoch:
    """All that chance decides in one epoch, drawn before it begins: so neither workers nor an interruption change it."""

    def __init__(self, images, own, options, epoch):
        random = np.random.Generator(np.random.PCG64([options['seed'], epoch]))
        self.images, self.patch = images, options['patch']
        parts = options['augment'].split('+')
        rows = np.concatenate([random.permutation(own) for _ in range(options['patches'])])
        self.batches = max(1, len(rows) // options['batch'])
        self.rows = rows[: self.batches * options['batch']]
        count, height, width = len(self.rows), images.height, images.width
        largest = min(height, width)
        scale = np.exp(random.uniform(math.log(CROP_LEAST), math.log(CROP_MOST), count)) if 'crop' in parts else np.ones(count)
        self.side = np.minimum(np.round(self.patch * scale).astype(np.int64), largest)
        self.top = (random.random(count) * (height - self.side + 1)).astype(np.int64)
        self.left = (random.random(count) * (width - self.side + 1)).astype(np.int64)
        self.symmetry = random.integers(0, 8, count) if 'd4' in parts else np.zeros(count, np.int64)
        gain = random.uniform(1 - STAIN_IMAGE, 1 + STAIN_IMAGE, (count, 1)) * random.uniform(1 - STAIN_CHANNEL, 1 + STAIN_CHANNEL, (count, 3))
        self.gain = gain if 'stain' in parts else None
        self.labels = np.array([images.rows[n].label for n in self.rows], dtype=np.int64)

    def batch(self, number):
        """Pixels as float (batch, 3, patch, patch) with channels last in memory, and labels."""
        own = slice(number * len(self.rows) // self.batches, (number + 1) * len(self.rows) // self.batches)
        size, places = self.patch, range(own.start, own.stop)
        pixels = np.empty((len(places), size, size, 3), np.uint8)
        for place, n in enumerate(places):
            side, top, left = self.side[n], self.top[n], self.left[n]
            piece = self.images.image(self.rows[n])[top : top + side, left : left + side]
            if side != size:
                piece = resized(piece, size)
            symmetry = self.symmetry[n]
            if symmetry & 1:
                piece = piece[::-1]
            if symmetry & 2:
                piece = piece[:, ::-1]
            if symmetry & 4:
                piece = piece.transpose(1, 0, 2)
            pixels[place] = piece
        if self.gain is None:
            values = torch.from_numpy(pixels).float().div_(255)
        else:  # by a table of 256 intensities a channel: the exponential of each pixel would take longer than the network
            table = torch.from_numpy(np.exp(-DENSITY * self.gain[own, :, None]).astype(np.float32)).view(-1)
            start = torch.arange(len(places) * 3, dtype=torch.int32).mul_(256).view(-1, 1, 1, 3)
            # five times as fast as NumPy's indexing, which made an eighth of a training
            values = table.index_select(0, torch.from_numpy(pixels).int().add_(start).view(-1)).view(pixels.shape)
        return centred(values), torch.from_numpy(self.labels[own])


def resized(piece, size):
    tensor = torch.from_numpy(np.ascontiguousarray(piece)).permute(2, 0, 1)[None].float()
    sized = functional.interpolate(tensor, (size, size), mode='bilinear', align_corners=False)
    return sized[0].round_().permute(1, 2, 0).to(torch.uint8).numpy()


def centred(values):
    """Intensities 0..1 around zero: stained tissue is bright, 0.6 on the average."""
    return values.sub_(0.6).mul_(4.0).permute(0, 3, 1, 2)


def batches(epoch, workers):
    """The batches in order, and the seconds each was waited for. Workers are threads: what they make does not depend on them."""
    if workers == 0:
        for number in range(epoch.batches):
            began = time.perf_counter()
            made = epoch.batch(number)
            yield made, time.perf_counter() - began
        return
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        ahead = collections.deque(pool.submit(epoch.batch, n) for n in range(min(2 * workers, epoch.batches)))
        for number in range(epoch.batches):
            began = time.perf_counter()
            made = ahead.popleft().result()
            if number + len(ahead) + 1 < epoch.batches:
                ahead.append(pool.submit(epoch.batch, number + len(ahead) + 1))
            yield made, time.perf_counter() - began


# ── Machine ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Machine:
    """Where it runs, as the words say."""

    def __init__(self, options):
        torch.set_num_threads(options['threads'])
        self.device = torch.device(options['device'])
        if self.device.type == 'cuda':
            if not torch.cuda.is_available():
                raise Fault(f'--device {options["device"]}, but torch {torch.__version__} sees no CUDA device here. Give --device cpu, or run where there is one.')
            os.environ.setdefault('CUBLAS_WORKSPACE_CONFIG', ':4096:8')
            torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
            torch.use_deterministic_algorithms(True, warn_only=True)
        self.layout = torch.channels_last if options['layout'] == 'channels-last' else torch.contiguous_format
        self.half = {'none': None, 'bfloat16': torch.bfloat16, 'float16': torch.float16}[options['amp']]
        if self.half is torch.float16 and self.device.type == 'cpu':
            raise Fault('--amp float16 needs a CUDA device. On a CPU give --amp bfloat16 or none.')
        if options['compile'] and not hasattr(torch, 'compile'):
            raise Fault(f'--compile needs torch 2 or newer; this is {torch.__version__}. Leave it out.')
        self.compiles = options['compile']

    def net(self, net, patch):
        """The network in its place, once it has shown that it takes such patches and gives two scores for each."""
        try:
            with torch.no_grad():
                shape = tuple(net.eval()(torch.zeros(2, 3, patch, patch)).shape)
        except RuntimeError as error:
            raise Fault(f'The model does not take patches of {patch}x{patch}: {str(error).splitlines()[0]} Give another --patch (nirschl: 64 or more).')
        if shape != (2, 2):
            raise Fault(f'The model gives scores of shape {shape} for 2 images of 2 classes. It should give (2, 2): a row an image, a column a class.')
        return net.train().to(self.device).to(memory_format=self.layout)

    def faster(self, net):
        return torch.compile(net) if self.compiles else net

    def images(self, x):
        return x.to(self.device, non_blocking=True).contiguous(memory_format=self.layout)

    def cast(self):
        return torch.autocast(self.device.type, self.half or torch.bfloat16, enabled=self.half is not None)

    def scaler(self):
        enabled = self.half is torch.float16
        if hasattr(torch.amp, 'GradScaler'):  # from torch 2.3; the older name is going away
            return torch.amp.GradScaler(self.device.type, enabled=enabled)
        return torch.cuda.amp.GradScaler(enabled=enabled)

    def wait(self):
        if self.device.type == 'cuda':
            torch.cuda.synchronize(self.device)

    def peak(self):
        return torch.cuda.max_memory_allocated(self.device) if self.device.type == 'cuda' else None


# ── Validation ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def places(length, size, grid):
    """Where the patches of an image begin: spread evenly, in the middle of equal parts, or from edge to edge where the parts are smaller than a patch. One is the centre."""
    margin = max(0.0, (length / grid - size) / 2)
    return np.linspace(margin, length - size - margin, grid).round().astype(int)


def predict(net, machine, images, own, options):
    """Probability of class 1 for each image: the mean over a grid of patches of the softmax."""
    size, grid = options['patch'], options['grid']
    tops, lefts = places(images.height, size, grid), places(images.width, size, grid)
    result = np.zeros(len(own))
    net.eval()
    with torch.no_grad():
        for begin in range(0, len(own), 64):
            some = own[begin : begin + 64]
            block = np.stack([images.image(n) for n in some])
            total = np.zeros(len(some))
            for top in tops:
                for left in lefts:
                    piece = np.ascontiguousarray(block[:, top : top + size, left : left + size])
                    x = machine.images(centred(torch.from_numpy(piece).float().div_(255)))
                    with machine.cast():
                        scores = net(x)
                    total += torch.softmax(scores.float(), 1)[:, 1].double().cpu().numpy()
            result[begin : begin + 64] = total / grid**2
    net.train()
    return result


def auc(probability, label):
    """Area under the ROC curve by ranks (Mann and Whitney), ties counted half; None where a class is missing."""
    positive = int(label.sum())
    if positive in (0, len(label)):
        return None
    _, inverse, count = np.unique(probability, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[inverse]
    return float((rank[label == 1].sum() - positive * (positive + 1) / 2) / (positive * (len(label) - positive)))


def by_patient(images, own, probability):
    """Mean probability and label of each patient."""
    groups = collections.OrderedDict()
    for n, value in zip(own, probability):
        groups.setdefault(images.rows[n].patient, []).append((value, images.rows[n].label))
    return np.array([np.mean([value for value, _ in all]) for all in groups.values()]), np.array([all[0][1] for all in groups.values()])


def scores(images, own, probability):
    label = np.array([images.rows[n].label for n in own])
    patient, patient_label = by_patient(images, own, probability)
    return {
        'image_auc': auc(probability, label),
        'image_accuracy': float(((probability > 0.5) == (label == 1)).mean()),
        'patient_auc': auc(patient, patient_label),
        'patient_accuracy': float(((patient > 0.5) == (patient_label == 1)).mean()),
    }


# ── Training ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def weights_digest(state):
    """SHA-256 over the weights in their order: two trainings agree to the bit where it is equal."""
    digest = hashlib.sha256()
    for name, tensor in state.items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def save(content, path):
    """Whole or not at all, also when power fails; the same bytes for the same content, since the file's own name is not in it."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    with open(f'{path}.part', 'wb') as file:
        file.write(buffer.getvalue())
        file.flush()
        os.fsync(file.fileno())
    os.replace(f'{path}.part', path)


def load(path):
    """What was saved, and what is said of it. Tensors only are unpickled, so that a checkpoint from elsewhere cannot run code."""
    try:
        content = torch.load(path, map_location='cpu', weights_only=True)
        about = json.loads(content['about'])
    except OSError:
        raise
    except Exception as error:  # torch raises a dozen kinds, by version
        raise Fault(f'{path} is no checkpoint of this script: {(str(error).splitlines() or [type(error).__name__])[0][:120]}.')
    return about, content


def architecture(options):
    return options['model'] if options['source'] is None else f'{os.path.basename(options["source"])}:{options["model"]}'


# What changes speed alone; a training may be resumed with other values of these.
SPEED = ('workers', 'checkpoint_every')


def recipe(options, images):
    # The architecture stands for a source's name: under a runner it differs from what a person calls it.
    return {**{k: v for k, v in options.items() if k not in SPEED and k != 'source'}, 'index': images.digest, 'shape': list(images.pixels.shape)}


def rate(options, step, steps):
    """The learning rate of a step: a linear warm-up, then the schedule."""
    if options['schedule'] == 'cosine':
        factor = 0.5 * (1 + math.cos(math.pi * step / steps))
    elif options['schedule'] == 'step':  # a tenth after two thirds
        factor = 1 if step < steps * 2 / 3 else 0.1
    else:
        factor = 1
    return options['lr'] * factor * min(1, (step + 1) / (options['warmup'] + 1e-9))


def train(options, files):
    machine = Machine(options)
    images = Images(files['pixels'], files['index'])
    if options['patch'] > min(images.height, images.width):
        raise Fault(f'--patch {options["patch"]} is larger than the images ({images.width}x{images.height}). Give a smaller one.')
    own, held = split(images, options['holdout'])
    monitored = {
        'none': None,
        'holdout': held,
        'test': images.where(lambda row: row.split == 'test' and row.scored),
    }[options['monitor']]
    if monitored is not None and len(monitored) == 0:
        raise Fault(f'--monitor {options["monitor"]}, but there is no image of it. ' + ('Give --holdout 0.25.' if options['monitor'] == 'holdout' else 'Give --monitor none.'))
    if len(own) * options['patches'] < options['batch']:
        raise Fault(f'One epoch has {len(own) * options["patches"]} patches, less than one batch of {options["batch"]}. Give a smaller --batch or more --patches.')
    torch.manual_seed(options['seed'])
    net = machine.net(build(options['model'], options['source']), options['patch'])
    optimizer = torch.optim.AdamW(net.parameters(), lr=options['lr'], weight_decay=options['weight_decay'])
    scaler = machine.scaler()
    history, first = [], 0
    place = os.path.join(files['resume'], 'last.pt') if files['resume'] else None
    if place and os.path.exists(place):
        history, first = resume(place, recipe(options, images), net, optimizer, scaler)
        note(f'Resumed after epoch {first} of {options["epochs"]}.')
    fast = machine.faster(net)
    board = tensorboard(files['tensorboard'])
    for epoch in range(first, options['epochs']):
        line = one_epoch(epoch, fast, machine, optimizer, scaler, Epoch(images, own, options, epoch), options)
        if monitored is not None and ((epoch + 1) % options['monitor_every'] == 0 or epoch + 1 == options['epochs']):
            began = time.perf_counter()
            line.update(scores(images, monitored, predict(fast, machine, images, monitored, options)))
            line['monitor_seconds'] = round(time.perf_counter() - began, 3)
        history.append(line)
        tell(line, options['epochs'])
        if board:
            for name in ('loss', 'lr', 'image_auc', 'patient_auc', 'images_per_s', 'data_wait'):
                if line.get(name) is not None:
                    board.add_scalar(name, line[name], epoch + 1)
        if place and (epoch + 1) % options['checkpoint_every'] == 0 and epoch + 1 < options['epochs']:
            os.makedirs(files['resume'], exist_ok=True)
            keep(place, {'recipe': recipe(options, images), 'epoch': epoch + 1, 'history': history}, net, optimizer, scaler)
    if board:
        board.finish()
    state = collections.OrderedDict((name, tensor.detach().cpu().contiguous()) for name, tensor in net.state_dict().items())
    digest = weights_digest(state)
    learnt = sorted({images.rows[n].patient for n in own})
    about = {
        'format': 1,
        'architecture': architecture(options),
        'parameters': sum(p.numel() for p in net.parameters()),
        'weights': digest,
        'options': {k: v for k, v in options.items() if k not in SPEED and k != 'source'},
        'holdout': sorted({images.rows[n].patient for n in held}),
        'trained_on': {'images': len(own), 'patients': len(learnt), 'names': learnt},
        'versions': versions(),
    }
    save({'about': json.dumps(about), 'state': state}, files['checkpoint'])
    write(files['history'], ''.join(json.dumps(line) + '\n' for line in history))
    peak = machine.peak()
    note(f'weights {digest}' + (f', peak GPU memory {peak / 2**20:.0f} MiB' if peak else ''))


def one_epoch(epoch, net, machine, optimizer, scaler, data, options):
    """One pass; gives its line of the history. @raises Fault when the loss is no number any more."""
    torch.manual_seed(options['seed'] * 1_000_003 + epoch + 1)  # for dropout: resumed or not, the same numbers
    net.train()
    steps = data.batches * options['epochs']
    total, waited, began, cpu = torch.zeros((), device=machine.device), 0.0, time.perf_counter(), time.process_time()
    every = 1 if machine.device.type == 'cpu' else 20  # asking a GPU for a number waits for it
    last = time.monotonic()
    for number, ((x, y), seconds) in enumerate(batches(data, options['workers'])):
        waited += seconds
        lr = rate(options, epoch * data.batches + number, steps)
        for group in optimizer.param_groups:
            group['lr'] = lr
        with machine.cast():
            loss = functional.cross_entropy(net(machine.images(x)), y.to(machine.device))
        optimizer.zero_grad(set_to_none=True)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        total += loss.detach()
        if (number + 1) % every == 0 or number + 1 == data.batches:
            if not math.isfinite(total.item()):
                raise Fault(not_finite(epoch, number, lr, x, net, options))
        if time.monotonic() - last > 2:
            last = time.monotonic()
            progress(f'epoch {epoch + 1} of {options["epochs"]}, loss {total.item() / (number + 1):.3f}', (epoch + (number + 1) / data.batches) / options['epochs'])
    machine.wait()
    seconds = time.perf_counter() - began
    return {
        'epoch': epoch + 1,
        'loss': total.item() / data.batches,
        'lr': lr,
        'seconds': round(seconds, 3),
        'cpu_seconds': round(time.process_time() - cpu, 3),
        'images_per_s': round(len(data.rows) / seconds, 1),
        'data_wait': round(waited / seconds, 4),
    }


def not_finite(epoch, number, lr, x, net, options):
    where = f'The loss is no finite number any more in epoch {epoch + 1}, step {number + 1} (learning rate {lr:.3g}).'
    if not torch.isfinite(x).all():
        return f'{where} The images of the step hold values that are not finite. Look at the packed pixels.'
    if any(not torch.isfinite(p).all() for p in net.parameters()):
        cause = 'The weights are not finite: the training diverged.'
        return f'{where} {cause} ' + ('Give --amp bfloat16 or none.' if options['amp'] == 'float16' else f'Give a smaller --lr than {options["lr"]:g}, or a longer --warmup.')
    return f'{where} Weights and images are finite: the scores of the network overflowed. Give a smaller --lr than {options["lr"]:g}' + (' or --amp none.' if options['amp'] != 'none' else '.')


def keep(place, about, net, optimizer, scaler):
    """All that a training goes on from. Numbers that are no tensors go as JSON: torch 1.13 unpickles no floats when told to be careful."""
    own = optimizer.state_dict()
    groups = [{name: value for name, value in group.items()} for group in own['param_groups']]
    told = {**about, 'groups': groups, 'scaler': scaler.state_dict()}
    save({'about': json.dumps(told), 'net': net.state_dict(), 'moments': own['state']}, place)


def resume(place, wanted, net, optimizer, scaler):
    about, kept = load(place)
    differ = [name for name in wanted if about['recipe'].get(name) != wanted[name]]
    if differ:
        name = differ[0]
        raise Fault(f'{place} is of another training: its {name} is {about["recipe"].get(name)}, here it is {wanted[name]}. Remove it, or give another --resume folder.')
    net.load_state_dict(kept['net'])
    optimizer.load_state_dict({'state': kept['moments'], 'param_groups': about['groups']})
    scaler.load_state_dict(about['scaler'])
    return about['history'], about['epoch']


def tensorboard(path):
    """Writes scalars as TensorBoard event files where its library is there; a training does not need it."""
    if not path:
        return None
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None

    class Board(SummaryWriter):
        def finish(self):
            self.close()
            written = [name for name in os.listdir(self.log_dir) if 'tfevents' in name]
            if written:
                os.replace(os.path.join(self.log_dir, written[0]), path)

    return Board(f'{path}.folder')


# ── Sub-commands and words ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def validate(options, files):
    checkpoint, content = load(files['checkpoint'])
    if checkpoint['architecture'].split(':')[-1] != options['model']:
        raise Fault(f'{files["checkpoint"]} is of the architecture {checkpoint["architecture"]}, not {options["model"]}. Give --model {checkpoint["architecture"]}, or another checkpoint.')
    machine = Machine(options)
    images = Images(files['pixels'], files['index'])
    options = {**options, 'patch': checkpoint['options']['patch']}
    net = build(options['model'], options['source'])
    try:
        net.load_state_dict(content['state'])
    except RuntimeError as error:
        raise Fault(f'The weights of {files["checkpoint"]} do not fit the model {options["model"]}: {str(error).splitlines()[-1].strip()} Was its code changed since?')
    fast = machine.faster(machine.net(net, options['patch']))
    held = set(checkpoint['holdout'])
    own = images.where(lambda row: row.split == 'test' or row.patient in held)
    if len(own) == 0:
        raise Fault('The index has no image of the split "test", so there is nothing to validate on.')
    learnt = {images.rows[n].patient for n in own}.intersection(checkpoint['trained_on']['names'])
    if learnt:
        raise Fault(f'{files["checkpoint"]} was trained on {len(learnt)} of the patients that {files["index"]} tests with, such as "{min(learnt)}": its figures would be too good. Give the table it was trained with, or train anew.')
    began, cpu = time.perf_counter(), time.process_time()
    probability = predict(fast, machine, images, own, options)
    machine.wait()
    seconds = time.perf_counter() - began
    lines = ['\t'.join(['image', 'patient', 'label', 'scored', 'split', 'probability'])]
    for n, value in zip(own, probability):
        row = images.rows[n]
        part = 'holdout' if row.patient in held else row.split
        lines.append('\t'.join([row.image, row.patient, str(row.label), str(int(row.scored)), part, f'{value:.9f}']))
    write(files['predictions'], '\n'.join(lines) + '\n')
    told = {'images': len(own), 'seconds': round(seconds, 3), 'cpu_seconds': round(time.process_time() - cpu, 3), 'images_per_s': round(len(own) / seconds, 1)}
    write(files['summary'], json.dumps({**checkpoint, 'validation': {'grid': options['grid'], 'device': options['device'], 'threads': options['threads'], **told}}, indent=1) + '\n')
    note(f'{len(own)} images in {seconds:.1f} s')


def versions():
    return {'python': sys.version.split()[0], 'torch': torch.__version__, 'numpy': np.__version__}


def write(path, text):
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


def note(text):
    print(text, file=sys.stderr, flush=True)


def progress(text, share):
    """A line that the runner shows while the step runs."""
    note('::progress ' + json.dumps({'text': text, 'share': round(share, 4)}))


def tell(line, epochs):
    note(json.dumps(line))
    quality = '' if line.get('patient_auc') is None else f', patient AUC {line["patient_auc"]:.3f}'
    progress(f'epoch {line["epoch"]} of {epochs}, loss {line["loss"]:.3f}{quality}, {line["images_per_s"]:.0f} images/s', line['epoch'] / epochs)


def words(arguments):
    parser = argparse.ArgumentParser(prog='classify.py', description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest='command', required=True)
    both = argparse.ArgumentParser(add_help=False)
    both.add_argument('--pixels', required=True, help='packed images, .npy')
    both.add_argument('--index', required=True, help='one row an image, .tsv')
    both.add_argument('--checkpoint', required=True, help='weights: written by train, read by validate')
    both.add_argument('--model', default='nirschl', help=f'{", ".join(MODELS)}, or file.py:function')
    both.add_argument('--source', nargs='?', const='', help='Python file of the function that --model names')
    both.add_argument('--grid', type=whole(1), default=2, help='an image is judged by grid x grid patches, spread evenly; 1: its centre')
    both.add_argument('--device', default='cpu', help='cpu, cuda, cuda:1')
    both.add_argument('--threads', type=whole(1), default=1, help='threads of torch on the CPU')
    both.add_argument('--layout', choices=['channels-last', 'contiguous'], default='channels-last', help='of images in memory; the first is 2.4 times as fast on a CPU')
    both.add_argument('--amp', choices=['none', 'bfloat16', 'float16'], default='none', help='mixed precision')
    both.add_argument('--compile', action='store_true', help='torch.compile, from torch 2')
    one = commands.add_parser('train', parents=[both])
    one.add_argument('--history', required=True, help='written: one JSON line an epoch')
    one.add_argument('--augment', default='d4+stain', help=', '.join(AUGMENTS))
    one.add_argument('--epochs', type=whole(1), default=8)
    one.add_argument('--batch', type=whole(2), default=32)
    one.add_argument('--lr', type=positive, default=3e-3, help='largest learning rate')
    one.add_argument('--schedule', choices=['cosine', 'constant', 'step'], default='cosine')
    one.add_argument('--warmup', type=whole(0), default=20, help='steps in which the learning rate rises')
    one.add_argument('--weight-decay', type=float, default=1e-4)
    one.add_argument('--patch', type=whole(8), default=64, help='side of a patch in pixels')
    one.add_argument('--patches', type=whole(1), default=4, help='random patches of each image in an epoch')
    one.add_argument('--seed', type=whole(0), default=0)
    one.add_argument('--workers', type=whole(0), default=0, help='threads that make batches; what they make does not depend on their number')
    one.add_argument('--holdout', type=float, default=0.0, help='share of the training patients left out, to choose between models by')
    one.add_argument('--monitor', choices=['none', 'holdout', 'test'], default='none', help='whose scores are told after each epoch; nothing is chosen by them')
    one.add_argument('--monitor-every', type=whole(1), default=1, help='epochs')
    one.add_argument('--resume', help='folder for checkpoints of a training that may be killed')
    one.add_argument('--checkpoint-every', type=whole(1), default=1, help='epochs')
    one.add_argument('--tensorboard', help='event file to write, where the library is there')
    two = commands.add_parser('validate', parents=[both])
    two.add_argument('--predictions', required=True, help='written: probability of each image, .tsv')
    two.add_argument('--summary', required=True, help='written: what is known of the model, .json')
    given = vars(parser.parse_args(arguments))
    command, paths = given.pop('command'), {}
    for name in ('pixels', 'index', 'checkpoint', 'history', 'resume', 'tensorboard', 'predictions', 'summary'):
        paths[name] = given.pop(name, None)
    if given['source'] is None and ':' in given['model']:
        given['source'], given['model'] = given['model'].rsplit(':', 1)
    if command == 'train' and given['augment'] not in AUGMENTS:
        raise Fault(unknown('augmentation', given['augment'], AUGMENTS))
    if command == 'train' and not 0 <= given['holdout'] < 1:
        raise Fault(f'--holdout is a share of the training patients, 0 up to 1; got {given["holdout"]}.')
    return command, given, paths


def whole(least):
    def read(text):
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f'takes a whole number of at least {least}, got {text}')
        return value

    return read


def positive(text):
    value = float(text)
    if not (value > 0 and math.isfinite(value)):
        raise argparse.ArgumentTypeError(f'takes a number above 0, got {text}')
    return value


def main(arguments):
    try:
        command, options, files = words(arguments)
        (train if command == 'train' else validate)(options, files)
    except Fault as fault:
        note(str(fault))
        return 1
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, MemoryError) or 'out of memory' in str(error) or "can't allocate memory" in str(error):
            note(f'Out of memory on {options["device"]}: {str(error).splitlines()[0] if str(error) else "none left"}. Give a smaller --batch' + (f' than {options["batch"]}' if 'batch' in options else '') + ' or --patch, or a smaller model.')
            return 1
        raise
    except OSError as error:
        note(f'{error.filename or "A file"} cannot be read or written: {error.strerror}.')
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
