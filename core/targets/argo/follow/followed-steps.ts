import type { Sink } from '../../../events.ts'
import type { Job } from '../../../graph/jobs.ts'
import type { Plan, Results } from '../../../graph/plan.ts'
import { type Grant, grantOf } from '../../../graph/step-words.ts'
import { bodyOf } from '../../../graph/walk.ts'
import type { Progress } from '../../../run/progress.ts'
import { type LookUp, RunState } from '../../../run/state.ts'

export interface FollowedOptions {
  readonly versions: ReadonlyMap<string, string>
  readonly on?: Sink | undefined
  readonly lookUp: LookUp
  /** Why an entry of an earlier run cannot be used. */
  readonly faultOf?: (key: string) => string | undefined
  /** Most cores that a step is granted. */
  readonly cpu: number | undefined
}
/** The steps of a run whose pods others start: the state of the run, each step a job of its own, and what pods add to it. */
export class FollowedSteps<O extends Results = Results> {
  readonly state: RunState<O>
  readonly #cpu: number | undefined
  /** Lists that are there, but whose branches are not told yet. */
  #lists: Job[] = []
  /** By key: the last attempt of its pod that it ran in, and how many it took part in. */
  readonly #attempts = new Map<string, { readonly pod: number; readonly own: number }>()
  /** Of steps of branches: the whole branch, or all that it is in, by the keys for an unnamed item. */
  readonly #siblings = new Map<string, ReadonlyMap<string, string>>()
  /** What each step said last of its progress. */
  readonly #said = new Map<string, string>()
  /** What was said last of each step's waiting. */
  readonly #waits = new Map<string, string>()
  /** By what is waited for, the step of which it was said. */
  readonly #waiting = new Map<string, string>()
  constructor(plan: Plan<O>, { versions, on, lookUp, faultOf, cpu }: FollowedOptions) {
    this.#cpu = cpu
    this.state = new RunState(plan, {
      versions,
      on,
      lookUp,
      ...(faultOf && { faultOf }),
      granted: node => grantOf(node, 1, cpu),
      ready: job => {
        if ('each' in job.work) this.#lists.push(job) // the cluster starts steps by itself
      },
    })
  }
  async begin(run: string, total: Grant): Promise<void> {
    await this.state.begin(run, total)
    await this.settle()
  }
  /** Branches of lists that have come; ends when no `each` is ready. */
  async settle(): Promise<void> {
    for (let job = this.#lists.shift(); job; job = this.#lists.shift()) {
      const { work } = job
      if (!('each' in work) || job.state !== 'open') continue
      await this.state.branchOut(job, work.each)
      const body = bodyOf(work.each).map(general => this.state.keys.of(general))
      for (const { nodes } of this.state.outputs.branches.get(job.key) ?? []) {
        const own = new Map(body.map((general, n) => [general, this.state.keys.of(nodes[n]!)])) // in one order
        for (const key of own.values()) {
          const others = this.#siblings.get(key) // equal calls in branches of several
          this.#siblings.set(key, others ? new Map([...others, ...own]) : own)
        }
      }
    }
  }
  /** In the branch that a step is of, the key of the step that has this key for an unnamed item. */
  sibling(key: string, general: string): string | undefined {
    return this.#siblings.get(key)?.get(general)
  }
  /** @param pod attempt of its pod, which may have begun for another step's sake */
  started(key: string, pod: number, group?: string): void {
    const node = this.state.steps.get(key)
    const before = this.#attempts.get(key)
    if (!node || !this.state.isOpen(key) || (before?.pod ?? 0) >= pod) return
    const own = (before?.own ?? 0) + 1
    this.#attempts.set(key, { pod, own })
    this.state.started(key, own, grantOf(node, pod, this.#cpu), group)
  }
  /** Steps whose pod failed for a fault of the bucket that is mended: they run in another pod, later. @param key the one that found it */
  runsAnew(keys: readonly string[], key: string, reason: string): void {
    this.state.retried(key, reason)
    for (const each of keys) this.#attempts.set(each, { pod: 0, own: this.#attempts.get(each)?.own ?? 0 })
  }
  /** What its pod waits for: in full for the first step, and for others of which the same is said by naming that one. */
  waits(key: string, why: string): void {
    if (this.#waits.get(key) === why) return
    this.#waits.set(key, why)
    const known = this.#waiting.get(why)
    const first = known !== undefined && this.state.stateOf(known) === 'planned' ? known : key
    this.#waiting.set(why, first)
    this.progress(key, { text: first === key ? `waits: ${why}` : `waits for the same as ${this.state.label(first)}` })
  }
  /** Each message once: a pod that waits says the same again and again. */
  progress(key: string, progress: Progress): void {
    const said = `${progress.share ?? ''} ${progress.text}`
    if (!this.state.isOpen(key) || this.#said.get(key) === said) return
    this.#said.set(key, said)
    this.state.progress(key, progress)
  }
}
