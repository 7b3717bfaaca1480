import { canonical } from '../../core/graph/key.ts'
import { type Cell, cellName } from './derive/cells.ts'
import type { Derived, Record2 } from './record.ts'

type Figure = Derived['figures'][number]
/** A cell in one record, beside the same cell in the record before it. */
export interface Moment {
  readonly record: Record2
  readonly figure: Figure
  /** The median lies where the record before said that a run hardly ever would; in which direction. Undefined where that cannot be told. */
  readonly moved: 'slower' | 'faster' | 'no' | undefined
}
/** How a cell went on one machine. */
export interface Course {
  readonly name: string
  readonly machine: string
  readonly moments: readonly Moment[]
}
const machineText = ({ machine: { cpu, cores, gpu } }: Record2) => `${cpu}, ${cores} cores${gpu ? `, ${gpu.model}` : ''}`
const when = ({ sessions }: Record2) => sessions[0]?.began ?? ''

/**
 * The records of a comparison over time, by machine and cell. A record's median is held against the interval in which the record before predicted the next run: what
 * lies outside has moved by more than that noise. Where the data differ nothing is told; code may differ, that is what a history is for.
 */
export function courses(records: readonly Record2[]): readonly Course[] {
  const sorted = [...records].sort((a, b) => (when(a) < when(b) ? -1 : 1))
  const found = new Map<string, { readonly name: string; readonly machine: string; readonly moments: Moment[] }>()
  for (const record of sorted)
    for (const figure of record.derived.figures) {
      const [name, machine] = [cellName(figure, record.definition.caches), machineText(record)]
      const course = found.get(`${machine}\n${keyOf(figure)}`) ?? { name, machine, moments: [] }
      course.moments.push({ record, figure, moved: movedSince(course.moments.at(-1), record, figure) })
      found.set(`${machine}\n${keyOf(figure)}`, course)
    }
  return [...found.values()]
}
const keyOf = ({ measure, arm, environment, caches }: Cell) => canonical([measure, arm, environment, caches])
function movedSince(before: Moment | undefined, record: Record2, { arm, wall }: Figure): Moment['moved'] {
  if (before?.figure.next === undefined) return undefined
  const work = ({ dataset, definition }: Record2) => canonical([dataset?.files, definition.arms[arm]])
  if (work(before.record) !== work(record)) return undefined
  const { low, high } = before.figure.next
  return wall.value > high ? 'slower' : wall.value < low ? 'faster' : 'no'
}
