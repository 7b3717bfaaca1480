import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { weightsFile } from 'trireme-bio/kinds'
import { given, made } from 'trireme-bio/testing'
import { describe, expect, it } from 'vitest'
import { bench, short } from '../../test/torch/bench.ts'
import { train } from './train.ts'

const { at, images, table, training, validating, python, calls, about } = await bench({ validation: true, classes: 3 })
const file = (name: string) => path.join(at, name)

describe('weights of one’s own', { timeout: 240_000 }, () => {
  it('are taken as torch.save and safetensors have them, below a head of another size, and recorded', async () => {
    const names = ['zip.pt', 'old.pt', 'wrapped.pt', 'named.pt', 'x.safetensors']
    const told = python(
      `import models, networks, pretrained, struct, torch
torch.manual_seed(5)
state = networks.Nirschl(2).state_dict()
at = ${JSON.stringify(`${at}/`)}
torch.save(state, at + 'zip.pt')
torch.save(state, at + 'old.pt', _use_new_zipfile_serialization=False)
torch.save({'state_dict': {'module.' + name: tensor for name, tensor in state.items()}}, at + 'wrapped.pt')
torch.save({f't{n}': tensor for n, tensor in enumerate(state.values())}, at + 'named.pt')
entries, body = {'__metadata__': {'format': 'pt'}}, b''
for name, tensor in state.items():
    own = tensor.contiguous().numpy().tobytes()
    dtype = {torch.float32: 'F32', torch.int64: 'I64'}[tensor.dtype]
    entries[name] = {'dtype': dtype, 'shape': list(tensor.shape), 'data_offsets': [len(body), len(body) + len(own)]}
    body += own
head = json.dumps(entries).encode()
open(at + 'x.safetensors', 'wb').write(struct.pack('<Q', len(head)) + head + body)
answers = []
for path in json.load(sys.stdin):
    torch.manual_seed(1)
    net = networks.Nirschl(3)
    known = pretrained.begin_with(net, models.head_of(net, 64), path, 'MIT', 'here')
    answers.append([known['tensors'], all(torch.equal(tensor, state[name]) for name, tensor in net.state_dict().items() if 'layers.18' not in name)])
print(json.dumps(answers))`,
      names.map(file),
    )
    expect(told).toEqual(names.map(() => [[36, 38], true]))
    const weights = [given('zip', weightsFile, file('zip.pt'))]
    const { checkpoint } = await made(
      train({ images, table, own: [], weights, ...short, epochs: 1, weightsLicence: 'CC-BY-4.0', weightsSource: 'a colleague' }),
    )
    expect(about(checkpoint.path)).toMatchObject({
      from: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/), licence: 'CC-BY-4.0', source: 'a colleague', tensors: [36, 38] },
    })
    expect(readFileSync(path.join(path.dirname(checkpoint.path), 'stderr.log'), 'utf8')).toContain(
      '36 of 38 tensors fit the model; as drawn are layers.18.weight, layers.18.bias.',
    )
  })
  it('frozen below the head: its features are computed once, the head learns, the rest stays', () => {
    const words = ['--weights', file('base.pt'), '--frozen', '--epochs', '6', '--lr', '0.05']
    const all = [training('base', '--epochs', '2'), training('frozen', ...words), validating('frozen')]
    expect(calls(all).map(([status]) => status)).toEqual([0, 0, 0])
    const stays = python(`import torch
base, frozen = (torch.load(${JSON.stringify(`${at}/`)} + name)['state'] for name in ('base.pt', 'frozen.pt'))
print(json.dumps(sorted(name for name in base if not torch.equal(base[name], frozen[name]))))`)
    expect(stays).toEqual(['layers.18.bias', 'layers.18.weight'])
    const last = JSON.parse(readFileSync(file('frozen.jsonl'), 'utf8').trimEnd().split('\n').at(-1)!)
    expect(last.image_auc).toBe(1)
    // What it shows of the validation part is what the whole network says of it.
    const predicted = readFileSync(file('frozen.tsv'), 'utf8').trimEnd().split('\n').slice(1)
    const losses = predicted.flatMap(line => {
      const [, , label, , split, , ...probability] = line.split('\t')
      return split === 'validation' ? [-Math.log(Number(probability[Number(label)]))] : []
    })
    expect(losses.reduce((sum, loss) => sum + loss, 0) / losses.length).toBeCloseTo(last.validation_loss, 5)
    expect(about(file('frozen.pt'))).toMatchObject({ options: { frozen: true, augment: 'none' } })
  })
})
describe('what a network or weights of one’s own may be', { timeout: 240_000 }, () => {
  const model = (name: string, text: string) => {
    writeFileSync(file(`${name}.py`), text)
    return ['--model', `own:${name}`, '--own', file(`${name}.py`), '--patch', '32', '--epochs', '1']
  }
  const net = (name: string, back: string, more = '') =>
    model(
      name,
      `import torch
from torch import nn
from types import SimpleNamespace
class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.last = nn.Linear(3, classes)
    def forward(self, x):
        made = self.last(x.mean((2, 3)))
        ${more}
        return ${back}
def ${name}(classes):
    return Net(classes)
`,
    )
  it('the scores are found in a tuple, a dictionary or under .logits; all else is refused in words', () => {
    writeFileSync(file('text.pt'), 'text')
    const cases: readonly (readonly [readonly string[], number, ...string[]])[] = [
      [net('several', 'made, x'), 0],
      [net('dictionary', '{"logits": made}'), 0],
      [net('output', 'SimpleNamespace(logits=made)'), 0],
      [net('nothing', 'None'), 1, 'The model gives a NoneType. It should give a tensor of scores, a row an image and a column a class'],
      [
        net('wide', 'torch.cat([made, made], 1)'),
        1,
        'The model gives scores of shape (2, 6) for 2 images of 3 classes. It should give (2, 3)',
      ],
      [
        [...net('precise', 'made', 'made = made.float() if made.dtype == x.dtype else made @ torch.eye(3).double()'), '--amp', 'bfloat16'],
        1,
        'The model does not run in mixed precision, --amp bfloat16:',
        'Give --amp none.',
      ],
      [
        model('lonely', 'from blocks import Block\ndef lonely(classes):\n    return Block(classes)\n'),
        1,
        'lonely.py imports "blocks", which is neither among the files that were given nor installed for',
        'Give its file too, as another --own file',
      ],
      [
        model('dotted', 'from . import blocks\ndef dotted(classes):\n    return 0\n'),
        1,
        'Its neighbours are imported by their names alone',
      ],
      [model('broken', 'def broken(classes)\n'), 1, 'broken.py, line 1, is no Python 3.'],
      [['--model', 'own:absent', '--own', file('several.py')], 1, 'Unknown function "absent".', 'Looked in'],
      [
        model('number', 'def number(classes):\n    return classes\n'),
        1,
        'gave a int. It takes the number of classes and gives an nn.Module.',
      ],
      [
        ['--weights', file('text.pt')],
        1,
        'text.pt cannot be read as weights:',
        'keep its weights alone: torch.save(model.state_dict(), FILE).',
      ],
      [['--weights', file('code.pt')], 1, 'Files that hold more than tensors could run code, and are not opened.'],
      [['--weights', file('other.pt')], 1, 'has 0 of the 36 tensors below the head of this model', 'They are weights of another network.'],
      [['--weights', file('bad.safetensors')], 1, 'is no safetensors file, or it is damaged: a tensor ends at byte'],
      [['--weights', file('other.pt'), file('text.pt')], 1, '--weights takes one file, got 2.'],
      [
        [...net('frozen', 'made * 2'), '--weights', file('last.pt'), '--frozen'],
        1,
        'the scores of own:frozen do not come straight out of one.',
      ],
    ]
    const answers = calls(
      cases.map(([words]) => training('x', ...words)),
      `import os, struct, torch
at = ${JSON.stringify(`${at}/`)}
torch.save(torch.nn.Linear(2, 2), at + 'code.pt')
torch.save({'conv1.weight': torch.zeros(4, 3, 7, 7)}, at + 'other.pt')
torch.save({'last.weight': torch.zeros(3, 3), 'last.bias': torch.zeros(3)}, at + 'last.pt')
head = json.dumps({'a': {'dtype': 'F32', 'shape': [9], 'data_offsets': [0, 36]}}).encode()
open(at + 'bad.safetensors', 'wb').write(struct.pack('<Q', len(head)) + head)`,
    )
    for (const [n, [, status, ...expected]] of cases.entries()) {
      for (const words of expected) expect(answers[n]![1]).toContain(words)
      expect([answers[n]![1], answers[n]![0]]).toEqual([answers[n]![1], status])
    }
  })
  it('a file that is no weights at all is refused when it is given', async () => {
    expect(await weightsFile.probe!({ path: file('text.pt'), facts: {}, companions: [], parts: {}, same: () => undefined })).toBe(
      'is not weights: its first bytes are 74 65 78 74. Give a state_dict that torch.save wrote (50 4b 03 04), or safetensors',
    )
    for (const name of ['zip.pt', 'old.pt', 'x.safetensors'])
      expect(await weightsFile.probe!({ path: file(name), facts: {}, companions: [], parts: {}, same: () => undefined })).toBeUndefined()
  })
})
