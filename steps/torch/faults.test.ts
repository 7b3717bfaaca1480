import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { bench, changed } from '../../test/torch/bench.ts'
import { train } from './train.ts'

const { at, files, images, table, training, validating, call, calls } = await bench()
const given = { images, table, own: [], weights: [] }

describe('faults', () => {
  it('are told when the plan is made, where they can be', () => {
    expect(() => train({ ...given, model: 'resnet81' })).toThrow(
      'Parameter "model" of step "torch-train": unknown model. Did you mean "resnet18"? There are nirschl, resnet18, mobilenet_v3_small, and own:FUNCTION for a function of your own; torchvision:NAME and timm:NAME where these libraries are installed',
    )
    expect(() => train({ ...given, augment: 'd4+stein' })).toThrow(
      'expected none, or some of d4, hflip, stain, jitter, crop, each once, joined by "+", such as d4+stain or hflip+jitter',
    )
    expect(() => train({ ...given, augment: 'd4+d4' })).toThrow('each once')
    expect(() => train({ ...given, device: 'gpu' })).toThrow('expected cpu, cuda or cuda:0. Got "gpu".')
    expect(train({ ...given, device: 'cuda:1', threads: 2 }).checkpoint.node).toMatchObject({ needs: { cpu: 2, gpu: { count: 1 } } })
  })
  it('a model of a library makes the step need the library, in a version that stands in the key', () => {
    const toolsOf = (model: string) => {
      const { node } = train({ ...given, model }).checkpoint
      return node.kind === 'step' ? node.step.tools.map(({ name }) => name) : []
    }
    expect(['nirschl', 'torchvision:resnet50', 'timm:vit_tiny_patch16_224'].map(toolsOf)).toEqual([
      ['torch'],
      ['torch', 'torchvision'],
      ['torch', 'timm'],
    ])
  })
  it('are told in words by the scripts', () => {
    call(training('hand'))
    const rows = (name: string, change: (text: string) => string) => ['--table', changed(at, name, files.table, change)]
    const one = rows('one-class.tsv', text => text.replaceAll('\t1\tbluish\t', '\t0\tplain\t'))
    const none = rows('none.tsv', text => text.replaceAll('\t1\tbluish\ttrain', '\t1\tbluish\ttest').replaceAll('train-1', 'x'))
    const leak = rows('leak.tsv', text => text.replaceAll('\ttest-2\t', '\ttrain-2\t'))
    const third = rows('third.tsv', text => text.replace('\ttest\t', '\tholdout\t'))
    const swap: Readonly<Record<string, string>> = { train: 'test', test: 'train' }
    const swapped = rows('swapped.tsv', text => text.replace(/(?<=\t)(train|test)(?=\t)/g, part => swap[part]!))
    const odd = rows('odd.tsv', text => text.replace('\t1\tbluish', '\tfailing\tbluish'))
    const gap = rows('gap.tsv', text => text.replaceAll('\t1\tbluish', '\t2\tbluish'))
    const twice = rows('twice.tsv', text => text.replace('\t1\tbluish', '\t1\treddish'))
    const renamed = rows('renamed.tsv', text => text.replaceAll('\tplain\t', '\tfailing\t'))
    const unknown = rows('unknown.tsv', text => text.replace('train_0_fal_0', 'elsewhere'))
    const cut = changed(at, 'cut.tsv', files.index, text => text.split('\n').slice(0, 9).join('\n'))
    const other = path.join(at, 'other.pt')
    writeFileSync(other, 'no checkpoint')
    const cases: readonly (readonly [readonly string[], ...string[]])[] = [
      [
        training('x', '--model', 'nirshl'),
        'Unknown model "nirshl". Did you mean "nirschl"? There are: nirschl, resnet18, mobilenet_v3_small.',
      ],
      [training('x', '--augment', 'd4+stian'), 'Unknown augmentation "stian". Did you mean "stain"?'],
      [training('x', '--augment', 'd4+d4'), 'names one of its words twice'],
      [training('x', '--model', path.join(at, 'none.py:f')), 'is a function of your own, but there is no Python file'],
      [
        training('x', '--lr', '1e30', '--warmup', '0'),
        'The loss is no finite number any more in epoch 1, step ',
        'The weights are not finite: the training diverged. Give a smaller --lr than 1e+30',
      ],
      [training('x', '--compile'), '--compile: torch ', 'cannot compile the model here: no C++ compiler Leave --compile out.'],
      [training('x', '--patch', '32'), 'The model does not take patches of 32x32'],
      [training('x', '--batch', '4096'), 'One epoch has 64 patches, less than one batch of 4096.'],
      [training('x', '--device', 'cuda'), 'sees no CUDA device here. Give --device cpu'],
      [
        training('x', '--patience', '3'),
        '--patience 3 stops by the validation part, and',
        'has no scored image of it. Divide the images with one',
      ],
      [training('x', '--frozen'), '--frozen trains the head alone, and without weights of your own all below it stays as drawn.'],
      [training('x', '--weights-licence', 'MIT'), 'A licence or a source of weights is given, and no weights.'],
      [training('x', ...one), 'holds one class, "plain". A classifier needs images of two or more.'],
      [training('x', ...none), 'has 8 scored images, and none of the class "bluish". Divide the images so that each class is in it'],
      [training('x', '--index', cut), 'has 8 rows and'],
      [training('x', ...unknown), 'names 1 images that', 'has not, such as "elsewhere". Pack the images of this table.'],
      [
        training('x', ...leak),
        'has the group "train-2" in two parts: train in line 6, test in line 22. All images of a group belong to one, or the test asks for what was learnt.',
      ],
      [validating('hand', ...leak), 'has the group "train-2" in two parts'],
      [training('x', ...third), 'line 18: the split is "holdout"; it is train, validation or test.'],
      [validating('hand', ...swapped), 'was trained on 8 of the groups that', 'such as "train-0": its figures would be too good.'],
      [training('x', ...odd), 'the label is "failing"; it is the number of a class, from 0.'],
      [training('x', ...gap), 'has no image of the class number 1, and one of 2.'],
      [training('x', ...twice), 'has two classes of the number 1: "reddish" in line 4, "bluish" in line 5.'],
      [validating('hand', ...renamed), 'tells plain, bluish;', 'has failing, bluish. Give the table it was trained with'],
      [training('x', '--pixels', files.index), 'cannot be read as packed pixels'],
      [training('x', '--history', '/proc/none/history'), 'cannot be read or written'],
      [training('x', '--full'), 'Out of memory on cpu:', 'Give a smaller --batch than 8 or --patch, or a smaller model.'],
      [validating('hand', '--full'), 'Out of memory on cpu:', 'Give a smaller model, or a device with more memory.'],
      [validating('other'), 'is no checkpoint of training with steps/torch/train, or it is damaged; torch '],
      [
        validating('hand', '--model', 'resnet18'),
        'is of the architecture nirschl, not resnet18. Give --model nirschl, or another checkpoint.',
      ],
      [validating('cut'), 'or it is damaged; torch '],
      [validating('bare'), 'is no checkpoint of training with steps/torch/train: it does not say what it is.', '--weights.'],
      [validating('old'), 'is of the format 1, these scripts are of the format 2. Train anew'],
      [validating('changed'), 'do not fit the model nirschl:', 'Was its code changed since? They were made with python '],
      [
        training('x', '--model', 'torchvision:resnet50'),
        'needs the Python library torchvision, which',
        'Install it there (apt-get install python3-torchvision',
      ],
      [training('x', '--model', 'timm:vit'), 'needs the Python library timm, which', 'Install it there (pip install timm)'],
    ]
    const prepare = `import torch
from packed import Images
content = torch.load(${JSON.stringify(path.join(at, 'hand.pt'))})
at = ${JSON.stringify(at)}
open(at + '/cut.pt', 'wb').write(open(at + '/hand.pt', 'rb').read()[:20000])
torch.save(content['state'], at + '/bare.pt')
torch.save({**content, 'about': content['about'].replace('"format": 2', '"format": 1')}, at + '/old.pt')
torch.save({**content, 'state': {name: tensor for name, tensor in content['state'].items() if not name.startswith('layers.18')}}, at + '/changed.pt')
for name in ('torchvision', 'timm'):
    sys.modules[name] = None  # as where it is not installed
def uncompiled(_):
    def call(*_):
        raise RuntimeError('no C++ compiler')
    return call
torch.compile = uncompiled
one_epoch, predict = train.one_epoch, validate.predict
def full(*_):
    raise RuntimeError("[enforce fail at alloc_cpu.cpp:75] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
def filled(words):
    train.one_epoch, validate.predict = (full, full) if '--full' in words else (one_epoch, predict)
    return [word for word in words if word != '--full']
cases = (filled(words) for words in cases)`
    const answers = calls(
      cases.map(([args]) => args),
      prepare,
    )
    for (const [n, [, ...expected]] of cases.entries()) {
      for (const words of expected) expect(answers[n]![1]).toContain(words)
      expect([answers[n]![1], answers[n]![0]]).toEqual([answers[n]![1], 1])
    }
  })
})
