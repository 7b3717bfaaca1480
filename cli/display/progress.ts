import type { Event } from '../../core/events.ts'
import type { Expected } from './display.ts'

interface Planned {
  readonly name: string
  readonly cpu: number
}
export interface RunningStep {
  readonly since: number
  readonly attempt: number
  readonly cpu: number
  readonly text?: string
  readonly share?: number
}
/** The state of a run, computed from its events so far. */
export class RunProgress {
  readonly planned = new Map<string, Planned>()
  readonly running = new Map<string, RunningStep>()
  readonly #took = new Map<string, number[]>()
  #ended = new Set<string>()
  plan = ''
  cpu = 1
  started = 0
  cached = 0
  done = 0
  failed = 0
  /** Steps that did not run, since a step before them failed, and steps that were stopped. */
  skipped = 0

  on(event: Event): void {
    const at = Date.parse(event.at)
    if (event.event === 'run-started') [this.plan, this.cpu, this.started] = [event.plan, event.cpu, at]
    if (event.event === 'planned') this.planned.set(event.step, { name: event.name, cpu: event.cpu })
    if (event.event === 'cached') this.#end(event.step, 'cached')
    if (event.event === 'damaged' && this.#ended.delete(event.step)) this.cached--
    if (event.event === 'started') this.running.set(event.step, { since: at, attempt: event.attempt, cpu: event.cpu })
    if (event.event === 'progress') {
      const before = this.running.get(event.step)
      if (before) this.running.set(event.step, { ...before, text: event.text, ...(event.share !== undefined && { share: event.share }) })
    }
    if (event.event === 'retried') this.running.delete(event.step)
    if (event.event === 'succeeded') {
      const name = this.planned.get(event.step)?.name ?? event.step
      this.#took.set(name, [...(this.#took.get(name) ?? []), event.seconds])
      this.#end(event.step, 'done')
    }
    if (event.event === 'failed') this.#end(event.step, event.cancelled ? 'skipped' : 'failed')
    if (event.event === 'skipped') this.#end(event.step, 'skipped')
  }
  #end(step: string, how: 'cached' | 'done' | 'failed' | 'skipped'): void {
    this.running.delete(step)
    if (this.#ended.has(step)) return
    this.#ended.add(step)
    this[how]++
  }
  get total(): number {
    return this.planned.size
  }
  get over(): number {
    return this.#ended.size
  }
  /**
   * Seconds that are left, once the time of at least half of the remaining steps is known: from steps of the same name in this run, else in earlier ones.
   * The work to come, each step times its cores, is spread over the machine's cores; no less than what the longest running step still takes.
   */
  left(now: number, expected: Expected): number | undefined {
    let [work, longest, known, unknown] = [0, 0, 0, 0]
    const open = [...this.planned].filter(([step]) => !this.#ended.has(step))
    for (const [step, { name, cpu }] of open) {
      const seconds = mean(this.#took.get(name)) ?? expected.get(name)
      if (seconds === undefined) {
        unknown++
        continue
      }
      known++
      const running = this.running.get(step)
      const rest = running ? Math.max(seconds - (now - running.since) / 1000, 0) : seconds
      work += rest * Math.min(cpu, this.cpu)
      if (running) longest = Math.max(longest, rest)
    }
    if (known === 0 || known < unknown) return undefined
    return Math.max((work / this.cpu) * ((known + unknown) / known), longest)
  }
}
const mean = (seconds: readonly number[] | undefined) =>
  seconds ? seconds.reduce((sum, each) => sum + each, 0) / seconds.length : undefined
