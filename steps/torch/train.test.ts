import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { packedImages, pythonSource } from 'trireme-bio/kinds'
import { Store } from 'trireme-bio/local'
import { packedFiles } from 'trireme-bio/steps/tiny-images'
import { validate } from 'trireme-bio/steps/torch/validate'
import { given, made, ran } from 'trireme-bio/testing'
import { torch } from 'trireme-bio/tools'
import { beforeAll, describe, expect, it } from 'vitest'
import { findTools } from '../../core/host/tools.ts'
import { train } from './train.ts'

const script = fileURLToPath(new URL('./classify.py', import.meta.url))
const at = mkdtempSync(path.join(os.tmpdir(), 'trireme-torch-'))
const files = packedFiles(at, 'images')
const images = given('images', packedImages, { ...files })
const short = { epochs: 3, batch: 8, patches: 4, warmup: 2, lr: 0.01, grid: 1 } as const
const words = ['--epochs', 3, '--batch', 8, '--patches', 4, '--warmup', 2, '--lr', 0.01, '--grid', 1].map(String)

let python = 'python3'
beforeAll(async () => {
  const found = (await findTools([torch])).get('torch')
  if (found?.state === 'ready') python = found.path
})
/** The script by hand. */
function byHand(name: string, ...more: readonly string[]) {
  const out = ['--checkpoint', path.join(at, `${name}.pt`), '--history', path.join(at, `${name}.jsonl`)]
  return ['train', '--pixels', files.pixels, '--index', files.index, ...out, ...words, ...more]
}
const call = (args: readonly string[]) => execFileSync(python, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
const weights = (name: string): string =>
  execFileSync(python, [
    '-c',
    `import torch, json; print(json.loads(torch.load(${JSON.stringify(path.join(at, `${name}.pt`))})["about"])["weights"])`,
  ])
    .toString()
    .trim()

describe('training', () => {
  it('learns, judges, says what it did, and gives the weights of the same script run by hand', async () => {
    const { checkpoint, history } = train({ images, own: [], ...short, monitor: 'test', name: 'tints' })
    const results = { checkpoint, history, ...validate({ images, checkpoint, own: [], grid: 1 }) }
    const { events, results: done, failures } = await ran(results)
    expect(failures).toEqual([])
    const lines = readFileSync(done.history!.path, 'utf8').trimEnd().split('\n')
    const last = JSON.parse(lines[2]!)
    expect(last).toMatchObject({ epoch: 3, image_auc: 1, patient_auc: 1 })
    expect(last.data_wait).toBeGreaterThan(0)
    expect(events.flatMap(each => (each.event === 'progress' ? [[each.step, each.text.split(',')[0]]] : []))).toContainEqual([
      'torch-train:tints',
      'epoch 3 of 3',
    ])
    const predicted = readFileSync(done.predictions!.path, 'utf8').trimEnd().split('\n')
    expect(predicted[0]).toBe('image\tpatient\tlabel\tscored\tsplit\tprobability')
    expect(predicted).toHaveLength(1 + 16)
    expect(predicted.at(-1)).toMatch(/^test_7_nrm_1\ttest-7\t1\t0\ttest\t0\.9/)
    const summary = JSON.parse(readFileSync(done.summary!.path, 'utf8'))
    expect(summary).toMatchObject({ architecture: 'nirschl', parameters: 13554, holdout: [], trained_on: { images: 16, patients: 8 } })
    call(byHand('hand', '--monitor', 'test', '--workers', '3'))
    expect(weights('hand')).toBe(summary.weights) // also: three workers make the same batches as none
  })
  it('goes on after it was killed, to the same weights', async () => {
    const slow = ['--patches', '24', '--epochs', '5'] // some seconds, so that it can be killed on the way
    call(byHand('whole', ...slow))
    const resume = path.join(at, 'resume')
    const child = spawn(python, [script, ...byHand('killed', ...slow, '--resume', resume)], { stdio: 'ignore' })
    while (!existsSync(path.join(resume, 'last.pt'))) await new Promise(done => setTimeout(done, 20))
    child.kill('SIGKILL')
    await new Promise(done => child.on('exit', done))
    expect(existsSync(path.join(at, 'killed.pt'))).toBe(false)
    const store = await Store.open(path.join(at, 'store'))
    const stop = new AbortController()
    const training = train({ images, own: [], ...short, patches: 24, epochs: 5 })
    const on = (event: { readonly event: string; readonly text?: string }) => event.text?.startsWith('epoch 2 ') && stop.abort() // the first is kept by then
    expect((await ran(training, { store, run: 'one', signal: stop.signal, on })).state).toBe('cancelled')
    const { results } = await ran(training, { store, run: 'two' })
    expect(readFileSync(path.join(path.dirname(results.checkpoint!.path), 'stderr.log'), 'utf8')).toMatch(
      /Resumed after epoch [1-4] of 5\./,
    )
    writeFileSync(path.join(at, 'runner.pt'), readFileSync(results.checkpoint!.path))
    call(byHand('killed', ...slow, '--resume', resume))
    expect([weights('killed'), weights('runner')]).toEqual([weights('whole'), weights('whole')])
  }, 240_000)
  it('takes a function of one’s own', async () => {
    const file = path.join(at, 'mine.py')
    writeFileSync(
      file,
      'from torch import nn\ndef small(classes):\n    return nn.Sequential(nn.Conv2d(3, 8, 5, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, classes))\n',
    )
    const own = [given('mine', pythonSource, file)]
    const { checkpoint } = train({
      images,
      own,
      ...short,
      model: 'own:small',
      patch: 32,
      amp: 'bfloat16',
      augment: 'd4+stain+crop',
      holdout: 0.25,
    })
    const { summary, predictions } = await made(validate({ images, checkpoint, own, model: 'own:small', grid: 1 }))
    const told = JSON.parse(readFileSync(summary.path, 'utf8'))
    expect(told).toMatchObject({ architecture: '0001.py:small', parameters: 626, trained_on: { patients: 6 } })
    expect(told.holdout).toHaveLength(2)
    expect(readFileSync(predictions.path, 'utf8')).toContain('\tholdout\t')
  })
})

it('judges an image by places spread evenly: one is the centre, an odd number has it', () => {
  const asked = `import sys, json; sys.path.insert(0, ${JSON.stringify(path.dirname(script))}); import classify
print(json.dumps([classify.places(*each).tolist() for each in json.load(sys.stdin)]))`
  const places = (...each: readonly (readonly number[])[]) =>
    JSON.parse(execFileSync(python, ['-c', asked], { input: JSON.stringify(each) }).toString())
  expect(places([250, 64, 1], [250, 64, 2], [250, 64, 3], [250, 64, 5], [64, 64, 1], [72, 64, 2], [251, 64, 1])).toEqual([
    [93],
    [30, 156], // the middles of two halves: 62 and 188
    [10, 93, 176],
    [0, 46, 93, 140, 186], // five patches are wider than the image: from edge to edge
    [0],
    [0, 8],
    [94],
  ])
})
describe('faults', () => {
  it('are told when the plan is made, where they can be', () => {
    expect(() => train({ images, own: [], model: 'resnet81' })).toThrow(
      'Parameter "model" of step "torch-train": unknown model. Did you mean "resnet18"? There are nirschl, resnet18, mobilenet_v3_small, and own:FUNCTION',
    )
    expect(() => train({ images, own: [], augment: 'd4+stein' as 'd4' })).toThrow('"d4+stain"')
    expect(() => train({ images, own: [], device: 'gpu' })).toThrow('expected cpu, cuda or cuda:0. Got "gpu".')
    expect(train({ images, own: [], device: 'cuda:1', threads: 2 }).checkpoint.node).toMatchObject({ needs: { cpu: 2, gpu: { count: 1 } } })
  })
  it('are told in words by the script', () => {
    const one = path.join(at, 'one-class.tsv')
    writeFileSync(one, readFileSync(files.index, 'utf8').replaceAll('\t1\ttrain', '\t0\ttrain'))
    const leak = path.join(at, 'leak.tsv')
    writeFileSync(leak, readFileSync(files.index, 'utf8').replaceAll('\ttest-2\t', '\ttrain-2\t'))
    const twofold = path.join(at, 'twofold.tsv')
    writeFileSync(twofold, readFileSync(files.index, 'utf8').replace('\ttrain-1\t', '\ttrain-0\t'))
    const third = path.join(at, 'third.tsv')
    writeFileSync(third, readFileSync(files.index, 'utf8').replace('\ttest\t', '\tvalidation\t'))
    const swapped = path.join(at, 'swapped.tsv')
    const swap: Readonly<Record<string, string>> = { train: 'test', test: 'train' }
    writeFileSync(
      swapped,
      readFileSync(files.index, 'utf8').replace(/(?<=\t)(train|test)(?=\t)/g, part => swap[part]!),
    )
    const cut = path.join(at, 'cut.tsv')
    writeFileSync(cut, readFileSync(files.index, 'utf8').split('\n').slice(0, 9).join('\n'))
    const odd = path.join(at, 'odd.tsv')
    writeFileSync(odd, readFileSync(files.index, 'utf8').replace('\t1\ttrain', '\tfailing\ttrain'))
    const other = path.join(at, 'other.pt')
    writeFileSync(other, 'no checkpoint')
    const validation = (checkpoint: string, model: string, index = files.index) => [
      ...['validate', '--pixels', files.pixels, '--index', index, '--checkpoint', checkpoint, '--model', model],
      ...['--predictions', path.join(at, 'p.tsv'), '--summary', path.join(at, 's.json')],
    ]
    const changed = (...more: readonly string[]) => byHand('fault', ...more)
    const cases: readonly (readonly [readonly string[], string])[] = [
      [changed('--model', 'nirshl'), 'Unknown model "nirshl". Did you mean "nirschl"? There are: nirschl, resnet18, mobilenet_v3_small.'],
      [changed('--augment', 'd4+stian'), 'Unknown augmentation "d4+stian". Did you mean "d4+stain"?'],
      [changed('--model', path.join(at, 'none.py:f')), 'is a function of your own, but there is no Python file'],
      [changed('--lr', '1e30', '--warmup', '0'), 'The loss is no finite number any more in epoch 1, step '],
      [changed('--lr', '1e30', '--warmup', '0'), 'The weights are not finite: the training diverged. Give a smaller --lr than 1e+30'],
      [changed('--patch', '100'), '--patch 100 is larger than the images (72x72). Give a smaller one.'],
      [changed('--patch', '32'), 'The model does not take patches of 32x32'],
      [changed('--batch', '4096'), 'One epoch has 64 patches, less than one batch of 4096.'],
      [changed('--device', 'cuda'), 'sees no CUDA device here. Give --device cpu'],
      [changed('--monitor', 'holdout'), '--monitor holdout, but there is no image of it. Give --holdout 0.25.'],
      [changed('--index', one), 'A classifier needs patients of both classes.'],
      [changed('--index', cut), 'has 8 rows and'],
      [
        changed('--index', leak),
        'has the patient "train-2" in two parts: train in line 6, test in line 22. All images of a patient belong to one, or the test asks for what was learnt.',
      ],
      [validation(path.join(at, 'hand.pt'), 'nirschl', leak), 'has the patient "train-2" in two parts'],
      [changed('--index', twofold), 'has the patient "train-0" with two labels: 0 in line 2, 1 in line 4. Patients are judged as a whole.'],
      [changed('--index', third), 'line 18: the split is "validation"; it is train or test.'],
      [validation(path.join(at, 'hand.pt'), 'nirschl', swapped), 'was trained on 8 of the patients that'],
      [validation(path.join(at, 'hand.pt'), 'nirschl', swapped), 'such as "train-0": its figures would be too good.'],
      [changed('--index', odd), 'the label is "failing"; it is 1 (positive) or 0 (negative).'],
      [changed('--pixels', files.index), 'cannot be read as packed pixels'],
      [changed('--history', '/proc/none/history'), 'cannot be read or written'],
      [changed('--full'), 'Out of memory on cpu:'],
      [changed('--full'), 'Give a smaller --batch than 8 or --patch, or a smaller model.'],
      [validation(other, 'nirschl'), 'is no checkpoint of this script'],
      [
        validation(path.join(at, 'hand.pt'), 'resnet18'),
        'is of the architecture nirschl, not resnet18. Give --model nirschl, or another checkpoint.',
      ],
    ]
    // One Python for all of them: loading torch takes longer than a fault.
    const all = `import sys, json, io, contextlib; sys.path.insert(0, ${JSON.stringify(path.dirname(script))}); import classify
one_epoch = classify.one_epoch
def full(*_):
    raise RuntimeError("[enforce fail at alloc_cpu.cpp:75] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
for words in json.load(sys.stdin):
    text = io.StringIO()
    classify.one_epoch = full if '--full' in words else one_epoch
    words = [word for word in words if word != '--full']
    with contextlib.redirect_stderr(text):
        status = classify.main(words)
    print(json.dumps([status, text.getvalue()]))`
    const told = execFileSync(python, ['-c', all], { input: JSON.stringify(cases.map(([args]) => args)) })
    const answers = told
      .toString()
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as readonly [number, string])
    for (const [n, [, expected]] of cases.entries()) {
      expect(answers[n]![1]).toContain(expected)
      expect(answers[n]![0]).toBe(1)
    }
  })
})
