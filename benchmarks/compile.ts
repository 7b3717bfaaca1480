import { type CommandArm, comparison } from 'trireme-bio/benchmarks'
import { figure, figures } from './arms/figures.ts'
import { ensurePackages, program } from './arms/python-packages.ts'
import { compiled, script } from './harness/places.ts'

// A chain of n steps, each needing the one before, to a manifest. What is compared is the time inside each program, without the start of Node or
// Python: of everything (the graph is built, compiled and written as YAML), and from the graph that is there already to the text alone.

const chain = (argv: readonly string[], count: number): CommandArm => ({
  command: () => ({ argv: [...argv, String(count)] }),
  check: at => {
    const tasks = figure(at, 'tasks')
    if (tasks !== count) throw new Error(`${tasks} of ${count} tasks were compiled`)
  },
  parts: at => {
    const part = (wall: string, cpu: string) => ({ wall: figure(at, wall), cpu: figure(at, cpu) })
    return {
      everything: part('seconds', 'cpu'),
      'graph to text': part('textSeconds', 'textCpu'),
      ...('compile' in figures(at) && { 'graph to objects': part('compile', 'compileCpu') }),
    }
  },
})
const ours = compiled('benchmarks/arms/compile-chain.js')
const hera = [program('python'), script('hera_chain.py')]
const kfp = [program('python'), script('kfp_chain.py')]
/** Of what is written. The same in every run. */
const size = (name: string, about: string, unit?: string) => ({
  about,
  ...(unit && { unit }),
  read: (at: Parameters<typeof figure>[0]) => figure(at, name),
  arms: ['trireme, 1,000', 'trireme, 4,000', 'trireme, 10,000', 'trireme, 20,000'] as const,
})

export const compile = comparison({
  name: 'compile',
  about: 'Chains of 1,000 to 20,000 steps to Argo Workflows, beside Hera and the compiler of Kubeflow Pipelines',
  arms: {
    'trireme, 1,000': chain(ours, 1000),
    'trireme, 4,000': chain(ours, 4000),
    'trireme, 10,000': chain(ours, 10_000),
    'trireme, 20,000': chain(ours, 20_000),
    'Hera, 1,000': chain(hera, 1000),
    'Hera, 4,000': chain(hera, 4000),
    'kfp, 1,000': chain(kfp, 1000),
    'kfp, 4,000': chain(kfp, 4000),
  },
  settings: { 'kfp, 1,000': { once: true }, 'kfp, 4,000': { once: true } },
  quick: { without: ['kfp, 4,000'] },
  parts: ['everything', 'graph to text', 'graph to objects'],
  measures: { everything: ['everything'], text: ['graph to text'], objects: ['graph to objects'] },
  quality: {
    task: size('bytesOfTask', 'Largest task of one input and one output', 'bytes'),
    object: size('bytes', 'Largest object', 'bytes'),
    widest: size('widest', 'Most tasks in a DAG'),
    workflows: size('workflows', 'Workflows'),
  },
  setup: ({ log }) => ensurePackages(['hera==7.1.0', 'kfp==2.17.0'], log),
  runs: { least: 9 },
  programs: {
    python: [program('python'), '--version'],
    hera: [program('python'), '-c', 'from importlib.metadata import version; print(version("hera"))'],
    kfp: [program('python'), '-c', 'from importlib.metadata import version; print(version("kfp"))'],
  },
  claims: [
    { of: 'wall', arm: 'trireme, 10,000', measure: 'objects', most: 0.5 },
    { ratio: ['trireme, 20,000', 'trireme, 10,000'], of: 'cpu', measure: 'objects', most: 2.3 },
    { quality: 'task', arm: 'trireme, 10,000', take: 'most', most: 420 },
    { quality: 'object', arm: 'trireme, 20,000', take: 'most', most: 600_000 },
    { quality: 'widest', arm: 'trireme, 20,000', take: 'most', most: 200 },
    ...(['everything', 'text'] as const).flatMap(measure =>
      (['wall', 'cpu'] as const).flatMap(of => [
        { ratio: ['Hera, 1,000', 'trireme, 1,000'] as const, of, measure, least: 10 },
        { ratio: ['Hera, 4,000', 'trireme, 4,000'] as const, of, measure, least: 10 },
        { ratio: ['kfp, 4,000', 'trireme, 4,000'] as const, of, measure, least: 1000 },
      ]),
    ),
  ],
})
