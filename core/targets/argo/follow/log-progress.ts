import { TriremeError } from '../../../errors.ts'
import { type Report, type Saying, sayings } from '../../../inside/report.ts'
import type { FollowedSteps } from './followed-steps.ts'

/** A pod whose step's own container runs. */
export interface RunningPod {
  /** Which attempt at which task it is. */
  readonly attempt: string
  readonly pod: string
  /** Of its steps, by place. */
  readonly keys: ReadonlyMap<number, string>
}
/** How many logs are asked for at a time: a run of 500 pods must not cost its cluster more than one of 16. */
const logsAtOnce = 16
/** Milliseconds within which a node has to hand over the end of a log. Whoever does not is asked again later. */
const soon = 3_000

/** What pods tell of the progress of their steps: in their logs while they run, in their reports once they have ended. */
export class LogProgress {
  readonly #steps: FollowedSteps
  readonly #log: (pod: string, signal: AbortSignal) => Promise<string | undefined>
  /** Milliseconds between two looks. */
  readonly #pause: number
  #last = Number.NEGATIVE_INFINITY
  /** When a pod's log was read. */
  readonly #read = new Map<string, number>()
  /** Number of the last line that was told, by attempt and place. */
  readonly #told = new Map<string, number>()
  constructor(steps: FollowedSteps, log: (pod: string, signal: AbortSignal) => Promise<string | undefined>, pause: number) {
    this.#steps = steps
    this.#log = log
    this.#pause = pause
  }
  /** Those that were read longest ago are read, and told. */
  async look(running: readonly RunningPod[]): Promise<void> {
    if (running.length === 0 || Date.now() - this.#last < this.#pause) return
    const before = ({ pod }: RunningPod) => this.#read.get(pod) ?? 0
    const next = [...running].sort((a, b) => before(a) - before(b)).slice(0, logsAtOnce)
    await Promise.all(
      next.map(async ({ attempt, pod, keys }) => {
        this.#read.set(pod, Date.now())
        const log = await this.#log(pod, AbortSignal.timeout(soon)).catch(unlessRefused)
        if (log !== undefined) for (const saying of sayings(log)) this.#tell(attempt, keys.get(saying.place), saying)
      }),
    )
    this.#last = Date.now()
  }
  /** What a step told since its log was read last, or before anybody read it. */
  ended(attempt: string, report: Report | undefined, place: number, key: string): void {
    for (const saying of report?.progress ?? []) if (saying.place === place) this.#tell(attempt, key, saying)
  }
  #tell(attempt: string, key: string | undefined, { place, number, told }: Saying): void {
    const mark = `${attempt} ${place}`
    if (key === undefined || (this.#told.get(mark) ?? 0) >= number) return
    this.#told.set(mark, number)
    this.#steps.progress(key, told)
  }
}
export const unlessRefused = (cause: unknown) => {
  if (cause instanceof TriremeError) return undefined // nothing hangs on it
  throw cause
}
/** A pod's log without what Argo's own executor writes into it, which may follow a text that has no last newline. */
export function ownLines(log: string | undefined): string | undefined {
  const own = log?.replace(/time=\S+ level=\w+ msg=.*\bargo=true\b.*(\n|$)/g, '')
  return own === log ? own : own?.replace(/(^|\n|(?<=.))Error: exit status \d+\n?$/, '')
}
