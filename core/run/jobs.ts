import { nodesOf, upstream } from '../graph.ts'
import type { Keys } from '../key.ts'
import type { EachNode, Node, StepNode } from '../node.ts'
import { isRef, refsIn } from '../ref.ts'

/** One piece of work of a run, known by its key: two equal calls are one job. */
export interface Job {
  readonly node: StepNode | EachNode
  readonly key: string
  /** Longest path that follows: the more, the sooner. */
  readonly rank: number
  readonly followers: Job[]
  state: 'open' | 'done' | 'failed' | 'skipped'
  /** How many jobs it waits for. */
  waiting: number
  attempts: number
}
/** A job that ended otherwise than well, and why. */
export interface Lost {
  readonly job: Job
  readonly reason: string
}
/** The graph of jobs of one run: who waits for whom. Knows no process, no store, no clock. */
export class Jobs {
  readonly #keys: Keys
  readonly #jobs = new Map<string, Job>()
  readonly #ranks = new Map<string, number>()
  #open = 0
  constructor(keys: Keys) {
    this.#keys = keys
  }
  /** Jobs that have not ended. */
  get open(): number {
    return this.#open
  }
  has(key: string): boolean {
    return this.#jobs.has(key)
  }
  /** Sets how urgent nodes are. @param nodes each after what it needs */
  rank(nodes: readonly Node[]): void {
    for (const node of [...nodes].reverse()) {
      const own = this.#ranks.get(this.#keys.of(node)) ?? 1
      for (const before of upstream(node)) {
        const key = this.#keys.of(before)
        this.#ranks.set(key, Math.max(this.#ranks.get(key) ?? 1, own + 1))
      }
    }
  }
  /**
   * Makes a job for every node that is needed and not there, and for what those need in turn.
   * @returns the new jobs that wait for nothing
   */
  demand(roots: readonly Node[], there: (key: string) => boolean): readonly Job[] {
    const made: Job[] = []
    const stack = [...roots]
    for (let node = stack.pop(); node; node = stack.pop()) {
      if (node.kind === 'item') stack.push(...upstream(node))
      if (node.kind !== 'step' && node.kind !== 'each') continue
      const key = this.#keys.of(node)
      if (this.#jobs.has(key) || there(key)) continue
      const job: Job = { node, key, rank: this.#ranks.get(key) ?? 1, followers: [], state: 'open', waiting: 0, attempts: 0 }
      this.#jobs.set(key, job)
      this.#open++
      made.push(job)
      stack.push(...upstream(node))
    }
    for (const job of made) this.wait(job, upstream(job.node))
    return made.filter(job => job.waiting === 0)
  }
  /** Lets a job wait for others. @returns the first of them that is already lost, if any */
  wait(job: Job, before: readonly Node[]): Lost | undefined {
    let lost: Lost | undefined
    const keys = new Set(before.flatMap(node => (node.kind === 'item' ? nodesOf([node.list]) : [node])).map(node => this.#keys.of(node)))
    for (const key of keys) {
      const other = this.#jobs.get(key)
      if (!other || other.state === 'done') continue
      if (other.state !== 'open') lost ??= { job: other, reason: 'a step it needs did not succeed' }
      else {
        other.followers.push(job)
        job.waiting++
      }
    }
    return lost
  }
  /**
   * Ends a job. A failure skips all that needs it. A job that was skipped for an output left out skips what needs it,
   * except that a list, and the gathering of an `each`, take what is there.
   * @returns the jobs that now wait for nothing, and those lost with this one
   */
  end(job: Job, state: 'done' | 'failed' | 'skipped', reason: string): { readonly ready: readonly Job[]; readonly lost: readonly Lost[] } {
    const ready: Job[] = []
    const lost: Lost[] = []
    const ending: { job: Job; state: Job['state']; reason: string; benign: boolean }[] = [
      { job, state, reason, benign: state === 'skipped' },
    ]
    for (let next = ending.pop(); next; next = ending.pop()) {
      const { job: ended, state, reason, benign } = next
      if (ended.state !== 'open') continue
      ended.state = state
      this.#open--
      if (state === 'skipped') lost.push({ job: ended, reason })
      for (const follower of ended.followers) {
        if (state === 'done' || (benign && this.#bearsAbsence(follower, ended))) {
          if (--follower.waiting === 0) ready.push(follower)
        } else ending.push({ job: follower, state: 'skipped', reason, benign })
      }
    }
    return { ready: ready.filter(job => job.state === 'open'), lost }
  }
  #bearsAbsence({ node }: Job, absent: Job): boolean {
    if (node.kind === 'each') return this.#keys.of(node.list.node) !== absent.key
    return Object.values(node.inputs).every(given => {
      const uses = refsIn(given).some(ref => this.#keys.of(ref.node) === absent.key)
      return !uses || (!isRef(given) && Array.isArray(given)) || (isRef(given) && given.node.kind === 'each')
    })
  }
}
