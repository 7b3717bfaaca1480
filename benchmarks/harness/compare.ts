import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { type Command, measure, type Run } from './measure.ts'
import { generator, shuffled } from './random.ts'
import type { Row } from './result.ts'
import { drift, medianRatio, outliers } from './statistics.ts'

/** One of the ways to do the work that are compared. */
export interface Arm {
  /** What is timed; the folder is fresh and empty but for what `prepare` left. */
  readonly command: (folder: string) => Omit<Command, 'folder'>
  /** Not timed. */
  readonly prepare?: (folder: string) => void | Promise<void>
  /** Proves that the work was done, or throws. Only then do its seconds count. */
  readonly check: (folder: string) => void
}
export type Timed<A extends string> = Readonly<Record<A, readonly Run[]>>

/**
 * Times arms in rounds, each round all arms in an order drawn anew, so that load on the machine meets all arms alike. What a run leaves is removed at the
 * very end, unless it is bulky: ext4 passes over every file removed in the last seconds when it makes one, so that an arm of many small files
 * that comes after a removal takes three times as long.
 */
export async function compare<A extends string>(
  arms: Readonly<Record<A, Arm>>,
  at: {
    readonly rounds: number
    readonly seed: number
    readonly scratch: string
    readonly bulky?: boolean
    readonly log: (line: string) => void
  },
): Promise<Timed<A>> {
  const names = Object.keys(arms) as A[] // the record's own keys
  const random = generator(at.seed)
  const runs = Object.fromEntries(names.map(name => [name, []])) as unknown as Record<A, Run[]> // filled just so
  const spent: string[] = []
  for (let round = 1; round <= at.rounds; round++)
    for (const name of shuffled(names, random)) {
      const folder = path.join(at.scratch, `${round}-${names.indexOf(name)}`)
      mkdirSync(folder, { recursive: true })
      await arms[name].prepare?.(folder)
      execFileSync('sync') // so that this arm does not wait for what the one before has still to write
      const run = await measure({ ...arms[name].command(folder), folder })
      arms[name].check(folder)
      runs[name].push(run)
      at.log(
        `${round}/${at.rounds} ${name}: ${run.wall.toFixed(2)} s, CPU ${run.cpu.toFixed(2)} s, ${Math.round(run.memory / 2 ** 20)} MiB`,
      )
      if (at.bulky) remove(folder)
      else spent.push(folder)
    }
  for (const folder of spent) remove(folder)
  return runs
}
/** A store's folders may be read-only. */
function remove(folder: string): void {
  execFileSync('chmod', ['-R', 'u+w', folder])
  rmSync(folder, { recursive: true, force: true })
}
export interface Target {
  readonly least?: number
  readonly most?: number
}
export const within = (value: number, { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY }: Target): boolean =>
  value >= least && value <= most

/** A row that says how many times the one arm takes what the other does. */
export function ratioRow<A extends string>(timed: Timed<A>, of: 'wall' | 'cpu', [a, b]: readonly [A, A], target: Target): Row {
  const ratio = medianRatio(
    timed[a].map(run => run[of]),
    timed[b].map(run => run[of]),
  )
  return { what: `${a} / ${b}, ${of === 'cpu' ? 'CPU' : 'wall'}`, unit: 'ratio', ...ratio, target, met: within(ratio.value, target) }
}
/** What a reader should know before believing the times. */
export function warningsOf(timed: Timed<string>, cores: number, load: number): readonly string[] {
  const all = Object.entries(timed).filter(([, runs]) => runs.length > 0)
  const share = (sum: (run: Run) => number) => all.flatMap(([, runs]) => runs).reduce((total, run) => total + sum(run), 0)
  const others = share(run => run.others) / (share(run => run.wall) * cores)
  return [
    ...(load > 0.5 * cores
      ? [`The load average was ${load.toFixed(1)} when it began: times by the clock are those of a busy machine.`]
      : []),
    ...(others > 0.05
      ? [`Other programs used ${Math.round(others * 100)} % of the machine meanwhile: trust CPU seconds more than the clock.`]
      : []),
    ...all.flatMap(([name, runs]) => {
      const walls = runs.map(run => run.wall)
      const far = outliers(walls)
      const { value, low = value, high = value } = drift(walls)
      return [
        ...(far > 0 ? [`${name}: ${far} of ${runs.length} runs lie far from the rest.`] : []),
        ...((low > 1 || high < 1) && Math.abs(value - 1) > 0.05
          ? [
              `${name}: the later half of the runs took ${Math.abs(Math.round((value - 1) * 100))} % ${value > 1 ? 'more' : 'less'} time than the first.`,
            ]
          : []),
        ...(runs.length < 20 ? [`${name}: ${runs.length} runs; 20 are needed to tell 2 %.`] : []),
      ]
    }),
  ]
}
