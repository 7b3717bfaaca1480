"""How an image is judged: by patches at fixed places."""
import numpy as np
import torch

from models import scores
from packed import centred, resized

AT_ONCE = 64


def places(length, size, grid):
    """Where the patches of an image begin: spread evenly, in the middle of equal parts, or from edge to edge where the parts are smaller than a patch. One is the centre."""
    if length == size:
        return np.zeros(1, int)
    margin = max(0.0, (length / grid - size) / 2)
    return np.linspace(margin, length - size - margin, grid).round().astype(int)


def spots(images, options):
    """Side, and left upper corners, of the patches of an image. Where a patch is larger than the images, it is the image, enlarged."""
    side = min(options['patch'], images.height, images.width)
    return side, [(top, left) for top in places(images.height, side, options['grid']) for left in places(images.width, side, options['grid'])]


def patches(machine, images, own, options):
    """Blocks of images, as places in `own`, each with a batch of patches from one spot; every block comes once for each spot."""
    side, corners = spots(images, options)
    for begin in range(0, len(own), AT_ONCE):
        some = own[begin : begin + AT_ONCE]
        block = np.stack([images.image(n) for n in some])
        for top, left in corners:
            piece = np.ascontiguousarray(block[:, top : top + side, left : left + side])
            piece = piece if side == options['patch'] else resized(piece, options['patch'])
            yield slice(begin, begin + len(some)), machine.images(centred(torch.from_numpy(piece).float().div_(255)))


def predict(net, machine, images, own, options):
    """Probability of each class for each image: the mean over its patches of the softmax."""
    result = np.zeros((len(own), len(images.classes)))
    net.eval()
    with torch.no_grad():
        for block, x in patches(machine, images, own, options):
            with machine.cast():
                given = scores(net(x))
            result[block] += torch.softmax(given.float(), 1).double().cpu().numpy()
    net.train()
    return result / len(spots(images, options)[1])
