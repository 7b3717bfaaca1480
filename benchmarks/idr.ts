// Measures training on the synthetic twin of idr0042: quality, cost under the runner, loading, cores, cache.
//   npm run build && node dist/benchmarks/idr.js [quality controls overhead loading cores changed cuda] [--store DIR] [--seeds 5] [--out FILE]
// Times are CPU seconds unless a row says wall. Figures of quality say how the pipeline works, and nothing about real tissue.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { plan, type Results } from 'trireme-bio'
import { type LocalOptions, readyTools, runLocally, Store } from 'trireme-bio/local'
import { torch } from 'trireme-bio/tools'
import { tables } from '../datasets/idr0042-twin/make.ts'
import { type Configuration, classify } from '../pipelines/idr-classification.ts'
import { configurations, type SweepPlan } from '../pipelines/idr-sweep.ts'
import { table } from '../steps/idr/table.ts'
import { twin, twinImages } from '../steps/idr/twin.ts'
import { relabel } from '../steps/image/relabel.ts'
import { historyOf } from '../steps/leaderboard.ts'
import type { Report } from '../steps/metrics/patients.script.ts'
import { patients } from '../steps/metrics/patients.ts'
import { train } from '../steps/torch/train.ts'
import { validate } from '../steps/torch/validate.ts'

interface Row {
  readonly what: string
  readonly value: number | string
  readonly target?: string
  readonly met?: boolean
  /** All that was measured, for whoever doubts the summary. */
  readonly all?: readonly number[]
}
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    store: { type: 'string', default: '.trireme' },
    seeds: { type: 'string', default: '5' },
    pairs: { type: 'string', default: '7' },
    out: { type: 'string' },
  },
})
const seeds = Array.from({ length: Number(values.seeds) }, (_, n) => n)
const store = await Store.open(values.store)
const script = fileURLToPath(new URL('../steps/torch/classify.py', import.meta.url))
let runs = 0

/** Runs a plan; `cpu` by step, `wall` of the whole. */
async function done<O extends Results>(results: O, options: Partial<LocalOptions> = {}) {
  const whole = plan('idr-benchmark', results)
  const versions = await readyTools(whole, path.join(store.root, 'tools.json'))
  const [cpu, started] = [new Map<string, number>(), [] as string[]]
  const began = performance.now()
  const made = await runLocally(whole, {
    ...{ store, versions, run: `idr-${process.pid}-${++runs}` },
    on: event => {
      if (event.event === 'started') started.push(event.step)
      if (event.event === 'succeeded' && event.usage) cpu.set(event.step, event.usage.user + event.usage.system)
    },
    ...options,
  })
  if (made.failures[0] !== undefined) throw new Error(made.failures[0])
  return { results: made.results, entries: made.entries, cpu, started, wall: (performance.now() - began) / 1000 }
}
const all = tables()
const images = (selection: Partial<Parameters<typeof table>[0]> = {}) => twin({ table: table({ ...all, ...selection }).images }).packed
const read = (file: { readonly path: string } | undefined) => readFileSync(file!.path, 'utf8')
const median = (list: readonly number[]) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]!
const mean = (list: readonly number[]) => list.reduce((sum, each) => sum + each, 0) / list.length
const least = (what: string, list: readonly number[], target: number): Row => {
  const value = Math.min(...list)
  return { what, value: Number(value.toFixed(4)), target: `≥ ${target}`, met: value >= target, all: list }
}
const most = (what: string, list: readonly number[], target: number, of = (list: readonly number[]) => Math.max(...list)): Row => {
  const value = of(list)
  return { what, value: Number(value.toFixed(4)), target: `≤ ${target}`, met: value <= target, all: list }
}
type Settings = Partial<Parameters<typeof train>[0]>

