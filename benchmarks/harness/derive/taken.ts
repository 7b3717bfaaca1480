import { sum } from '../../../core/vocabulary/quantity.ts'
import type { Run } from '../record.ts'

/** What a part of a run took. */
export interface Taken {
  /** Seconds in which at least one of its steps ran. */
  readonly wall: number
  /** Undefined where not all of its steps told it. */
  readonly cpu: number | undefined
  readonly memory: number | undefined
  /** GPU seconds; undefined where none of its steps asked for a GPU. */
  readonly gpu: number | undefined
}
/** The measure that every comparison has. */
export const whole = 'whole'
type Span = readonly [from: number, to: number]
/** One step of a run, by its events. */
export interface StepSeen {
  /** The step's own name: several calls share it. */
  readonly name: string
  readonly gpu: number
  readonly spans: Span[]
  cached: boolean
  succeeded: boolean
  cpu: number | undefined
  memory: number | undefined
}
const known = new WeakMap<Run['events'], ReadonlyMap<string, StepSeen>>()
/** The steps of a run by their labels. An attempt that failed and was repeated is time like any other. */
export function stepsSeen({ events }: Pick<Run, 'events'>): ReadonlyMap<string, StepSeen> {
  const steps = known.get(events) ?? readSteps(events)
  known.set(events, steps) // every measure asks
  return steps
}
function readSteps(events: Run['events']): ReadonlyMap<string, StepSeen> {
  const steps = new Map<string, StepSeen>()
  const began = new Map<string, number>()
  for (const { step: label, event, at, ...told } of events) {
    const step = steps.get(label) ?? {
      name: told.name ?? label,
      gpu: told.gpu ?? 0,
      spans: [],
      cached: false,
      succeeded: false,
      cpu: undefined,
      memory: undefined,
    }
    steps.set(label, step)
    if (event === 'cached') step.cached = true
    if (event === 'damaged') step.cached = false // it runs again
    if (event === 'started') began.set(label, began.get(label) ?? at)
    if (event !== 'retried' && event !== 'succeeded') continue
    step.spans.push([began.get(label) ?? at, at])
    began.delete(label)
    if (event === 'succeeded') Object.assign(step, { succeeded: true, cpu: told.cpu, memory: told.memory })
  }
  return steps
}
/** What a measure took in a run; undefined where none of its steps ran in it. */
export function takenBy(measure: string, steps: readonly string[], run: Run): Taken | undefined {
  const all = [...stepsSeen(run).values()]
  if (measure === whole) return { wall: run.wall, cpu: run.cpu, memory: run.memory, gpu: gpuSeconds(all) }
  const own = all.filter(({ name, spans }) => steps.includes(name) && spans.length > 0)
  if (own.length === 0) return undefined
  const [cpu, memory] = [toldByAll(own.map(step => step.cpu)), toldByAll(own.map(step => step.memory))]
  return {
    wall: covered(own.flatMap(({ spans }) => spans)),
    cpu: cpu && sum(cpu),
    memory: memory && Math.max(...memory),
    gpu: gpuSeconds(own),
  }
}
const gpuSeconds = (steps: readonly StepSeen[]): number | undefined => {
  const asking = steps.filter(({ gpu }) => gpu > 0)
  return asking.length === 0 ? undefined : sum(asking.map(({ spans, gpu }) => gpu * covered(spans)))
}
/** All values, or undefined where one is missing. */
export const toldByAll = <T>(values: readonly (T | undefined)[]): readonly T[] | undefined => {
  const told = values.filter(value => value !== undefined)
  return told.length === values.length && told.length > 0 ? told : undefined
}
/** Length of the union of spans: steps at the same time count once. */
export function covered(spans: readonly Span[]): number {
  let [total, end] = [0, Number.NEGATIVE_INFINITY]
  for (const [from, to] of [...spans].sort(([a], [b]) => a - b)) {
    total += Math.max(0, to - Math.max(from, end))
    end = Math.max(end, to)
  }
  return total
}
