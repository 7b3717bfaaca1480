"""Weights of one's own that a training begins with: read with care, matched by name and shape, and told how far they fit."""
import json

import torch

from checkpoints import tensors_in
from packed import digest
from words import Fault, first_line, note

# Where programs keep the weights among other things, and what they put before names.
HOLDERS = ('state_dict', 'model_state_dict', 'model', 'net', 'state')
PREFIXES = ('module.', '_orig_mod.', 'model.', 'backbone.', 'encoder.')
SAFE = {'F64': torch.float64, 'F32': torch.float32, 'F16': torch.float16, 'BF16': torch.bfloat16, 'I64': torch.int64, 'I32': torch.int32, 'U8': torch.uint8, 'I8': torch.int8, 'BOOL': torch.bool}


def begin_with(net, head, path, licence, source):
    """Fills the network as far as the weights fit. @returns what is known of them. @raises Fault where fewer than half of its tensors are there"""
    given, own = read(path), net.state_dict()
    last = {name for name in own if head is not None and name.startswith(f'{head.name}.')}
    counted = [name for name in own if not name.endswith('num_batches_tracked')]
    body = [name for name in counted if name not in last]
    fits = max(by_name(own, given), by_order(own, given, body), key=lambda tensors: sum(name in tensors for name in body))
    there = [name for name in body if name in fits]
    if 2 * len(there) < len(body) or not there:
        strange = next(name for name in body if name not in fits)
        shape = f'of the shape {tuple(given[strange].shape)} there' if strange in given else 'not there'
        raise Fault(
            f'{path} has {len(there)} of the {len(body)} tensors below the head of this model: "{strange}", of the shape {tuple(own[strange].shape)}, is {shape}. '
            'They are weights of another network. Give the model that they were made for.'
        )
    net.load_state_dict({**own, **fits})
    drawn = [name for name in counted if name not in fits]
    note(f'{path}: {len(counted) - len(drawn)} of {len(counted)} tensors fit the model; ' + (f'as drawn are {some(drawn)}.' if drawn else 'none is as drawn.'))
    return {'sha256': digest(path), 'licence': licence, 'source': source, 'tensors': [len(counted) - len(drawn), len(counted)]}


def by_name(own, given):
    """The tensors whose names and shapes are the network's, with whatever stands before the names left out that most fit without."""
    def without(prefix):
        return {name[len(prefix) :]: tensor for name, tensor in given.items() if name.startswith(prefix)}

    tries = [{name: tensor for name, tensor in named.items() if name in own and own[name].shape == tensor.shape} for named in map(without, ('', *PREFIXES))]
    return max(tries, key=len)


def by_order(own, given, body):
    """Other names for the same layers in the same order, as torchvision has them for the networks that come along: every shape is equal."""
    tensors = [tensor for tensor in given.values() if tensor.dim() > 0]  # counters of batches are single numbers
    alike = len(tensors) >= len(body) and all(own[name].shape == tensor.shape for name, tensor in zip(body, tensors))
    return dict(zip(body, tensors)) if alike else {}


def read(path):
    """Tensors by name, from torch.save of a state_dict, or from safetensors."""
    with open(path, 'rb') as file:
        start = file.read(9)
    content = safetensors(path) if start[8:] == b'{' else unpickled(path)
    for holder in HOLDERS:
        if isinstance(content, dict) and isinstance(content.get(holder), dict):
            content = content[holder]
            break
    tensors = {name: tensor for name, tensor in content.items() if isinstance(tensor, torch.Tensor)} if isinstance(content, dict) else {}
    if not tensors:
        raise Fault(f'{path} holds no tensors by name. Give what torch.save(model.state_dict(), FILE) wrote, or safetensors.')
    return tensors


def unpickled(path):
    try:
        return tensors_in(path)
    except ValueError as error:
        raise Fault(
            f'{path} cannot be read as weights: {first_line(error)[:160]}. Files that hold more than tensors could run code, and are not opened. '
            'Where the file is whole, keep its weights alone: torch.save(model.state_dict(), FILE).'
        )


def safetensors(path):
    """The format is a length, JSON that says where each tensor lies, and the bytes (https://github.com/huggingface/safetensors)."""
    with open(path, 'rb') as file:
        content = bytearray(file.read())
    start = 8 + int.from_bytes(content[:8], 'little')
    try:
        entries = {name: entry for name, entry in json.loads(content[8:start]).items() if name != '__metadata__'}
        return {name: tensor_at(content, start, entry) for name, entry in entries.items()}
    except (ValueError, KeyError, TypeError, RuntimeError) as error:
        raise Fault(f'{path} is no safetensors file, or it is damaged: {first_line(error)[:120]}. Copy it again.')


def tensor_at(content, start, entry):
    (begin, end), dtype = entry['data_offsets'], SAFE[entry['dtype']]
    if end > len(content) - start:
        raise ValueError(f'a tensor ends at byte {start + end}, the file at {len(content)}')
    if begin == end:
        return torch.empty(entry['shape'], dtype=dtype)
    return torch.frombuffer(content, dtype=torch.uint8, count=end - begin, offset=start + begin).clone().view(dtype).reshape(entry['shape'])


def some(names):
    return ', '.join(names[:4]) + (f' and {len(names) - 4} more' if len(names) > 4 else '')