/** Trains and judges one network on packed images. */
async function trial(packed: ReturnType<typeof images>, settings: Settings, name: string) {
  const { checkpoint, history } = train({ images: packed, own: [], ...settings, name })
  const { predictions, summary } = validate({ images: packed, checkpoint, own: [], name })
  const { metrics } = patients({ predictions, name })
  const { results, entries } = await done({ history, metrics, summary })
  const report: Report = JSON.parse(read(results.metrics))
  const usage = [...entries].find(([step]) => step.startsWith('torch-train'))?.[1].record.usage
  return {
    report,
    history: historyOf(read(results.history)),
    cpu: usage ? usage.user + usage.system : 0,
    summary: JSON.parse(read(results.summary)),
  }
}
const experiments: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  /** The study's split, whole: 104 patients to train with, 103 scored. */
  quality: async () => {
    const packed = images()
    const trials = []
    for (const seed of seeds) trials.push(await trial(packed, { seed, monitor: 'test' }, `quality.${seed}`))
    const good = trials.map(({ history }) => history.findIndex(line => (line.patient_auc ?? 0) >= 0.975))
    const [first] = trials
    const count = first!.report.test
    return [
      {
        what: 'patients, images scored',
        value: `${count.patient.count}, ${count.image.count}`,
        target: '103, 1133',
        met: count.patient.count === 103 && count.image.count === 1133,
      },
      least(
        'patient AUC, worst seed',
        trials.map(({ report }) => report.test.patient.auc.value ?? 0),
        0.97,
      ),
      least(
        'image AUC, worst seed',
        trials.map(({ report }) => report.test.image.auc.value ?? 0),
        0.9,
      ),
      { what: 'first epoch with patient AUC ≥ 0.975', value: good.map(n => (n < 0 ? 'never' : n + 1)).join(' ') },
      {
        what: 'training CPU s to that epoch',
        value: trials
          .map(({ history }, n) =>
            history
              .slice(0, good[n]! + 1)
              .reduce((sum, line) => sum + line.cpu_seconds, 0)
              .toFixed(1),
          )
          .join(' '),
      },
      most(
        'whole training step, CPU s, worst seed',
        trials.map(({ cpu }) => cpu),
        60,
      ),
      {
        what: 'patches/s in training, validation images/s (CPU, 1 thread)',
        value: `${median(trials.map(({ history }) => history.at(-1)!.images_per_s))}, ${first!.summary.validation.images_per_s}`,
      },
    ]
  },
  /** What must not work, or the drawn images give the class away by something that is no histology. */
  controls: async () => {
    const packed = images()
    const plain = []
    for (const augment of ['none', 'd4'] as const) plain.push(await trial(packed, { augment }, `plain.${augment}`))
    const shuffled = []
    for (const seed of seeds) shuffled.push(await trial(relabel({ packed, seed }).relabelled, { seed }, `shuffled.${seed}`))
    const aucs = shuffled.map(({ report }) => report.test.patient.auc.value ?? 0)
    return [
      most(
        'patient AUC without colour augmentation (none, d4)',
        plain.map(({ report }) => report.test.patient.auc.value ?? 0),
        0.9,
      ),
      {
        what: 'patient AUC with labels shuffled over patients, mean of seeds',
        value: Number(mean(aucs).toFixed(3)),
        target: '0.5 ± 0.1',
        met: Math.abs(mean(aucs) - 0.5) <= 0.1,
        all: aucs,
      },
    ]
  },
  /** The same script, words and files, by hand and under the runner, in turns. */
  overhead: async () => {
    const packed = images({ train: 24, test: 24, rois: 4 })
    const at = (await done({ packed })).results.packed!.parts
    const python = await pythonOfTorch()
    const folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-idr-'))
    const [under, hand, same] = [[] as number[], [] as number[], [] as boolean[]]
    for (let n = 0; n < Number(values.pairs); n++) {
      const runner = async () => {
        const fresh = await Store.open(path.join(folder, `store${n}`)) // nothing of it is there
        const { cpu, entries } = await done(
          { made: train({ images: packed, own: [], epochs: 2, patches: 16, seed: n }).checkpoint },
          { store: fresh },
        )
        under.push([...cpu].find(([step]) => step.startsWith('torch-train'))![1])
        const entry = [...entries].find(([step]) => step.startsWith('torch-train'))![1]
        return digest(python, path.join(entry.folder, 'checkpoint.pt'))
      }
      const alone = async () => {
        const out = path.join(folder, `hand${n}`)
        mkdirSync(out)
        const words = ['--epochs', 2, '--patches', 16, '--seed', n, '--resume', path.join(out, 'resume')].map(String)
        const argv = [
          script,
          'train',
          '--pixels',
          at.pixels!,
          '--index',
          at.index!,
          '--checkpoint',
          path.join(out, 'checkpoint.pt'),
          '--history',
          path.join(out, 'history.jsonl'),
          ...words,
        ]
        const told = execFileSync('/usr/bin/time', ['-f', '%U %S', '-o', path.join(out, 'time'), python, ...argv], {
          cwd: out,
          stdio: 'pipe',
          env: handEnvironment(),
        })
        void told
        const [user, system] = readFileSync(path.join(out, 'time'), 'utf8').trim().split(' ').map(Number)
        hand.push(user! + system!)
        return digest(python, path.join(out, 'checkpoint.pt'))
      }
      const [a, b] = n % 2 === 0 ? [await runner(), await alone()] : [await alone(), await runner()].reverse()
      same.push(a === b)
    }
    const ratios = under.map((value, n) => value / hand[n]!)
    return [
      most('train step, CPU s under the runner / by hand, median of pairs', ratios, 1.01, median),
      { what: 'CPU s under the runner, by hand (medians)', value: `${median(under).toFixed(2)}, ${median(hand).toFixed(2)}` },
      { what: 'weights are the same', value: `${same.filter(Boolean).length} of ${same.length}`, target: 'all', met: same.every(Boolean) },
    ]
  },
  /** Packed pixels against PNGs decoded in the loop. */
  loading: async () => {
    const selected = table({ ...all, train: 24, test: 24, rois: 4 }).images
    const { results } = await done({ packed: twin({ table: selected }).packed, archive: twinImages({ table: selected }).archive })
    const python = await pythonOfTorch()
    const pil = execFileSync(python, ['-c', 'try:\n import PIL; print(PIL.__version__)\nexcept ImportError: print("")']).toString().trim()
    if (pil === '') return [{ what: 'packed against PNG', value: 'skipped: PIL is not installed (Debian: python3-pil)' }]
    const loader = fileURLToPath(new URL('./idr/loading.py', import.meta.url))
    const { pixels = '', index = '' } = results.packed!.parts
    const told = JSON.parse(
      execFileSync(python, [loader, script, pixels, index, results.archive!.path, '4'], { maxBuffer: 2 ** 24 }).toString(),
    )
    const ratios = (what: 'loader' | 'epoch'): number[] =>
      told[`${what}_png`].map((png: number, n: number) => png / told[`${what}_packed`][n])
    const row = (what: string, list: readonly number[], target: number): Row => ({
      what,
      value: Number(median(list).toFixed(1)),
      target: `≥ ${target}`,
      met: median(list) >= target,
      all: list,
    })
    return [
      row(`loader alone, PNG (PIL ${pil}) / packed, CPU s`, ratios('loader'), 20),
      row('whole epoch, PNG / packed, CPU s', ratios('epoch'), 2),
    ]
  },
  /** Eight configurations side by side on one core and on two; new seeds each time, so that nothing is there already. */
  cores: async () => {
    const packed = images({ train: 24, test: 24, rois: 4 })
    await done({ packed })
    const sweep = async (cpu: number, seed: number) => {
      const tried = Array.from({ length: 8 }, (_, n) => train({ images: packed, own: [], epochs: 3, patches: 12, seed: seed + n }).history)
      return (await done({ tried }, { cpu })).wall
    }
    const base = Math.floor(Date.now() / 1000) % 1_000_000
    const [one, two] = [[] as number[], [] as number[]]
    for (let n = 0; n < 3; n++)
      for (const cpu of n % 2 === 0 ? [1, 2] : [2, 1]) (cpu === 1 ? one : two).push(await sweep(cpu, base * 1000 + n * 100 + cpu * 10))
    const ratios = one.map((wall, n) => wall / two[n]!)
    return [
      {
        what: 'eight configurations, wall on 1 core / on 2',
        value: Number(median(ratios).toFixed(2)),
        target: '≥ 1.8',
        met: median(ratios) >= 1.8,
        all: ratios,
      },
      { what: 'wall s on 1 core, on 2 (medians)', value: `${median(one).toFixed(1)}, ${median(two).toFixed(1)}` },
      { what: 'load of the machine', value: os.loadavg()[0]!.toFixed(2) },
    ]
  },
  /** A sweep with one value changed: only the changed configurations run. */
  changed: async () => {
    const fresh = await Store.open(mkdtempSync(path.join(os.tmpdir(), 'trireme-idr-')))
    const at = {
      ...all,
      archive: undefined,
      own: undefined,
      twin: true,
      threshold: 0.5,
      title: 'changed',
      selection: { train: 8, test: 8, rois: 2 },
    }
    const of = (sweep: SweepPlan): Readonly<Record<string, Configuration>> =>
      configurations({ ...sweep, base: { epochs: 1, patches: 2, batch: 8 } })
    const first = of({ grid: { augment: ['none', 'd4'], lr: [0.003, 0.001] } })
    const second = of({ grid: { augment: ['none', 'd4'], lr: [0.003, 0.01] } })
    await done(classify({ ...at, configurations: first }), { store: fresh })
    const again = await done(classify({ ...at, configurations: first }), { store: fresh })
    const changed = await done(classify({ ...at, configurations: second }), { store: fresh })
    const trained = changed.started.filter(step => step.startsWith('torch-train')).length
    return [
      { what: 'steps that run when nothing changed', value: again.started.length, target: '0', met: again.started.length === 0 },
      { what: 'trainings that run of 4, when one of two learning rates changed', value: trained, target: '2', met: trained === 2 },
      {
        what: 'drawing and tables that run then',
        value: changed.started.filter(step => step.startsWith('idr-')).length,
        target: '0',
        met: !changed.started.some(step => step.startsWith('idr-')),
      },
    ]
  },
  cuda: async () => {
    const python = await pythonOfTorch()
    const there = execFileSync(python, ['-c', 'import torch; print(torch.cuda.get_device_name() if torch.cuda.is_available() else "")'])
      .toString()
      .trim()
    const sha256 = createHash('sha256').update(readFileSync(script)).digest('hex')
    if (there === '')
      return [
        { what: 'CUDA', value: 'skipped: torch sees no CUDA device on this machine' },
        { what: 'digest of the script', value: sha256 },
      ]
    const packed = images()
    const { results } = await done({ history: train({ images: packed, own: [], device: 'cuda', monitor: 'test' }).history }, { gpu: 1 })
    return [
      { what: `training images/s on ${there}`, value: historyOf(read(results.history)).at(-1)!.images_per_s },
      { what: 'digest of the script', value: sha256 },
    ]
  },
}
async function pythonOfTorch(): Promise<string> {
  const { findTools } = await import('../core/run/tools.ts')
  const found = (await findTools([torch])).get('torch')
  if (found?.state !== 'ready') throw new Error('torch is not installed. "trireme doctor --install" gets it.')
  return found.path
}
/** As the runner gives it to a step, but for the folders. */
const handEnvironment = () => ({ PATH: process.env.PATH, HOME: os.homedir(), LC_ALL: 'C.UTF-8', TZ: 'UTC', PYTHONHASHSEED: '0' })
const digest = (python: string, file: string): string =>
  execFileSync(python, ['-c', 'import sys, json, torch; print(json.loads(torch.load(sys.argv[1])["about"])["weights"])', file])
    .toString()
    .trim()

