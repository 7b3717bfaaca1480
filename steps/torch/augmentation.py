"""What a training looks at: which patches of which images, in which order, and how they are changed."""
import collections
import concurrent.futures
import math
import time

import numpy as np
import torch

from packed import centred, resized
from words import Fault, unknown

# d4:     one of the eight symmetries of the square, where no side is up.
# hflip:  left and right are exchanged in half of the patches: for photographs, which have an up.
# stain:  gains in optical density, one an image and one a channel, as a slide that took up more or less of its stains. After the colour
#         augmentation in stain space of Tellez et al. (2018, doi:10.1109/TMI.2018.2820199; 2019, doi:10.1016/j.media.2019.101544), here
#         on the channels themselves, without unmixing the stains. By Beer and Lambert, absorption adds up in -log(intensity).
# jitter: brightness, contrast and saturation, each times 0.6 to 1.4 (Howard 2013, arXiv:1312.5402; the names and amounts are those of
#         ColorJitter in torchvision, and of the residual networks trained in fb.resnet.torch).
# crop:   a square of 0.75 to 1.33 times the patch, brought to its size (Szegedy et al. 2015, doi:10.1109/CVPR.2015.7298594).
# They join with "+". Without any, a patch is still taken from a random place, as the study of idr0042 does.
WORDS = ('d4', 'hflip', 'stain', 'jitter', 'crop')
STAIN_IMAGE, STAIN_CHANNEL, JITTER = 0.30, 0.25, 0.4
CROP_LEAST, CROP_MOST = 0.75, 4 / 3
DENSITY = -np.log(np.maximum(np.arange(256), 1) / 255).astype(np.float64)
LUMA = torch.tensor([0.299, 0.587, 0.114])  # Rec. ITU-R BT.601


def parts_of(augment):
    """Words of an augmentation. @raises Fault"""
    parts = [] if augment == 'none' else augment.split('+')
    wrong = next((part for part in parts if part not in WORDS), None)
    if wrong is not None:
        raise Fault(unknown('augmentation', wrong, ('none', *WORDS)) + ' Several are joined by "+", such as d4+stain.')
    if len(set(parts)) < len(parts):
        raise Fault(f'The augmentation "{augment}" names one of its words twice. Name each once.')
    return parts


def drawn(random, images, own, options):
    """Rows of an epoch, in order: each image as often as there are patches of it; balanced, each class as often."""
    if options['sampling'] == 'as-is':
        return np.concatenate([random.permutation(own) for _ in range(options['patches'])])
    labels = images.labels(own)
    each = len(own) * options['patches'] // len(images.classes)
    of_class = [own[labels == label] for label in range(len(images.classes))]
    return random.permutation(np.concatenate([np.concatenate([random.permutation(some) for _ in range(math.ceil(each / len(some)))])[:each] for some in of_class]))


def in_batches(rows, batch):
    """Rows without the last ones, which would not fill a batch; and the number of batches."""
    count = max(1, len(rows) // batch)
    return rows[: count * batch], count


class Epoch:
    """All that chance decides in one epoch, drawn before it begins: so neither workers nor an interruption change it."""

    def __init__(self, images, own, options, epoch):
        random = np.random.Generator(np.random.PCG64([options['seed'], epoch]))
        self.images, self.patch = images, options['patch']
        parts = parts_of(options['augment'])
        self.rows, self.batches = in_batches(drawn(random, images, own, options), options['batch'])
        count, height, width = len(self.rows), images.height, images.width
        largest = min(height, width)
        scale = np.exp(random.uniform(math.log(CROP_LEAST), math.log(CROP_MOST), count)) if 'crop' in parts else np.ones(count)
        self.side = np.minimum(np.round(self.patch * scale).astype(np.int64), largest)
        self.top = (random.random(count) * (height - self.side + 1)).astype(np.int64)
        self.left = (random.random(count) * (width - self.side + 1)).astype(np.int64)
        self.symmetry = random.integers(0, 8, count) if 'd4' in parts else np.zeros(count, np.int64)
        gain = random.uniform(1 - STAIN_IMAGE, 1 + STAIN_IMAGE, (count, 1)) * random.uniform(1 - STAIN_CHANNEL, 1 + STAIN_CHANNEL, (count, 3))
        self.gain = gain if 'stain' in parts else None
        if 'hflip' in parts:
            self.symmetry ^= 2 * random.integers(0, 2, count)
        self.jitter = random.uniform(1 - JITTER, 1 + JITTER, (count, 3)).astype(np.float32) if 'jitter' in parts else None
        self.labels = images.labels(self.rows)

    def batch(self, number):
        """Pixels as float (batch, 3, patch, patch) with channels last in memory, and labels."""
        own = slice(number * len(self.rows) // self.batches, (number + 1) * len(self.rows) // self.batches)
        size, places = self.patch, range(own.start, own.stop)
        pixels = np.empty((len(places), size, size, 3), np.uint8)
        for place, n in enumerate(places):
            side, top, left = self.side[n], self.top[n], self.left[n]
            piece = self.images.image(self.rows[n])[top : top + side, left : left + side]
            if side != size:
                piece = resized(piece[None], size)[0]
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
        if self.jitter is not None:
            values = jittered(values, torch.from_numpy(self.jitter[own]))
        return centred(values), torch.from_numpy(self.labels[own])


def jittered(values, factors):
    """Brightness, contrast around the mean grey of the patch, and saturation, one after the other, each within 0..1."""
    brightness, contrast, saturation = factors.view(-1, 1, 1, 1, 3).unbind(4)
    values = (values * brightness).clamp_(0, 1)
    mean = (values @ LUMA).mean((1, 2)).view(-1, 1, 1, 1)
    values = torch.lerp(mean, values, contrast).clamp_(0, 1)
    return torch.lerp((values @ LUMA).unsqueeze(3), values, saturation).clamp_(0, 1)


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
