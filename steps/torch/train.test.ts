import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pythonSource } from 'trireme-bio/kinds'
import { Store } from 'trireme-bio/local'
import { validate } from 'trireme-bio/steps/torch/validate'
import { given, made, ran } from 'trireme-bio/testing'
import { describe, expect, it } from 'vitest'
import { bench, scripts, short } from '../../test/torch/bench.ts'
import { train } from './train.ts'

const { at, images, table, training, call, about, python } = await bench({ validation: true })
const named = (name: string) => path.join(at, `${name}.pt`)
const lines = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n')

describe('training', { timeout: 240_000 }, () => {
  it('learns, judges, says what it did, and gives the weights of the same script run by hand', async () => {
    const { checkpoint, history, events: scalars } = train({ images, table, own: [], weights: [], ...short, name: 'tints' })
    const results = { checkpoint, history, scalars, ...validate({ images, table, checkpoint, own: [], grid: 1 }) }
    const { events, results: done, failures } = await ran(results)
    expect(failures).toEqual([])
    const last = JSON.parse(lines(done.history!.path)[2]!)
    expect(last).toMatchObject({ epoch: 3, image_auc: 1, group_auc: 1, balanced_accuracy: expect.any(Number) })
    expect(last.validation_loss).toBeGreaterThan(0)
    expect(last.data_wait).toBeGreaterThan(0)
    expect(events.flatMap(each => (each.event === 'progress' ? [[each.step, each.text.split(',')[0]]] : []))).toContainEqual([
      'torch-train:tints',
      'epoch 3 of 3',
    ])
    const predicted = lines(done.predictions!.path)
    expect(predicted[0]).toBe('image\tgroup\tlabel\tclass\tsplit\tscored\tprobability:plain\tprobability:bluish')
    expect(predicted).toHaveLength(1 + 16 + 16)
    expect(predicted[1]).toMatch(/^validation_0_fal_0\tvalidation-0\t0\tplain\tvalidation\t1\t/)
    expect(predicted.at(-1)).toMatch(/^test_7_nrm_1\ttest-7\t1\tbluish\ttest\t0\t0\.\d{9}\t0\.9\d{8}$/)
    const summary = JSON.parse(readFileSync(done.summary!.path, 'utf8'))
    const known = { format: 2, architecture: 'nirschl', parameters: 13554, classes: ['plain', 'bluish'], from: null }
    expect(summary).toMatchObject({ ...known, epochs: { run: 3, kept: 3 }, trained_on: { images: 16, groups: 8 } })
    expect(summary.validation_names).toHaveLength(8)
    expect(readFileSync(path.join(path.dirname(done.checkpoint!.path), 'stderr.log'), 'utf8')).toMatch(
      /TensorBoard follows it with: tensorboard --logdir \/.*\/out\n/,
    )
    expect(readFileSync(done.scalars!.path).includes('validation_loss')).toBe(true)
    call(training('hand', '--workers', '3'))
    expect(about(named('hand')).weights).toBe(summary.weights) // also: three workers make the same batches as none
    expect(readdirSync(scripts)).not.toContain('__pycache__')
  })
  it('goes on after it was killed, to the same weights', async () => {
    const store = await Store.open(path.join(at, 'store'))
    const stop = new AbortController()
    const task = train({ images, table, own: [], weights: [], ...short, patches: 24, epochs: 4 }) // some seconds, so that it can be killed on the way
    const on = (event: { readonly event: string; readonly text?: string }) => event.text?.startsWith('epoch 2 ') && stop.abort() // the first is kept by then
    expect((await ran(task, { store, run: 'one', signal: stop.signal, on })).state).toBe('cancelled')
    const { results } = await ran(task, { store, run: 'two' })
    expect(readFileSync(path.join(path.dirname(results.checkpoint!.path), 'stderr.log'), 'utf8')).toMatch(
      /Resumed after epoch [1-3] of 4\./,
    )
    writeFileSync(named('runner'), readFileSync(results.checkpoint!.path))
    call(training('whole', '--patches', '24', '--epochs', '4'))
    expect(about(named('runner')).weights).toBe(about(named('whole')).weights)
  })
  it('takes a function of one’s own, with the file that it imports, whose name is lost on the way', async () => {
    const file = (name: string, text: string) => {
      writeFileSync(path.join(at, name), text)
      return given(name, pythonSource, path.join(at, name))
    }
    const own = [
      file(
        'net.py',
        'from torch import nn\nfrom models import Block\ndef small(classes):\n    return nn.Sequential(Block(8), nn.Flatten(), nn.Linear(8, classes))\n',
      ),
      file(
        'models.py', // as one of ours is called
        'from torch import nn\nclass Block(nn.Sequential):\n    def __init__(self, n):\n        super().__init__(nn.Conv2d(3, n, 5, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(1))\n',
      ),
    ]
    const words = { own, weights: [], model: 'own:small', patch: 32, amp: 'bfloat16', augment: 'd4+stain+crop' } as const
    const { checkpoint } = train({ images, table, ...short, ...words })
    const { summary } = await made(validate({ images, table, checkpoint, own, model: 'own:small', grid: 1 }))
    expect(JSON.parse(readFileSync(summary.path, 'utf8'))).toMatchObject({ architecture: 'own:small', parameters: 626 })
  })
  it('takes more classes, few of some, and images smaller than its patches', async () => {
    const few = await bench({ classes: 3, side: 40, groups: 3, validation: true })
    const more = ['--sampling', 'balanced', '--class-weights', 'balanced', '--label-smoothing', '0.1', '--augment', 'hflip+jitter']
    few.call(few.training('three', ...more, '--epochs', '4', '--patches', '8'))
    few.call(few.validating('three'))
    expect(JSON.parse(lines(path.join(few.at, 'three.jsonl'))[3]!).image_auc).toBeGreaterThan(0.9)
    const [head = '', first = ''] = lines(path.join(few.at, 'three.tsv'))
    expect(head.split('\t').slice(-3)).toEqual(['probability:plain', 'probability:bluish', 'probability:tint 2'])
    const sum = first
      .split('\t')
      .slice(-3)
      .reduce((sum, text) => sum + Number(text), 0)
    expect(sum).toBeCloseTo(1, 6)
  })
  it('stops when the loss of the validation part gets no smaller, keeps the best weights, and does so when it was killed, too', () => {
    const losses = [3, 2, 2.5, 2.4, 1]
    const steady = ['--schedule', 'constant', '--augment', 'd4']
    const wait = [...steady, '--epochs', '9', '--patience', '2']
    const cases = [
      training('two', ...steady, '--epochs', '2'),
      training('early', ...wait),
      training('cut', ...wait, '--resume', path.join(at, 'cut')),
      training('cut', ...wait, '--resume', path.join(at, 'cut')),
    ]
    const told = python(
      `import torch, train, words
losses, calls = ${JSON.stringify(losses)}, []
def quality(images, own, probability):
    calls.append(0)
    if cut and len(calls) == 4:
        raise KeyboardInterrupt
    return {'validation_loss': losses[epoch() - 1]}
epochs = []
one_epoch = train.one_epoch
def counted(epoch, *more):
    epochs.append(epoch + 1)
    return one_epoch(epoch, *more)
epoch = lambda: epochs[-1]
train.quality, train.one_epoch = quality, counted
answers = []
for n, (script, *arguments) in enumerate(json.load(sys.stdin)):
    calls.clear()
    cut = n == 2
    try:
        words.carry_out(*((train.work, *train.words(arguments))))
    except KeyboardInterrupt:
        continue
    about = json.loads(torch.load(arguments[arguments.index('--checkpoint') + 1])['about'])
    answers.append([about['epochs'], about['weights']])
print(json.dumps(answers))`,
      cases,
    ) as readonly (readonly [object, string])[]
    const [[, best], ...others] = told as [readonly [object, string], ...(readonly [object, string])[]]
    expect(others).toEqual([
      [{ run: 4, kept: 2 }, best],
      [{ run: 4, kept: 2 }, best],
    ])
  })
})
