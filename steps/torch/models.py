"""A network by its word: one that comes along, a function of one's own, or one of torchvision or timm, where they are installed."""
import importlib
import sys

import torch
from torch import nn

import owned
from networks import NETWORKS
from words import Fault, unknown

LIBRARIES = {'torchvision': 'apt-get install python3-torchvision, or pip install torchvision', 'timm': 'pip install timm'}


def build(model, classes, files=()):
    """A network that gives a score for each class. Nothing is downloaded."""
    kind, _, name = model.rpartition(':')
    if kind == 'own' or kind.endswith('.py'):
        net = owned.build(name, [kind, *files] if kind != 'own' else files, classes)
    elif kind in LIBRARIES:
        net = of_library(kind, name, classes)
    elif model in NETWORKS:
        net = NETWORKS[model](classes)
    else:
        raise Fault(unknown('model', model, NETWORKS) + ' A function of your own is given as --model own:FUNCTION --own FILE.py, one of a library as torchvision:NAME or timm:NAME.')
    return net


def word_of(model):
    """The model's word without the name of a file, which differs between places."""
    kind, _, name = model.rpartition(':')
    return f'own:{name}' if kind.endswith('.py') else model


def of_library(library, name, classes):
    try:
        module = importlib.import_module('torchvision.models' if library == 'torchvision' else library)
    except ImportError as error:
        raise Fault(
            f'The model {library}:{name} needs the Python library {library}, which {sys.executable} does not have ({error}). '
            f'Install it there ({LIBRARIES[library]}), or take a model that comes along: {", ".join(NETWORKS)}.'
        )
    if library == 'timm':
        known, make = module.list_models(), lambda: module.create_model(name, pretrained=False, num_classes=classes)
    else:
        known = [each for each, made in vars(module).items() if callable(made) and each.islower() and not each.startswith(('_', 'get_', 'list_'))]
        make = lambda: getattr(module, name)(weights=None, num_classes=classes)
    if name not in known:
        raise Fault(unknown(f'model of {library}', name, known))
    return make()


def scores(given):
    """What a network gives for a batch: the scores themselves, or what holds them. Several heads are returned as a tuple whose first is the main one."""
    logits = given if isinstance(given, torch.Tensor) else getattr(given, 'logits', None)
    if logits is None and isinstance(given, dict):
        logits = given.get('logits', given.get('out'))
    if logits is None and isinstance(given, (tuple, list)) and given:
        logits = given[0]
    if not isinstance(logits, torch.Tensor):
        raise Fault(f'The model gives a {type(given).__name__}. It should give a tensor of scores, a row an image and a column a class; or something whose .logits, or whose first item, is that.')
    return logits


class Head(nn.Module):
    """The last layer alone, from what it is given in the network to the scores."""

    def __init__(self, name, layer):
        super().__init__()
        self.name, self.layer = name, layer

    def forward(self, x):
        given = self.layer(x)
        return given.mean((2, 3)) if given.dim() == 4 else given


def head_of(net, patch):
    """The last layer of a network where the scores come straight out of it, or as means of its map; else None."""
    calls = []
    layers = [(name, layer) for name, layer in net.named_modules() if isinstance(layer, (nn.Linear, nn.Conv2d))]
    hooks = [layer.register_forward_hook(lambda layer, given, _, name=name: calls.append((name, layer, given[0].detach()))) for name, layer in layers]
    training, device = net.training, next(net.parameters()).device
    with torch.no_grad():
        given = scores(net.eval()(torch.linspace(-1, 1, 2 * 3 * patch * patch, device=device).view(2, 3, patch, patch)))
        head = Head(*calls[-1][:2]) if calls else None
        alike = head is not None and (made := head(calls[-1][2])).shape == given.shape and torch.allclose(made, given, atol=1e-4)
    for hook in hooks:
        hook.remove()
    net.train(training)
    return head if alike else None