const wanted = positionals.length > 0 ? positionals : Object.keys(experiments)
const made: Record<string, readonly Row[]> = {}
for (const name of wanted) {
  const experiment = experiments[name]
  if (!experiment) throw new Error(`There is no measurement "${name}". There are: ${Object.keys(experiments).join(', ')}.`)
  process.stdout.write(`\n${name}\n`)
  made[name] = await experiment()
  for (const { what, value, target, met } of made[name])
    process.stdout.write(`  ${what}: ${value}${target ? ` (${target}: ${met ? 'met' : 'MISSED'})` : ''}\n`)
}
if (values.out) {
  const python = await pythonOfTorch()
  const about = {
    when: new Date().toISOString(),
    machine: { cpu: os.cpus()[0]?.model, cores: os.cpus().length, memory: os.totalmem(), load: os.loadavg() },
    versions: {
      node: process.versions.node,
      python: execFileSync(python, ['-c', 'import sys, torch, numpy; print(sys.version.split()[0], torch.__version__, numpy.__version__)'])
        .toString()
        .trim(),
    },
    script: createHash('sha256').update(readFileSync(script)).digest('hex'),
  }
  mkdirSync(path.dirname(path.resolve(values.out)), { recursive: true })
  writeFileSync(values.out, `${JSON.stringify({ ...about, rows: made }, null, 1)}\n`)
}
