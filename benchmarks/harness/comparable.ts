import { shown } from '../../core/errors.ts'
import { canonical } from '../../core/graph/key.ts'
import { type Cell, cellName, counted } from './derive/cells.ts'
import { differingOutputs } from './derive/outputs.ts'
import type { Derived, Record2 } from './record.ts'

type Figure = Derived['figures'][number]
/** A cell that both records have. The ratio is of medians, not of pairs: the two were not measured in turns. */
export interface Beside {
  readonly cell: Cell
  readonly a: Figure
  readonly b: Figure
  /** Seconds of B / seconds of A. */
  readonly ratio: number
  /** Whether their intervals leave no doubt which takes longer; undefined where one has no interval. */
  readonly apart: boolean | undefined
}
export type Compared =
  | { readonly refusals: readonly [string, ...string[]] }
  | { readonly cells: readonly Beside[]; readonly machines: readonly string[]; readonly warnings: readonly string[] }

/** Two records side by side, or every reason why they cannot be. */
export function compareRecords(a: Record2, b: Record2): Compared {
  const [first, ...more] = refusalsOf(a, b)
  if (first !== undefined) return { refusals: [first, ...more] }
  const cells = a.derived.figures.flatMap(figure => {
    const other = b.derived.figures.find(each => sameCell(each, figure))
    return other ? [{ cell: figure, a: figure, b: other, ratio: other.wall.value / figure.wall.value, apart: areApart(figure, other) }] : []
  })
  if (cells.length === 0) return { refusals: ['They have no cell in common: no arm was measured in the same environment by both.'] }
  return { cells, machines: differencesOf(a, b), warnings: warningsOf(a, b) }
}
const sameCell = (a: Cell, b: Cell) =>
  a.measure === b.measure && a.arm === b.arm && a.environment === b.environment && a.caches === b.caches
function areApart({ wall: a }: Figure, { wall: b }: Figure): boolean | undefined {
  if (a.low === undefined || a.high === undefined || b.low === undefined || b.high === undefined) return undefined
  return a.high < b.low || b.high < a.low
}
function refusalsOf(a: Record2, b: Record2): readonly string[] {
  if (a.definition.name !== b.definition.name)
    return [`They are of two comparisons, ${a.definition.name} and ${b.definition.name}. Compare records of the same one.`]
  const said = (which: string, { derived }: Record2) => derived.refusals.map(refusal => `${which} says itself: ${refusal}`)
  return [
    ...differing('definition', a.definition, b.definition),
    ...differing('data', a.dataset?.files ?? {}, b.dataset?.files ?? {}),
    ...differing('code', a.sources, b.sources),
    ...said('A', a),
    ...said('B', b),
    ...differingOutputs(a.definition, [...counted(a), ...counted(b)]),
  ]
}
/** Which parts of two values differ, in a sentence; none where they are equal. */
function differing(what: string, a: object, b: object): readonly string[] {
  const [own, other]: [Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>] = [{ ...a }, { ...b }]
  const text = (value: unknown) => (value === undefined ? '' : canonical(value))
  const parts = [...new Set([...Object.keys(own), ...Object.keys(other)])].filter(name => text(own[name]) !== text(other[name]))
  const said = parts.map(name =>
    worthReading(text(own[name]) + text(other[name])) ? `${name} (A ${shown(own[name])}, B ${shown(other[name])})` : name,
  )
  return parts.length === 0 ? [] : [`Their ${what} differs: ${said.join(', ')}.`]
}
const worthReading = (both: string) => both.length <= 100 && !/[0-9a-f]{32}/.test(both) // digests say nothing to anybody
/** In what the machines differ, for whoever reads the ratios. */
function differencesOf(a: Record2, b: Record2): readonly string[] {
  const told = ({ machine: { cpu, cores, memory, system, governor, container, gpu, limits }, programs, images }: Record2) => ({
    CPU: cpu,
    cores,
    memory: `${(memory / 2 ** 30).toFixed(1)} GiB`,
    system,
    governor,
    container,
    GPU: gpu && `${gpu.count} × ${gpu.model}, driver ${gpu.driver}`,
    'limit of cores': limits.cores,
    'limit of memory': limits.memory,
    ...Object.fromEntries(Object.entries({ ...programs, ...images })),
  })
  const [own, other]: Record<string, string | number | undefined>[] = [told(a), told(b)]
  return [...new Set([...Object.keys(own!), ...Object.keys(other!)])]
    .filter(name => own![name] !== other![name])
    .map(name => `${name}: ${own![name] ?? 'none'}, ${other![name] ?? 'none'}`)
}
const warningsOf = (a: Record2, b: Record2): readonly string[] => [
  ...a.derived.warnings.map(warning => `A: ${warning}`),
  ...b.derived.warnings.map(warning => `B: ${warning}`),
]
/** A cell of both in words. */
export const besideName = ({ cell }: Beside, { definition }: Record2): string => cellName(cell, definition.caches)
