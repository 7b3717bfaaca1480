import type { FollowedSteps } from './followed-steps.ts'
import type { PodAttempt } from './pod-attempt.ts'
import type { Stuck } from './status.ts'
import type { TaskStates } from './task-states.ts'

/** Milliseconds after which a pod that cannot start is given up: of what passes when others end, of what may pass, and of what does not. */
export interface StartPatience {
  readonly queued: number
  readonly passing: number
  readonly lasting: number
}
/** Pods that cannot start: says what they wait for, and gives them up when that has lasted. */
export class WaitingPods {
  readonly #steps: FollowedSteps
  readonly #patience: StartPatience
  readonly #since = new Map<string, number>()
  /** When a pod was last seen at work. */
  #busy = 0
  constructor(steps: FollowedSteps, patience: StartPatience) {
    this.#steps = steps
    this.#patience = patience
  }
  /** Whether a pod of ours runs, or has just ended: then those for which no node has room wait for it, be it for days. */
  see(tasks: TaskStates, settled: ReadonlySet<string>): void {
    for (const { name, over, attempts } of tasks.all()) {
      const state = [...attempts.values()].at(-1)?.state
      if (over || settled.has(name) || state === undefined || state === 'waiting') continue
      this.#busy = Date.now()
      return
    }
  }
  started(name: string): void {
    this.#since.delete(name)
  }
  look(name: string, { task, pod }: PodAttempt, { why, passing, queued, advice }: Stuck): 'moving' | 'hopeless' {
    const { state } = this.#steps
    const keys = [...task.keys.values()]
    const since = this.#since.get(name) ?? Date.now()
    this.#since.set(name, since)
    this.#steps.waits(keys[0]!, why)
    const given = queued ? this.#patience.queued : passing ? this.#patience.passing : this.#patience.lasting
    if (Date.now() - (passing ? Math.max(since, this.#busy) : since) < given) return 'moving'
    const key = keys.find(key => state.isOpen(key))
    if (key) state.failed(key, `Step ${state.label(key)} could not start: ${why}. ${advice}\n  pod:     ${pod ?? 'none'}`)
    for (const other of keys) state.skipped(other, `${state.label(key ?? other)}, which shares its pod, failed`)
    return 'hopeless'
  }
}
