import { type Climbed, lowest } from '../vocabulary/quantity.ts'
import { type Chain, chainsOf, type Joins } from './chains.ts'
import type { Keys } from './key.ts'
import { type EachNode, isList, isRef, type Node, type Ref, refsIn, type StepNode } from './node.ts'
import { bodyOf, nodesOf, upstream } from './walk.ts'

/** One piece of work of a run: a chain of steps, most often of one, or the branching of an `each`. */
export interface Job {
  readonly work: Chain | { readonly each: EachNode }
  /** Key of the `each`, or of the chain's last step. */
  readonly key: string
  /** Keys of all its steps. Two equal calls are one job. */
  readonly keys: readonly string[]
  /** Length of the longest path that follows: jobs with more to come start first. */
  readonly rank: number
  readonly followers: Job[]
  state: 'open' | 'done' | 'failed' | 'skipped'
  /** How many jobs it waits for. */
  waiting: number
  attempts: number
  /** Where its next attempt stands. */
  climbed: Climbed
  /** Attempts that a cause has cost which no rung helps against. */
  readonly cost: Record<'transient' | 'touched', number>
}
/** A job that did not succeed, and why. */
export interface Lost {
  readonly job: Job
  readonly reason: string
}
/** Which steps may be joined; undefined: every step is a job of its own. */
export interface Joining {
  readonly memory: number
  readonly memoryOf: (node: StepNode) => number
  readonly joins?: Joins
}
const nodesIn = (job: Job): readonly (StepNode | EachNode)[] => ('each' in job.work ? [job.work.each] : job.work.members)

/** The graph of jobs of one run: which job waits for which. It knows no process, no store and no clock. */
export class JobGraph {
  readonly #keys: Keys
  readonly #joining: Joining | undefined
  readonly #jobs = new Map<string, Job>()
  readonly #ranks = new Map<string, number>()
  #open = 0
  constructor(keys: Keys, joining: Joining | undefined) {
    this.#keys = keys
    this.#joining = joining
  }
  /** Jobs that have not ended. */
  get open(): number {
    return this.#open
  }
  has(key: string): boolean {
    return this.#jobs.has(key)
  }
  /** The job that makes a step's outputs, or branches an `each` out. */
  of(key: string): Job | undefined {
    return this.#jobs.get(key)
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
   * Makes jobs for every node that is needed and not there, and for what those need in turn. A step that is done but whose outputs
   * are not there runs again: they were damaged, or went through a pipe.
   * @param wanted files that must be there in the end
   * @param order nodes, each after what it needs: the order in which chains are looked for
   * @returns the new jobs that wait for nothing
   */
  demand(wanted: readonly Ref[], order: readonly Node[], there: (key: string) => boolean): readonly Job[] {
    const needed = new Map<string, StepNode | EachNode>()
    const stack = [...nodesOf(wanted)]
    for (let node = stack.pop(); node; node = stack.pop()) {
      if (node.kind === 'item') stack.push(...upstream(node))
      if (node.kind !== 'step' && node.kind !== 'each') continue
      const key = this.#keys.of(node)
      if (needed.has(key) || there(key)) continue
      const job = this.#jobs.get(key)
      if (job && !(job.state === 'done' && 'members' in job.work)) continue
      needed.set(key, node)
      stack.push(...upstream(node))
    }
    const made: Job[] = []
    const make = (work: Job['work'], keys: readonly string[]) => {
      const rank = Math.max(...keys.map(key => this.#ranks.get(key) ?? 1))
      const job: Job = {
        work,
        key: keys.at(-1)!,
        keys,
        rank,
        followers: [],
        state: 'open',
        waiting: 0,
        attempts: 0,
        climbed: lowest,
        cost: { transient: 0, touched: 0 },
      }
      for (const key of keys) this.#jobs.set(key, job)
      this.#open++
      made.push(job)
    }
    for (const chain of this.#chains(needed, wanted, order))
      make(
        chain,
        chain.members.map(node => this.#keys.of(node)),
      )
    for (const [key, node] of needed) if (node.kind === 'each') make({ each: node }, [key])
    for (const job of made) this.wait(job, nodesIn(job).flatMap(upstream))
    return made.filter(job => job.waiting === 0)
  }
  #chains(needed: ReadonlyMap<string, Node>, wanted: readonly Ref[], order: readonly Node[]): readonly Chain[] {
    const seen = new Set<string>()
    const steps = order.flatMap(node => {
      const key = this.#keys.of(node)
      const fresh = node.kind === 'step' && needed.has(key) && !seen.has(key)
      seen.add(key)
      return fresh ? [node] : []
    })
    if (!this.#joining) return steps.map(node => ({ members: [node], links: [] }))
    // Files that branches of an `each` will read are not asked for by any step yet.
    const later = [...needed.values()].flatMap(node => (node.kind === 'each' ? refsFromOutside(node) : []))
    const kept = new Set([...wanted, ...later].map(ref => this.#keys.ofRef(ref)))
    return chainsOf(steps, this.#keys, { ...this.#joining, kept: (key, port) => kept.has(`${key}#${port}`) })
  }
  /** Lets a job wait for others. @returns the first of them that is already lost, if any */
  wait(job: Job, before: readonly Node[]): Lost | undefined {
    let lost: Lost | undefined
    const others = new Set(
      before
        .flatMap(node => (node.kind === 'item' ? nodesOf([node.list]) : [node]))
        .flatMap(node => this.#jobs.get(this.#keys.of(node)) ?? []),
    )
    for (const other of others) {
      if (other === job || other.state === 'done') continue
      if (other.state !== 'open') lost ??= { job: other, reason: 'a step it needs did not succeed' }
      else {
        other.followers.push(job)
        job.waiting++
      }
    }
    return lost
  }
  /**
   * Ends a job. A failure skips all that needs it. A job that was skipped because an optional output was left out skips what needs it,
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
  #bearsAbsence(follower: Job, absent: Job): boolean {
    const uses = (given: readonly Ref[]) => given.some(ref => absent.keys.includes(this.#keys.of(ref.node)))
    return nodesIn(follower).every(node => {
      if (node.kind === 'each') return !uses([node.list])
      return Object.values(node.inputs).every(
        given => !uses(refsIn(given)) || isList(given) || (isRef(given) && given.node.kind === 'each'),
      )
    })
  }
}
/** What the body of an `each` reads from outside it. */
export function refsFromOutside(each: EachNode): readonly Ref[] {
  const body = bodyOf(each)
  const inside = new Set<Node>([each.item, ...body])
  const refs = body.flatMap(node =>
    node.kind === 'step' ? Object.values(node.inputs).flatMap(refsIn) : node.kind === 'each' ? [node.list, ...refsFromOutside(node)] : [],
  )
  return [...refs, ...Object.values(each.body), each.list].filter(ref => !inside.has(ref.node))
}
