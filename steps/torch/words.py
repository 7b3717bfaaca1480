"""What training and validating share: faults in words, lines for people, and the words of a command line."""
import argparse
import difflib
import json
import math
import sys


class Fault(Exception):
    """Something the user can mend: printed without a traceback."""


def unknown(what, name, known):
    """What to say of a name that is not known; of many known ones, those that are near it."""
    known = list(known)
    near = difflib.get_close_matches(name, known, 8, 0.4)
    shown = f' There are: {", ".join(known)}.' if len(known) <= 16 else f' Near it are: {", ".join(near)}.' if near else ''
    return f'Unknown {what} "{name}".' + (f' Did you mean "{near[0]}"?' if near else '') + shown


def first_line(error):
    return (str(error).splitlines() or [type(error).__name__])[0]


def note(text):
    print(text, file=sys.stderr, flush=True)


def progress(text, share):
    """A line that the runner shows while the step runs."""
    note('::progress ' + json.dumps({'text': text, 'share': round(share, 4)}))


def write(path, text):
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


# ── Words of the command line ───────────────────────────────────────────────────────────────────────────────────────────────────────


def parser(name, about):
    """A parser with the words that both scripts take. Nothing is guessed: device and threads are among them."""
    made = argparse.ArgumentParser(prog=name, description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument('--pixels', required=True, help='packed images, .npy')
    made.add_argument('--index', required=True, help='what was packed, one row an image in the order of the pixels, .tsv')
    made.add_argument('--table', required=True, help='the images with group, class and part, .tsv')
    made.add_argument('--checkpoint', required=True, help='weights: written by training, read by validating')
    made.add_argument('--model', help='nirschl, resnet18, mobilenet_v3_small; own:FUNCTION of --own; torchvision:NAME, timm:NAME')
    made.add_argument('--own', nargs='*', default=[], help='Python file of the function that --model names, and of what it imports')
    made.add_argument('--grid', type=whole(1), default=2, help='an image is judged by grid x grid patches, spread evenly; 1: its centre')
    made.add_argument('--device', default='cpu', help='cpu, cuda, cuda:1')
    made.add_argument('--threads', type=whole(1), default=1, help='threads of torch on the CPU')
    made.add_argument('--layout', choices=['channels-last', 'contiguous'], default='channels-last', help='of images in memory; the first is 2.4 times as fast on a CPU')
    made.add_argument('--amp', choices=['none', 'bfloat16', 'float16'], default='none', help='mixed precision')
    made.add_argument('--compile', action='store_true', help='torch.compile, from torch 2')
    return made


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


def share(text):
    value = float(text)
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f'takes a number from 0 up to 1, got {text}')
    return value


def parted(given, names):
    """Options, and files by name: those of a command line that are only read or written."""
    return {name: value for name, value in given.items() if name not in names}, {name: given[name] for name in names}


def carry_out(work, options, files):
    """Does the work; what the user can mend is told in a line. @returns the exit status"""
    try:
        work(options, files)
    except Fault as fault:
        note(str(fault))
        return 1
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, MemoryError) or 'out of memory' in str(error) or "can't allocate memory" in str(error):
            less = f'a smaller --batch than {options["batch"]} or --patch, or a smaller model' if 'batch' in options else 'a smaller model, or a device with more memory'
            note(f'Out of memory on {options["device"]}: {first_line(error) if str(error) else "none left"}. Give {less}.')
            return 1
        raise
    except OSError as error:
        note(f'{error.filename or "A file"} cannot be read or written: {error.strerror}.')
        return 1
    return 0
