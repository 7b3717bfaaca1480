import type { Event } from '../../core/events.ts'
import type { Plan, Results } from '../../core/graph/plan.ts'
import type { Execution, Store } from '../../core/targets/local/index.ts'
import type { Ability } from './case.ts'

/** One way to run plans. */
export interface Target {
  readonly name: string
  /** Why nothing can be run there at present, in words; undefined where it can. */
  readonly unavailable: () => Promise<string | undefined>
  /** What it has not, and why. */
  readonly lacks: Readonly<Partial<Record<Ability, string>>>
  /** How many cases are run there at a time. */
  readonly width: number
  /** Longest time for one case, in seconds. */
  readonly patience: number
  /** File for `Surroundings.confine`. */
  readonly confine: string
  readonly run: (plan: Plan, at: Place) => Promise<Execution<Results>>
}
export interface Place {
  readonly store: Store
  /** Of the case: what its plans make is theirs alone. */
  readonly name: string
  /** Id of the run. */
  readonly run: string
  readonly on: (event: Event) => void
  /** Ends the run. */
  readonly signal?: AbortSignal
}
/** What a run may use, whatever the machine: what is refused for want of room, and what is joined, must not depend on it. */
export const total = { cpu: 4, memory: 2 * 2 ** 30, gpu: 0 }
