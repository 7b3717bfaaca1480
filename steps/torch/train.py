#!/usr/bin/env python3
"""Trains an image classifier on packed images: unchanged from a laptop to a GPU, from torch 1.13 to 2.x.

    train.py --pixels images.npy --index images.tsv --table table.tsv --model nirschl --checkpoint model.pt --history history.jsonl

Rows of the part "train" are learnt; those of the part "validation", where there are any, are shown after each epoch. The test is never looked at.
With the same seed, threads, device and versions the weights are the same to the bit, on one model of processor, whatever the number of
workers, and also when the training was killed and resumed.
"""
import json
import math
import os
import sys
import time

import torch
from torch.nn import functional

from augmentation import WORDS, Epoch, batches, parts_of
from checkpoints import FORMAT, load, save, versions, weights_digest, weights_of
from features import FeatureEpoch, Features
from judging import AT_ONCE, predict
from machine import Machine
from models import build, head_of, scores, word_of
from packed import Images
from pretrained import begin_with
from quality import quality
from scalars import Scalars
from words import Fault, carry_out, note, parser, parted, positive, progress, share, whole, write

# What changes speed alone; a training may be resumed with other values of these.
SPEED = ('workers', 'checkpoint_every')
# What is told of weights stands beside their digest. Names of files differ between places.
ORIGIN = ('weights_licence', 'weights_source')
FILES = ('pixels', 'index', 'table', 'checkpoint', 'history', 'resume', 'tensorboard', 'own', 'weights')


def train(options, files):
    machine = Machine(options)
    images = Images(files['pixels'], files['index'], files['table'])
    learnt, shown = (images.where(lambda row: row.split == part and row.scored) for part in ('train', 'validation'))
    check(images, learnt, shown, options, files)
    torch.manual_seed(options['seed'])
    net = machine.net(build(options['model'], len(images.classes), files['own']), options['patch'], len(images.classes))
    head = head_of(net, options['patch']) if files['weights'] or options['frozen'] else None
    origin = begin_with(net, head, files['weights'][0], options['weights_licence'], options['weights_source']) if files['weights'] else None
    course = (Frozen if options['frozen'] else Whole)(net, head, machine, images, learnt, shown, options)
    optimizer = torch.optim.AdamW(course.learner.parameters(), lr=options['lr'], weight_decay=options['weight_decay'])
    state = State(net, optimizer, machine.scaler(), {**recipe(options), **images.digests, 'from': origin}, files['resume'])
    state.resume(options['epochs'])
    board = Scalars(files['tensorboard']) if files['tensorboard'] else None
    if board:
        follow(files['tensorboard'])
        for line in state.history:
            board.add(line)
    loss_of = Loss(images, learnt, options, machine.device)
    while len(state.history) < options['epochs'] and not state.stops(options['patience']):
        epoch = len(state.history)
        line = one_epoch(epoch, course, machine, optimizer, state.scaler, loss_of, options)
        if len(shown):
            began = time.perf_counter()
            line.update(quality(images, shown, course.predict()))
            line['monitor_seconds'] = round(time.perf_counter() - began, 3)
            if not math.isfinite(line['validation_loss']):
                raise Fault(f'The scores of the validation part are no finite numbers after epoch {epoch + 1}. Give a smaller --lr than {options["lr"]:g}' + (' or --amp none.' if options['amp'] != 'none' else '.'))
        state.ended(line, options)
        tell(line, options['epochs'])
        if board:
            board.add(line)
    kept = state.best['weights'] if options['patience'] else weights_of(net)
    about = {
        'format': FORMAT,
        'architecture': word_of(options['model']),
        'parameters': sum(p.numel() for p in net.parameters()),
        'weights': weights_digest(kept),
        'classes': images.classes,
        'options': recipe(options),
        'epochs': {'run': len(state.history), 'kept': state.best['epoch'] if options['patience'] else len(state.history)},
        'from': origin,
        'trained_on': {'images': len(learnt), 'groups': len(images.groups(learnt)), 'names': images.groups(learnt)},
        'validation_names': images.groups(shown),
        'versions': versions(options['model']),
    }
    save({'about': json.dumps(about), 'state': kept}, files['checkpoint'])
    write(files['history'], ''.join(json.dumps(line) + '\n' for line in state.history))
    peak = machine.peak()
    note(f'weights {about["weights"]}' + (f', peak GPU memory {peak / 2**20:.0f} MiB' if peak else ''))


