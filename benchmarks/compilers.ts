import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Benchmark, Session } from './harness/benchmark.ts'
import { timedIn } from './harness/benchmark.ts'
import { type Arm, type Target, within } from './harness/compare.ts'
import { compiled, root, script } from './harness/places.ts'
import type { Row } from './harness/result.ts'
import { median, medianRatio } from './harness/statistics.ts'

// A chain of n steps, each needing the one before, to a manifest. What is compared is the time inside each program, without the start of Node or
// Python: of everything (the graph is built, compiled and written as YAML), and from the graph that is there already to the text alone.
const environment = path.join(root, '.bench')
const python = path.join(environment, 'bin', 'python')
const packages = { hera: '7.1.0', kfp: '2.17.0' } as const

/** Installs both from PyPI unless they are there. */
function ensure(log: (line: string) => void): void {
  const wanted = Object.entries(packages).map(([name, version]) => `${name}==${version}`)
  const ask = `from importlib.metadata import version as v; print(v("hera"), v("kfp"))`
  try {
    if (execFileSync(python, ['-c', ask], { encoding: 'utf8', stdio: 'pipe' }).trim() === Object.values(packages).join(' ')) return
  } catch {
    // not installed yet
  }
  log(`Installing ${wanted.join(' and ')} into .bench (python3 -m venv, pip) …`)
  if (!existsSync(python)) execFileSync('python3', ['-m', 'venv', environment], { stdio: 'inherit' })
  execFileSync(path.join(environment, 'bin', 'pip'), ['install', '--quiet', ...wanted], { stdio: 'inherit' })
}
/** What an arm measures itself. */
type Figures = Readonly<Record<string, number>>
class ArmFigures {
  readonly of = new Map<string, Figures[]>()
  arm(name: string, argv: readonly string[], count: number): Arm {
    return {
      command: () => ({ argv: [...argv, String(count)] }),
      check: folder => {
        const figures: Figures = JSON.parse(readFileSync(path.join(folder, 'figures.json'), 'utf8'))
        if (figures.tasks !== count) throw new Error(`${name} compiled ${figures.tasks} of ${count} tasks`)
        this.of.set(name, [...(this.of.get(name) ?? []), figures])
      },
    }
  }
  all(name: string, figure: string): readonly number[] {
    return this.of.get(name)!.map(figures => figures[figure]!)
  }
  middle(name: string, figure: string): number {
    return median(this.all(name, figure))
  }
}
const ours = compiled('benchmarks/arms/compile-chain.js')
const hera = [python, script('hera_chain.py')]
const kfp = [python, script('kfp_chain.py')]

export const compilers: Benchmark = {
  name: 'compile',
  about: 'chains of 1,000 to 20,000 steps to Argo Workflows, beside Hera and the compiler of Kubeflow Pipelines',
  programs: { python: ['python3', '--version'], 'hera and kfp': [python, '-m', 'pip', 'list'] },
  measure: async session => {
    ensure(session.log)
    const figures = new ArmFigures()
    const often = await timedIn(
      session,
      {
        'trireme, 1,000': figures.arm('trireme, 1,000', ours, 1000),
        'trireme, 4,000': figures.arm('trireme, 4,000', ours, 4000),
        'trireme, 10,000': figures.arm('trireme, 10,000', ours, 10_000),
        'trireme, 20,000': figures.arm('trireme, 20,000', ours, 20_000),
        'Hera, 1,000': figures.arm('Hera, 1,000', hera, 1000),
        'Hera, 4,000': figures.arm('Hera, 4,000', hera, 4000),
      },
      { rounds: 9 },
    )
    // Minutes each: once is enough for a factor of hundreds.
    const once = await timedIn(session, kfpArms(session, figures), { rounds: 1 })
    return { timed: { ...often, ...once }, rows: rowsOf(session, figures) }
  },
}
const kfpArms = ({ quick }: Session, figures: ArmFigures): Readonly<Record<string, Arm>> => ({
  'kfp, 1,000': figures.arm('kfp, 1,000', kfp, 1000),
  ...(!quick && { 'kfp, 4,000': figures.arm('kfp, 4,000', kfp, 4000) }),
})
const compared = {
  seconds: 'everything, wall',
  cpu: 'everything, CPU',
  textSeconds: 'from graph to text, wall',
  textCpu: 'from graph to text, CPU',
} as const
function rowsOf({ quick }: Session, figures: ArmFigures): readonly Row[] {
  const row = (what: string, unit: Row['unit'], value: number, target: Target): Row => ({
    what,
    unit,
    value,
    target,
    met: within(value, target),
  })
  const beside = (of: keyof typeof compared, other: string, own: string, least?: number): Row => {
    const [a, b] = [figures.all(other, of), figures.all(own, of)]
    const ratio = a.length === b.length ? medianRatio(a, b) : { value: median(a) / median(b) }
    const target = least === undefined ? {} : { least }
    return {
      what: `${other} / ${own}, ${compared[of]}`,
      unit: 'ratio',
      ...ratio,
      target,
      met: within(ratio.value, target),
    }
  }
  return [
    row('compile 10,000 tasks, wall', 'seconds', figures.middle('trireme, 10,000', 'compile'), { most: 0.5 }),
    row('compile 10,000 tasks, CPU', 'seconds', figures.middle('trireme, 10,000', 'compileCpu'), {}),
    row(
      'compile 20,000 tasks / 10,000, CPU',
      'ratio',
      figures.middle('trireme, 20,000', 'compileCpu') / figures.middle('trireme, 10,000', 'compileCpu'),
      {
        most: 2.3,
      },
    ),
    row('largest task of one input and one output', 'bytes', figures.middle('trireme, 10,000', 'bytesOfTask'), { most: 420 }),
    row('largest object', 'bytes', figures.middle('trireme, 20,000', 'bytes'), { most: 600_000 }),
    row('most tasks in a DAG', 'count', figures.middle('trireme, 20,000', 'widest'), { most: 200 }),
    row('Workflows for 10,000 tasks', 'count', figures.middle('trireme, 10,000', 'workflows'), {}),
    ...(['seconds', 'cpu', 'textSeconds', 'textCpu'] as const).flatMap(of => [
      beside(of, 'Hera, 1,000', 'trireme, 1,000', 10),
      beside(of, 'Hera, 4,000', 'trireme, 4,000', 10),
      beside(of, 'kfp, 1,000', 'trireme, 1,000'),
      ...(quick ? [] : [beside(of, 'kfp, 4,000', 'trireme, 4,000', 1000)]),
    ]),
  ]
}
