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
  /** Model of the GPUs that were seen where its steps ran. */
  readonly device: string | undefined
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
  const runs = new Map<string, Run[]>()
  const key = (each: Omit<Cell, 'measure'>) => JSON.stringify([each.caches, each.environment, each.arm])
  for (const run of counted(seen)) runs.set(key(run), [...(runs.get(key(run)) ?? []), run])
  const environments = [...new Set([...seen.definition.environments, ...seen.runs.map(({ environment }) => environment)])]
  const parts: readonly (readonly [string, readonly string[]])[] = [[whole, []], ...Object.entries(measures)]
  const places = caches.flatMap(caches => environments.flatMap(environment => Object.keys(arms).map(arm => ({ arm, environment, caches }))))
  return parts.flatMap(([measure, steps]) =>
    places.flatMap(place => {
      const taken = (runs.get(key(place)) ?? []).map(run => [run.round, takenBy(measure, steps, run)] as const)
      const rounds = new Map(taken.flatMap(([round, each]) => (each ? [[round, each]] : [])))
      return rounds.size > 0 ? [{ cell: { measure, ...place }, rounds, device: deviceIn(seen, place) }] : []
    }),
  )
}
/** This machine tells its own GPUs, and no cluster told any. */
const deviceIn = ({ environments, machine }: Observed, { environment }: Pick<Cell, 'environment'>): string | undefined =>
  environments[environment]?.pools === undefined ? machine.gpu?.model : undefined
/** Whether its steps asked for a GPU that nobody saw: its time is not that of a GPU, and is compared with nothing. */
const isUnseen = ({ rounds, device }: Sampled): boolean => device === undefined && [...rounds.values()].some(({ gpu }) => gpu !== undefined)

/** Values of two cells in the rounds that both have; what took nothing that the clocks could count has no ratio, nor has what ran on a GPU that was not seen. */
export function paired(
  a: Sampled,
  b: Sampled,
  of: 'wall' | 'cpu' | 'memory',
): { readonly a: readonly number[]; readonly b: readonly number[] } | undefined {
  if (isUnseen(a) || isUnseen(b)) return undefined
  const pairs = [...a.rounds].flatMap(([round, taken]) => {
    const [x, y] = [taken[of], b.rounds.get(round)?.[of]]
    return x && y ? [[x, y] as const] : []
  })
  return pairs.length === 0 ? undefined : { a: pairs.map(([x]) => x), b: pairs.map(([, y]) => y) }
}