def check(images, learnt, shown, options, files):
    """What can be known before the training begins. @raises Fault"""
    labels = images.labels(learnt)
    absent = [name for n, name in enumerate(images.classes) if n not in labels]
    if len(images.classes) < 2:
        raise Fault(f'{files["table"]} holds one class, "{images.classes[0]}". A classifier needs images of two or more.')
    if absent:
        raise Fault(f'The part "train" of {files["table"]} has {len(learnt)} scored images, and none of the class "{absent[0]}". Divide the images so that each class is in it, or leave the class out.')
    if len(learnt) * options['patches'] < options['batch']:
        raise Fault(f'One epoch has {len(learnt) * options["patches"]} patches, less than one batch of {options["batch"]}. Give a smaller --batch or more --patches.')
    if options['patience'] and len(shown) == 0:
        raise Fault(f'--patience {options["patience"]} stops by the validation part, and {files["table"]} has no scored image of it. Divide the images with one, or leave --patience out.')
    if options['frozen'] and not files['weights']:
        raise Fault('--frozen trains the head alone, and without weights of your own all below it stays as drawn. Give --weights FILE, or leave --frozen out.')
    if len(files['weights']) > 1:
        raise Fault(f'--weights takes one file, got {len(files["weights"])}.')
    if not files['weights'] and (options['weights_licence'] or options['weights_source']):
        raise Fault('A licence or a source of weights is given, and no weights. Give --weights FILE, too, or leave both out.')
    if options['patch'] > min(images.height, images.width):
        note(f'Images of {images.width}x{images.height} pixels are enlarged to patches of {options["patch"]}x{options["patch"]}.')


# ── What is trained ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Whole:
    """The whole network, on patches that are drawn anew in each epoch."""

    def __init__(self, net, head, machine, images, learnt, shown, options):
        self.learner = net
        self.fast = machine.faster(net, options['patch'])
        self.epoch = lambda number: Epoch(images, learnt, options, number)
        self.predict = lambda some=shown: predict(self.fast, machine, images, some, options)
        if machine.device.type == 'cuda':
            self.predict(shown[:AT_ONCE])  # memory that is too small for it is told now, not after an epoch


class Frozen:
    """The head alone, on features that are computed once."""

    def __init__(self, net, head, machine, images, learnt, shown, options):
        if head is None:
            raise Fault(f'--frozen trains the last layer, and the scores of {options["model"]} do not come straight out of one. Leave --frozen out, or end the network with a Linear.')
        self.learner = self.fast = head
        features, of_shown = (Features(net, head, machine, images, own, options) if len(own) else None for own in (learnt, shown))
        note(f'{features.values[0, 0].numel()} features of {features.values.shape[1]} patches of each of {len(learnt)} images, which come from the grid and are not changed.')
        self.epoch = lambda number: FeatureEpoch(features, options, number)
        self.predict = lambda: of_shown.predict(head, machine)


class Loss:
    """Cross-entropy; balanced, an image of a class counts in inverse proportion to the class's images (King and Zeng 2001, doi:10.1093/oxfordjournals.pan.a004868)."""

    def __init__(self, images, learnt, options, device):
        count = torch.bincount(torch.from_numpy(images.labels(learnt)), minlength=len(images.classes)).float()
        self.weight = (len(learnt) / (len(images.classes) * count)).to(device) if options['class_weights'] == 'balanced' else None
        self.smoothing = options['label_smoothing']  # Szegedy et al. 2016, doi:10.1109/CVPR.2016.308

    def __call__(self, given, label):
        return functional.cross_entropy(given, label, weight=self.weight, label_smoothing=self.smoothing)


