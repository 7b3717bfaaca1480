import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pythonSource } from 'trireme-bio/kinds'
import { Store } from 'trireme-bio/local'
import { validate } from 'trireme-bio/steps/torch/validate'
import { given, made, ran } from 'trireme-bio/testing'
import { describe, expect, it } from 'vitest'
import { bench, scripts, short } from '../../test/torch/bench.ts'
import { train } from './train.ts'

const { at, images, table, training, call, about, python, program } = await bench({ validation: true })
const named = (name: string) => path.join(at, `${name}.pt`)
const lines = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n')

describe('training', () => {
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
    const slow = ['--patches', '24', '--epochs', '5'] // some seconds, so that it can be killed on the way
    call(training('whole', ...slow))
    const resume = path.join(at, 'resume')
    const [script = '', ...words] = training('killed', ...slow, '--resume', resume)
    const child = spawn(program, ['-B', path.join(scripts, script), ...words], { stdio: 'ignore' })
    while (!existsSync(path.join(resume, 'last.pt'))) await new Promise(done => setTimeout(done, 20))
    child.kill('SIGKILL')
    await new Promise(done => child.on('exit', done))
    expect(existsSync(named('killed'))).toBe(false)
    const store = await Store.open(path.join(at, 'store'))
    const stop = new AbortController()
    const task = train({ images, table, own: [], weights: [], ...short, patches: 24, epochs: 5 })
    const on = (event: { readonly event: string; readonly text?: string }) => event.text?.startsWith('epoch 2 ') && stop.abort() // the first is kept by then
    expect((await ran(task, { store, run: 'one', signal: stop.signal, on })).state).toBe('cancelled')
    const { results } = await ran(task, { store, run: 'two' })
    expect(readFileSync(path.join(path.dirname(results.checkpoint!.path), 'stderr.log'), 'utf8')).toMatch(
      /Resumed after epoch [1-4] of 5\./,
    )
    writeFileSync(named('runner'), readFileSync(results.checkpoint!.path))
    call(training('killed', ...slow, '--resume', resume))
    const { weights } = about(named('whole'))
    expect([about(named('killed')).weights, about(named('runner')).weights]).toEqual([weights, weights])
  }, 240_000)
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

it('judges an image by places spread evenly: one is the centre, an odd number has it', () => {
  const places = (...each: readonly (readonly number[])[]) =>
    python('import judging; print(json.dumps([judging.places(*each).tolist() for each in json.load(sys.stdin)]))', each)
  expect(places([250, 64, 1], [250, 64, 2], [250, 64, 3], [250, 64, 5], [64, 64, 3], [72, 64, 2], [251, 64, 1])).toEqual([
    [93],
    [30, 156], // the middles of two halves: 62 and 188
    [10, 93, 176],
    [0, 46, 93, 140, 186], // five patches are wider than the image: from edge to edge
    [0],
    [0, 8],
    [94],
  ])
})
it('draws the classes alike where that is asked for, and each image of a class as often as the others', () => {
  const counted = python(
    `import augmentation, numpy
class Table:
    classes = ['a', 'b', 'c']
    def labels(self, own):
        return numpy.array([0] * 80 + [1] * 16 + [2] * 4)[own]
random = numpy.random.Generator(numpy.random.PCG64(1))
rows = augmentation.drawn(random, Table(), numpy.arange(100), {'sampling': 'balanced', 'patches': 3})
times = numpy.bincount(rows, minlength=100)
print(json.dumps([[int(part.sum()), int(part.max() - part.min())] for part in (times[:80], times[80:96], times[96:])]))`,
  )
  expect(counted).toEqual([
    [100, 1],
    [100, 1],
    [100, 0],
  ])
})
it('mirrors half of the patches, and changes colours within what can be shown, where that is asked for', () => {
  const told = python(
    `import augmentation, numpy, torch
class Table:
    height = width = 8
    classes = ['a']
    def image(self, n):
        return numpy.arange(192, dtype=numpy.uint8).reshape(8, 8, 3)
    def labels(self, own):
        return numpy.zeros(len(own), int)
def batch(augment):
    options = {'seed': 1, 'patch': 8, 'augment': augment, 'sampling': 'as-is', 'patches': 64, 'batch': 64}
    return augmentation.Epoch(Table(), numpy.zeros(1, int), options, 0).batch(0)[0] / 4 + 0.6
plain, flipped, jittered = map(batch, ('none', 'hflip', 'jitter'))
same = [torch.equal(one, other) for one, other in zip(plain, flipped)]
mirrored = all(torch.equal(one.flip(2), other) for one, other, equal in zip(plain, flipped, same) if not equal)
values = plain[:2].permute(0, 2, 3, 1)
still = augmentation.jittered(values, torch.ones(2, 3))
print(json.dumps([16 < sum(same) < 48, mirrored, torch.allclose(still, values, atol=1e-6), 0 <= float(jittered.min()) + 1e-6, float(jittered.max()) - 1e-6 <= 1, torch.equal(plain, jittered)]))`,
  )
  expect(told).toEqual([true, true, true, true, true, false])
})
it('scores of the validation part: macro AUC, by group where groups have one class, none where a class is missing', () => {
  const told = python(
    `import quality, numpy
class Table:
    rows = [type('Row', (), {'group': group}) for group in 'aabbcc']
    def labels(self, own):
        return numpy.array([0, 0, 1, 1, 2, 2])[own]
good = numpy.array([[.8, .1, .1], [.4, .5, .1], [.1, .8, .1], [.2, .7, .1], [.1, .1, .8], [.3, .3, .4]])
mixed = Table(); mixed.rows = [type('Row', (), {'group': 'a'})] * 6
print(json.dumps([quality.quality(Table(), numpy.arange(6), good), quality.quality(mixed, numpy.arange(4), good[:4])]))`,
  ) as readonly Record<string, number | null>[]
  expect(told[0]).toMatchObject({ image_auc: 1, group_auc: 1, balanced_accuracy: 5 / 6 })
  expect(told[0]!.validation_loss).toBeCloseTo(-Math.log(0.8 * 0.4 * 0.8 * 0.7 * 0.8 * 0.4) / 6, 9)
  expect(told[1]).toMatchObject({ image_auc: null, group_auc: null, balanced_accuracy: null })
})
it('writes events as TensorBoard reads them', () => {
  const file = path.join(at, 'x.tfevents')
  const sum = python(
    `import scalars
board = scalars.Scalars(${JSON.stringify(file)})
board.add({'epoch': 300, 'loss': 0.5, 'lr': None})
print(json.dumps(scalars.crc32c(b'123456789')))`,
  )
  expect(sum).toBe(0xe3069283) // the check value of CRC-32C
  const bytes = readFileSync(file)
  const records: Buffer[] = []
  for (let from = 0; from < bytes.length; from += 16 + records.at(-1)!.length)
    records.push(bytes.subarray(from + 12, from + 12 + Number(bytes.readBigUInt64LE(from))))
  expect(records.map(record => record.subarray(9).toString('hex'))).toEqual([
    `10001a0d${Buffer.from('brain.Event:2').toString('hex')}`,
    '10ac022a0d0a0b0a046c6f7373150000003f', // step 300; summary { value { tag: "loss", simple_value: 0.5 } }
  ])
})
