#!/usr/bin/env python3
"""Judges images by a trained network: those of the parts "validation" and "test".

    validate.py --pixels images.npy --index images.tsv --table table.tsv --checkpoint model.pt --predictions predictions.tsv --summary summary.json
"""
import json
import sys
import time

from checkpoints import fill, load
from judging import predict
from machine import Machine
from models import build, word_of
from packed import Images
from words import Fault, carry_out, note, parser, parted, write

FILES = ('pixels', 'index', 'table', 'checkpoint', 'predictions', 'summary', 'own')


def validate(options, files):
    about, content = load(files['checkpoint'])
    model = options['model'] or about['architecture']
    if about['architecture'] != word_of(model):
        raise Fault(f'{files["checkpoint"]} is of the architecture {about["architecture"]}, not {word_of(model)}. Give --model {about["architecture"]}, or another checkpoint.')
    machine = Machine(options)
    images = Images(files['pixels'], files['index'], files['table'])
    if images.classes != about['classes']:
        raise Fault(f'{files["checkpoint"]} tells {", ".join(about["classes"])}; {files["table"]} has {", ".join(images.classes)}. Give the table it was trained with, or train anew.')
    options = {**options, 'patch': about['options']['patch']}
    net = build(model, len(images.classes), files['own'])
    fill(net, content['state'], files['checkpoint'], about)
    fast = machine.faster(machine.net(net, options['patch'], len(images.classes)), options['patch'])
    own = images.where(lambda row: row.split != 'train')
    if len(own) == 0:
        raise Fault(f'{files["table"]} has no image of the parts "validation" and "test", so there is nothing to judge.')
    learnt = set(images.groups(own)).intersection(about['trained_on']['names'])
    if learnt:
        raise Fault(
            f'{files["checkpoint"]} was trained on {len(learnt)} of the groups that {files["table"]} judges it by, such as "{min(learnt)}": its figures would be too good. '
            'Give the table it was trained with, or train anew.'
        )
    began, cpu = time.perf_counter(), time.process_time()
    probability = predict(fast, machine, images, own, options)
    machine.wait()
    seconds = time.perf_counter() - began
    write(files['predictions'], table_of(images, own, probability))
    told = {'images': len(own), 'seconds': round(seconds, 3), 'cpu_seconds': round(time.process_time() - cpu, 3), 'images_per_s': round(len(own) / seconds, 1)}
    how = {'grid': options['grid'], 'device': options['device'], 'threads': options['threads']}
    write(files['summary'], json.dumps({**about, 'validation': {**how, **told}}, indent=1) + '\n')
    note(f'{len(own)} images in {seconds:.1f} s')


def table_of(images, own, probability):
    lines = [['image', 'group', 'label', 'class', 'split', 'scored', *(f'probability:{name}' for name in images.classes)]]
    for n, each in zip(own, probability):
        row = images.rows[n]
        lines.append([row.image, row.group, str(row.label), row.name, row.split, str(int(row.scored)), *(f'{value:.9f}' for value in each)])
    return ''.join('\t'.join(line) + '\n' for line in lines)


def words(arguments):
    one = parser('validate.py', __doc__)
    one.add_argument('--predictions', required=True, help='written: probability of each class for each image, .tsv')
    one.add_argument('--summary', required=True, help='written: what is known of the model, .json')
    return parted(vars(one.parse_args(arguments)), FILES)


if __name__ == '__main__':
    sys.exit(carry_out(validate, *words(sys.argv[1:])))
