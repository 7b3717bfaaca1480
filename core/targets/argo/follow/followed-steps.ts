import type { Sink } from '../../../events.ts'
import type { Job } from '../../../graph/jobs.ts'
import type { Plan, Results } from '../../../graph/plan.ts'
import { type Grant, grantOf } from '../../../graph/step-words.ts'
import { bodyOf } from '../../../graph/walk.ts'
import type { Cause } from '../../../run/failure.ts'
import type { Progress } from '../../../run/progress.ts'
import { type LookUp, RunState } from '../../../run/state.ts'
import { type Climbed, lowest, rungs } from '../../../vocabulary/quantity.ts'
import { lossesBorne } from '../compile/lost-pods.ts'

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
  /** By key: the attempts at its pod that it took part in. */
  readonly #attempts = new Map<string, Set<string>>()
  readonly #climbed = new Map<string, Climbed>()
  /** By key: how many of its pods were lost. */
  readonly #losses = new Map<string, number>()
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
      granted: node => grantOf(node, 0, cpu),
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
  /** @param attempt at its pod, which may have begun for another step's sake: what tells it from all others of the run */
  started(key: string, attempt: string, climbed: Climbed, group?: string, pool?: number): void {
    const node = this.state.steps.get(key)
    const seen = this.#attempts.get(key) ?? new Set()
    if (!node || !this.state.isOpen(key) || seen.has(attempt)) return
    this.#attempts.set(key, seen.add(attempt))
    this.state.started(key, seen.size, grantOf(node, climbed.memory, this.#cpu), group, pool)
  }
  /** Rungs that a step is known to need. */
  climbed(key: string): Climbed {
    return this.#climbed.get(key) ?? lowest
  }
  /**
   * What an attempt that failed has shown of the steps of its pod, which climb together.
   * @returns whether another may help: there is a higher rung, or the pods were not lost too often
   */
  learn(keys: readonly string[], cause: Cause | 'lost', climbed: Climbed): boolean {
    if (cause === 'lost') {
      const losses = 1 + Math.max(...keys.map(key => this.#losses.get(key) ?? 0))
      for (const key of keys) this.#losses.set(key, losses)
      return losses <= lossesBorne
    }
    if (cause !== 'memory' && cause !== 'time') return false
    const next = climbed[cause] + 1
    const ladders = keys.map(key => rungs(this.state.steps.get(key)!.needs[cause] ?? 0).length)
    if (next >= Math.max(...ladders)) return false
    for (const key of keys) this.#climbed.set(key, { ...this.climbed(key), [cause]: Math.max(this.climbed(key)[cause], next) })
    return true
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