def rate(options, step, steps):
    """The learning rate of a step: a linear warm-up, then the schedule."""
    if options['schedule'] == 'cosine':
        factor = 0.5 * (1 + math.cos(math.pi * step / steps))
    elif options['schedule'] == 'step':  # a tenth after two thirds
        factor = 1 if step < steps * 2 / 3 else 0.1
    else:
        factor = 1
    return options['lr'] * factor * min(1, (step + 1) / (options['warmup'] + 1e-9))


def one_epoch(epoch, course, machine, optimizer, scaler, loss_of, options):
    """One pass; gives its line of the history. @raises Fault when the loss is no number any more."""
    data = course.epoch(epoch)
    torch.manual_seed(options['seed'] * 1_000_003 + epoch + 1)  # for dropout: resumed or not, the same numbers
    course.learner.train()
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
            loss = loss_of(scores(course.fast(machine.images(x))), y.to(machine.device))
        optimizer.zero_grad(set_to_none=True)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        total += loss.detach()
        if (number + 1) % every == 0 or number + 1 == data.batches:
            if not math.isfinite(total.item()):
                raise Fault(not_finite(epoch, number, lr, x, course.learner, options))
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
        return f'{where} The images of the step hold values that are not finite. Look at the packed pixels, and at the weights it began with.'
    if any(not torch.isfinite(p).all() for p in net.parameters()):
        cause = 'The weights are not finite: the training diverged.'
        return f'{where} {cause} ' + ('Give --amp bfloat16 or none.' if options['amp'] == 'float16' else f'Give a smaller --lr than {options["lr"]:g}, or a longer --warmup.')
    return f'{where} Weights and images are finite: the scores of the network overflowed. Give a smaller --lr than {options["lr"]:g}' + (' or --amp none.' if options['amp'] != 'none' else '.')


# ── What a killed training goes on from ─────────────────────────────────────────────────────────────────────────────────────────────


def recipe(options):
    """What makes the weights what they are."""
    return {**{name: value for name, value in options.items() if name not in SPEED + ORIGIN}, 'model': word_of(options['model'])}


class State:
    """How far a training has come: its history, and the weights of the best epoch where it may stop early."""

    def __init__(self, net, optimizer, scaler, made_of, folder):
        self.net, self.optimizer, self.scaler, self.made_of = net, optimizer, scaler, made_of
        self.folder, self.place = folder, folder and os.path.join(folder, 'last.pt')
        self.history, self.best = [], {'epoch': 0, 'loss': math.inf, 'weights': {}}

    def stops(self, patience):
        """After so many epochs without a smaller loss on the validation part (Prechelt 1998, doi:10.1007/3-540-49430-8_3)."""
        return patience > 0 and len(self.history) - self.best['epoch'] >= patience

    def ended(self, line, options):
        """After an epoch. Numbers that are no tensors go as JSON: torch 1.13 unpickles no floats when told to be careful."""
        self.history.append(line)
        epoch = len(self.history)
        if options['patience'] and line['validation_loss'] < self.best['loss']:
            self.best = {'epoch': epoch, 'loss': line['validation_loss'], 'weights': {name: tensor.clone() for name, tensor in weights_of(self.net).items()}}
        if not self.place or epoch % options['checkpoint_every'] > 0 or epoch == options['epochs'] or self.stops(options['patience']):
            return
        os.makedirs(self.folder, exist_ok=True)
        own = self.optimizer.state_dict()
        groups = [dict(group) for group in own['param_groups']]
        best = {name: self.best[name] for name in ('epoch', 'loss')} if self.best['epoch'] else None
        about = {'format': FORMAT, 'recipe': self.made_of, 'history': self.history, 'groups': groups, 'scaler': self.scaler.state_dict(), 'best': best}
        save({'about': json.dumps(about), 'net': self.net.state_dict(), 'moments': own['state'], 'best': self.best['weights']}, self.place)

    def resume(self, epochs):
        if not self.place or not os.path.exists(self.place):
            return
        about, kept = load(self.place, 'an interrupted training')
        differ = next((name for name in self.made_of if about['recipe'].get(name) != self.made_of[name]), None)
        if differ is not None:
            raise Fault(f'{self.place} is of another training: its {differ} is {about["recipe"].get(differ)}, here it is {self.made_of[differ]}. Remove it, or give another --resume folder.')
        self.net.load_state_dict(kept['net'])
        self.optimizer.load_state_dict({'state': kept['moments'], 'param_groups': about['groups']})
        self.scaler.load_state_dict(about['scaler'])
        self.history = about['history']
        if about['best']:
            self.best = {**about['best'], 'weights': kept['best']}
        note(f'Resumed after epoch {len(self.history)} of {epochs}.')


