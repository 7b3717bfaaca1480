"""Weights on the disk, with what is known of them. Tensors only are unpickled, so that a file from elsewhere cannot run code."""
import collections
import hashlib
import importlib
import io
import json
import os
import sys

import numpy as np
import torch

from words import Fault, first_line

# Of the checkpoint and of the summary; raised when they mean something else.
FORMAT = 2


def weights_of(net):
    return collections.OrderedDict((name, tensor.detach().cpu().contiguous()) for name, tensor in net.state_dict().items())


def weights_digest(state):
    """SHA-256 over the weights in their order: two trainings agree to the bit where it is equal."""
    digest = hashlib.sha256()
    for name, tensor in state.items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
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


def tensors_in(path):
    """What a file of torch.save holds. @raises ValueError where it is damaged, or holds more than tensors; OSError where it cannot be read"""
    with open(path, 'rb') as file:
        try:
            return torch.load(file, map_location='cpu', weights_only=True)
        except Exception as error:  # torch raises a dozen kinds, by version; of a file that was cut off an OSError
            raise ValueError(first_line(error)) from error


def load(path, maker='training with steps/torch/train'):
    """What was saved, and what is said of it."""
    try:
        content = tensors_in(path)
    except ValueError as error:
        raise Fault(f'{path} is no checkpoint of {maker}, or it is damaged; torch {torch.__version__} says: {first_line(error)[:120]}. Copy it again, or train anew.')
    try:
        about = json.loads(content['about'])
    except (TypeError, KeyError, IndexError, ValueError):
        raise Fault(f'{path} is no checkpoint of {maker}: it does not say what it is. Weights of another program are what a training begins with: --weights.')
    if about.get('format') != FORMAT:
        raise Fault(f'{path} is of the format {about.get("format")}, these scripts are of the format {FORMAT}. Train anew, or take the scripts that wrote it.')
    return about, content


def fill(net, state, path, about):
    """Puts the weights of a checkpoint into the network that they are of."""
    try:
        net.load_state_dict(state)
    except RuntimeError as error:
        made = about.get('versions', {})
        raise Fault(
            f'The weights of {path} do not fit the model {about["architecture"]}: {str(error).splitlines()[-1].strip()} '
            f'Was its code changed since? They were made with {told(made)}; here is {told(versions(about["architecture"]))}.'
        )


def versions(model):
    """Versions of all that has a say in the weights."""
    library = model.partition(':')[0]
    more = {library: importlib.import_module(library).__version__} if library in ('torchvision', 'timm') else {}
    return {'python': sys.version.split()[0], 'torch': torch.__version__, 'numpy': np.__version__, **more}


def told(versions):
    return ', '.join(f'{name} {version}' for name, version in versions.items())
