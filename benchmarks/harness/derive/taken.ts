import { sum } from '../../../core/vocabulary/quantity.ts'
import type { Run } from '../record.ts'

/** What a part of a run took. */
export interface Taken {
  /** Seconds in which the programs of at least one of its steps ran; of the whole all of it. */
  readonly wall: number
  /** Undefined where not all of its steps told it. */
  readonly cpu: number | undefined
  readonly memory: number | undefined
  /** GPU seconds; undefined where none of its steps asked for a GPU. */
  readonly gpu: number | undefined
  /** The same by the pool that its steps were sent to. */
  readonly pools: ReadonlyMap<number, number>
  /** Seconds that machines outside of pools were needed: of a measure while such a step of it ran, of the whole all the time; undefined where no such step ran. */
  readonly outside: number | undefined
}
/** The measure that every comparison has. */
export const whole = 'whole'
type Span = readonly [from: number, to: number]
/** One step of a run, by its events. */
export interface StepSeen {
  /** The step's own name: several calls share it. */
  readonly name: string
  readonly gpu: number
  pool: number | undefined
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
      pool: undefined,
      spans: [],
      cached: false,
      succeeded: false,
      cpu: undefined,
      memory: undefined,
    }
    steps.set(label, step)
    if (event === 'cached') step.cached = true
    if (event === 'damaged') step.cached = false // it runs again
    if (event === 'started') {
      began.set(label, began.get(label) ?? at)
      step.pool = told.pool ?? step.pool
    }
    if (event !== 'retried' && event !== 'succeeded') continue
    const { from, seconds } = told
    // Its programs' own time, as its runner or pod tells it: what starts a container or pod is in the whole, and a client of a cluster hears of both
    // ends some seconds late.
    if (seconds === undefined) step.spans.push([began.get(label) ?? at, at])
    else step.spans.push(from === undefined ? [at - seconds, at] : [from, from + seconds])
    began.delete(label)
    if (event === 'succeeded') Object.assign(step, { succeeded: true, cpu: told.cpu, memory: told.memory })
  }
  return steps
}
/** What a measure took in a run; undefined where none of its steps ran in it. */
export function takenBy(measure: string, steps: readonly string[], run: Run): Taken | undefined {
  const all = [...stepsSeen(run).values()]
  if (measure === whole) {
    const outside = all.some(({ pool, spans }) => pool === undefined && spans.length > 0) || all.length === 0
    return { wall: run.wall, cpu: run.cpu, memory: run.memory, ...ofGpus(all), outside: outside ? run.wall : undefined }
  }
  const own = all.filter(({ name, spans }) => steps.includes(name) && spans.length > 0)
  if (own.length === 0) return undefined
  const [cpu, memory] = [toldByAll(own.map(step => step.cpu)), toldByAll(own.map(step => step.memory))]
  return {
    wall: covered(own.flatMap(({ spans }) => spans)),
    cpu: cpu && sum(cpu),
    memory: memory && Math.max(...memory),
    ...ofGpus(own),
    outside: outsideOf(own),
  }
}
function outsideOf(steps: readonly StepSeen[]): number | undefined {
  const own = steps.filter(({ pool }) => pool === undefined)
  return own.length === 0 ? undefined : covered(own.flatMap(({ spans }) => spans))
}
function ofGpus(steps: readonly StepSeen[]): Pick<Taken, 'gpu' | 'pools'> {
  const pools = new Map<number, number>()
  for (const { pool, spans, gpu } of steps) if (pool !== undefined) pools.set(pool, (pools.get(pool) ?? 0) + gpu * covered(spans))
  return { gpu: gpuSeconds(steps), pools }
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
