import type { Observed, Run } from '../record.ts'
import { type Taken, takenBy, whole } from './taken.ts'

/** One place of the table. */
export interface Cell {
  readonly measure: string
  readonly arm: string
  readonly environment: string
  readonly caches: Run['caches']
}
/** A cell with what it took in each round that counts, in the rounds' order. */
export interface Sampled {
  readonly cell: Cell
  readonly rounds: ReadonlyMap<number, Taken>
}
/** Runs that are no warm-up, in the order of their rounds. */
export const counted = ({ runs }: Pick<Observed, 'runs'>): readonly Run[] =>
  runs.filter(({ warmup }) => !warmup).sort((a, b) => a.round - b.round)

/** Arm and environment of a run in words. */
export const whose = ({ arm, environment }: Pick<Cell, 'arm' | 'environment'>): string => `${arm} · ${environment}`
/** A cell in words; caches only where there are two sorts. */
export const cellName = (cell: Cell, caches: readonly string[]): string =>
  [cell.measure, cell.arm, cell.environment, ...(caches.length > 1 ? [`${cell.caches} caches`] : [])].join(' · ')

/** All cells in which something was measured, in the definition's order: by measure, caches, environment, arm. */
export function cells(seen: Observed): readonly Sampled[] {
  const { measures, caches, arms } = seen.definition
  const runs = counted(seen)
  const places = [...new Set([...seen.definition.environments, ...runs.map(({ environment }) => environment)])]
  const parts: readonly (readonly [string, readonly string[]])[] = [[whole, []], ...Object.entries(measures)]
  const found: Sampled[] = []
  for (const [measure, steps] of parts)
    for (const each of caches)
      for (const environment of places)
        for (const arm of Object.keys(arms)) {
          const own = runs.filter(run => run.arm === arm && run.environment === environment && run.caches === each)
          const rounds = new Map(
            own.flatMap(run => {
              const taken = takenBy(measure, steps, run)
              return taken ? [[run.round, taken] as const] : []
            }),
          )
          if (rounds.size > 0) found.push({ cell: { measure, arm, environment, caches: each }, rounds })
        }
  return found
}
/** Values of two cells in the rounds that both have; what took nothing that the clocks could count has no ratio. */
export function paired(
  a: Sampled,
  b: Sampled,
  of: 'wall' | 'cpu' | 'memory',
): { readonly a: readonly number[]; readonly b: readonly number[] } | undefined {
  const pairs = [...a.rounds].flatMap(([round, taken]) => {
    const [x, y] = [taken[of], b.rounds.get(round)?.[of]]
    return x && y ? [[x, y] as const] : []
  })
  return pairs.length === 0 ? undefined : { a: pairs.map(([x]) => x), b: pairs.map(([, y]) => y) }
}