# ── What it tells, and its words ────────────────────────────────────────────────────────────────────────────────────────────────────


def tell(line, epochs):
    note(json.dumps(line))
    shown = f', validation loss {line["validation_loss"]:.3f}' if 'validation_loss' in line else ''
    shown += f', AUC {line["image_auc"]:.3f}' if line.get('image_auc') is not None else ''
    progress(f'epoch {line["epoch"]} of {epochs}, loss {line["loss"]:.3f}{shown}, {line["images_per_s"]:.0f} images/s', line['epoch'] / epochs)


def follow(path):
    folder = os.path.dirname(os.path.abspath(path))
    if not folder.startswith('/w/'):  # a path within a container, which nobody outside has
        note(f'TensorBoard follows it with: tensorboard --logdir {folder}')


def words(arguments):
    one = parser('train.py', __doc__)
    one.set_defaults(model='nirschl')
    one.add_argument('--history', required=True, help='written: one JSON line an epoch')
    one.add_argument('--weights', nargs='*', default=[], help='weights of your own to begin with: a state_dict of torch.save, or safetensors')
    one.add_argument('--weights-licence', default='', help='their licence, for the record')
    one.add_argument('--weights-source', default='', help='where they are from, for the record')
    one.add_argument('--frozen', action='store_true', help='train the head alone, on features that are computed once an image')
    one.add_argument('--augment', default='d4+stain', help=f'none, or some of {", ".join(WORDS)}, joined by +')
    one.add_argument('--sampling', choices=['as-is', 'balanced'], default='as-is', help='balanced: each class as often in an epoch')
    one.add_argument('--class-weights', choices=['none', 'balanced'], default='none', help='balanced: images of rare classes count more in the loss')
    one.add_argument('--label-smoothing', type=share, default=0.0, help='share of the target that is spread over all classes')
    one.add_argument('--epochs', type=whole(1), default=8)
    one.add_argument('--patience', type=whole(0), default=0, help='epochs without a smaller validation loss after which it stops, and keeps the best; 0: never')
    one.add_argument('--batch', type=whole(2), default=32)
    one.add_argument('--lr', type=positive, default=3e-3, help='largest learning rate')
    one.add_argument('--schedule', choices=['cosine', 'constant', 'step'], default='cosine')
    one.add_argument('--warmup', type=whole(0), default=20, help='steps in which the learning rate rises')
    one.add_argument('--weight-decay', type=float, default=1e-4)
    one.add_argument('--patch', type=whole(8), default=64, help='side of a patch in pixels')
    one.add_argument('--patches', type=whole(1), default=4, help='random patches of each image in an epoch')
    one.add_argument('--seed', type=whole(0), default=0)
    one.add_argument('--workers', type=whole(0), default=0, help='threads that make batches; what they make does not depend on their number')
    one.add_argument('--resume', help='folder for checkpoints of a training that may be killed')
    one.add_argument('--checkpoint-every', type=whole(1), default=1, help='epochs')
    one.add_argument('--tensorboard', help='event file to write; its name holds "tfevents"')
    return parted(vars(one.parse_args(arguments)), FILES)


def work(options, files):
    parts_of(options['augment'])
    train({**options, 'augment': 'none'} if options['frozen'] else options, files)  # features are of unchanged patches


if __name__ == '__main__':
    sys.exit(carry_out(work, *words(sys.argv[1:])))
