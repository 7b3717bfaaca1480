import { type Happening, type Sink, stamped, type Usage } from '../../../events.ts'
import { type Job, Jobs } from '../../../graph/jobs.ts'
import { type Keys, keys as keysOf } from '../../../graph/key.ts'
import { inSeveral, labels } from '../../../graph/labels.ts'
import { type EachNode, type Node, refsIn, type StepNode } from '../../../graph/node.ts'
import type { Plan } from '../../../graph/plan.ts'
import { type Branch, bodyOf, branchOf, nodesOf } from '../../../graph/walk.ts'
import type { Told } from '../../../run/progress.ts'
import { Places } from '../../../run/step-outputs.ts'
import type { Entry } from '../../../store/record.ts'
import { rung } from '../../../vocabulary/quantity.ts'

type State = 'planned' | 'cached' | 'started' | 'succeeded' | 'failed' | 'skipped'
/** How entries are looked for, wherever they may be. */
export type LookUp = (keys: readonly string[], nodes: ReadonlyMap<string, StepNode>) => Promise<ReadonlyMap<string, Entry>>

/**
 * What is known of every step of a run that happens elsewhere, told as the events that a run on this machine would tell. Which steps
 * follow from a list, and which are lost with one that failed, is worked out by the same graph of jobs; only here each step is a job.
 */
export class Ledger {
  readonly keys: Keys
  readonly places: Places
  readonly failures: string[] = []
  readonly #jobs: Jobs
  readonly #plan: Plan
  readonly #tell: (happening: Happening) => void
  /** Most cores that a step is granted. */
  readonly #cpu: number
  readonly #lookUp: LookUp
  readonly #nodes = new Map<string, StepNode>()
  readonly #labels = new Map<string, string>()
  readonly #states = new Map<string, State>()
  /** By key: the last attempt of its pod that it ran in, and how many it took part in. */
  readonly #attempts = new Map<string, { readonly pod: number; readonly own: number }>()
  readonly #byKey = new Map<string, Job>()
  /** Of steps of branches: the whole branch, by the keys for an unnamed item. */
  readonly #siblings = new Map<string, ReadonlyMap<string, string>>()
  /** Lists that are there, but whose branches are not told yet. */
  #ready: Job[] = []
  constructor(plan: Plan, versions: ReadonlyMap<string, string>, on: Sink, lookUp: LookUp, cpu = Number.POSITIVE_INFINITY) {
    this.#cpu = cpu
    this.#plan = plan
    this.#tell = stamped(on)
    this.#lookUp = lookUp
    this.keys = keysOf(tool => versions.get(tool) ?? 'unknown')
    this.places = new Places(this.keys)
    this.#jobs = new Jobs(this.keys, undefined)
  }
  /** Steps known so far, by key. */
  get nodes(): ReadonlyMap<string, StepNode> {
    return this.#nodes
  }
  /** Entries known so far, by key. */
  get entries(): Map<string, Entry> {
    return this.places.entries
  }
  label(key: string): string {
    return this.#labels.get(key) ?? 'each'
  }
  tell(happening: Happening): void {
    this.#tell(happening)
  }
  /** Tells every step, and which of them are there. */
  async begin(run: string, total: { readonly cpu: number; readonly memory: number }): Promise<void> {
    const inside = new Set<Node>(this.#plan.nodes.flatMap(node => (node.kind === 'each' ? bodyOf(node) : [])))
    const outer = this.#plan.nodes.filter(node => !inside.has(node))
    const steps = new Set(outer.flatMap(node => (node.kind === 'step' ? [this.keys.of(node)] : []))).size
    const lists = outer.some(node => node.kind === 'each') && { lists: true as const }
    this.#name(this.#plan.nodes)
    this.#tell({ event: 'run-started', run, plan: this.#plan.name, steps, ...lists, ...total })
    await this.#meet(outer)
    const wanted = Object.values(this.#plan.results).flatMap(refsIn)
    this.#take(this.#jobs.demand(wanted, outer, key => this.entries.has(key)))
    this.#tellFound(outer)
    await this.settle()
  }
  /** Branches of lists that have come; ends when no `each` is ready. */
  async settle(): Promise<void> {
    for (let job = this.#ready.shift(); job; job = this.#ready.shift())
      if ('each' in job.work && job.state === 'open') await this.#branchOut(job, job.work.each)
  }
  /** Steps that still have to run. */
  open(): readonly string[] {
    return [...this.#byKey].flatMap(([key, job]) => ('members' in job.work && job.state === 'open' ? [key] : []))
  }
  isOpen(key: string): boolean {
    return this.#byKey.get(key)?.state === 'open'
  }
  /** @param pod attempt of its pod, which may have begun for another step's sake */
  started(key: string, pod: number, group?: string): void {
    const node = this.#nodes.get(key)
    const before = this.#attempts.get(key)
    if (!node || !this.isOpen(key) || (before?.pod ?? 0) >= pod) return
    const attempt = (before?.own ?? 0) + 1
    this.#attempts.set(key, { pod, own: attempt })
    const memory = rung(node.needs.memory, pod - 1)
    this.#tell({
      event: 'started',
      step: this.label(key),
      key,
      attempt,
      cpu: node.needs.cpu,
      memory,
      ...(group !== undefined && { group }),
    })
    this.#states.set(key, 'started')
  }
  retried(key: string, reason: string): void {
    const attempt = this.#attempts.get(key)?.own ?? 1
    if (this.isOpen(key)) this.#tell({ event: 'retried', step: this.label(key), attempt, reason })
  }
  /** Each message once: a pod that waits says the same again and again. */
  readonly #said = new Map<string, string>()
  progress(key: string, told: Told): void {
    const said = `${told.share ?? ''} ${told.text}`
    if (!this.isOpen(key) || this.#said.get(key) === said) return
    this.#said.set(key, said)
    this.#tell({ event: 'progress', step: this.label(key), ...told })
  }
  /** @param entry undefined for a step that wrote into a pipe only */
  succeeded(key: string, entry: Entry | undefined, seconds: number, usage: Usage | undefined): void {
    if (!this.isOpen(key)) return
    if (entry) this.entries.set(key, entry)
    this.#tell({ event: 'succeeded', step: this.label(key), key, seconds, ...(usage && { usage }) })
    this.#end(key, 'done')
  }
  /** Found done although it was to run: another run was first. */
  cached(key: string, entry: Entry | undefined): void {
    if (!this.isOpen(key)) return
    if (entry) this.entries.set(key, entry)
    this.#tell({ event: 'cached', step: this.label(key), key })
    this.#end(key, 'done')
  }
  /** @param at `joined`: steps that ran with it, joined by pipes, of which nothing is kept */
  failed(
    key: string,
    message: string,
    at: { readonly folder?: string; readonly cancelled?: true; readonly joined?: readonly string[] } = {},
  ): void {
    if (!this.isOpen(key)) return
    const { joined = [], ...more } = at
    const label = this.label(key)
    const reason = `${label} ${at.cancelled ? 'was stopped' : 'failed'}`
    this.failures.push(message)
    this.#tell({ event: 'failed', step: label, key, message, ...more })
    const others = joined.filter(other => other !== key && this.isOpen(other))
    for (const other of others) {
      this.#tell({ event: 'skipped', step: this.label(other), key: other, reason: `${label}, which it is joined to, failed` })
      this.#states.set(other, 'skipped')
    }
    this.#end(key, 'failed', reason)
    for (const other of others) this.#close(this.#byKey.get(other)!, 'failed', reason)
  }
  skipped(key: string, reason: string): void {
    if (!this.isOpen(key)) return
    this.#tell({ event: 'skipped', step: this.label(key), key, reason })
    this.#end(key, 'skipped', reason)
  }
  /** In the branch that a step is of, the key of the step that has this key for an unnamed item. */
  sibling(key: string, general: string): string | undefined {
    return this.#siblings.get(key)?.get(general)
  }
  stateOf(key: string): State | undefined {
    return this.#states.get(key)
  }
  #name(nodes: readonly Node[], several?: ReadonlySet<string>): void {
    for (const [node, label] of labels(nodes, this.keys, several)) this.#labels.set(this.keys.of(node), label)
  }
  /** Announces steps and looks for them. */
  async #meet(nodes: readonly Node[]): Promise<void> {
    const fresh = new Map(nodes.flatMap(node => (node.kind === 'step' ? [[this.keys.of(node), node] as const] : [])))
    for (const [key, node] of fresh) {
      this.#nodes.set(key, node)
      this.#states.set(key, 'planned')
      this.#tell({
        event: 'planned',
        step: this.label(key),
        key,
        name: node.step.name,
        cpu: Math.min(node.needs.cpu, this.#cpu),
        memory: rung(node.needs.memory, 0),
      })
    }
    this.#jobs.rank(nodes)
    const unknown = [...fresh.keys()].filter(key => !this.entries.has(key))
    for (const [key, entry] of await this.#lookUp(unknown, fresh)) this.entries.set(key, entry)
  }
  #tellFound(nodes: readonly Node[]): void {
    for (const key of new Set(nodes.flatMap(node => (node.kind === 'step' ? [this.keys.of(node)] : [])))) {
      const step = this.label(key)
      if (this.entries.has(key)) this.#tell({ event: 'cached', step, key })
      else if (!this.#jobs.has(key)) this.#tell({ event: 'skipped', step, key, reason: 'not needed: what follows it is cached' })
      this.#states.set(key, this.entries.has(key) ? 'cached' : this.#jobs.has(key) ? 'planned' : 'skipped')
    }
  }
  #take(jobs: readonly Job[]): void {
    for (const key of this.#nodes.keys()) {
      const job = this.#jobs.of(key)
      if (job) this.#byKey.set(key, job)
    }
    this.#ready.push(...jobs.filter(job => 'each' in job.work))
  }
  #end(key: string, state: 'done' | 'failed' | 'skipped', reason = ''): void {
    const job = this.#byKey.get(key)
    if (!job) return
    this.#states.set(key, state === 'done' ? 'succeeded' : state)
    this.#close(job, state, reason)
  }
  #close(job: Job, state: 'done' | 'failed' | 'skipped', reason: string): void {
    const { ready, lost } = this.#jobs.end(job, state, reason)
    for (const { job, reason } of lost)
      if ('members' in job.work)
        for (const key of job.keys) {
          if (this.#states.get(key) === 'skipped') continue
          this.#tell({ event: 'skipped', step: this.label(key), key, reason })
          this.#states.set(key, 'skipped')
        }
    this.#ready.push(...ready.filter(job => 'each' in job.work))
  }
  /** The same as in a run on this machine: one branch for every file of the list. */
  async #branchOut(job: Job, node: EachNode): Promise<void> {
    if (this.places.branches.has(job.key)) return this.#close(job, 'done', '')
    const items = this.places.items(node.list)
    if (!items) return this.#close(job, 'skipped', 'the list it runs over was left out')
    const branches: readonly Branch[] = items.map(({ name }) => branchOf(node, name))
    this.places.branches.set(job.key, branches)
    const body = bodyOf(node).map(general => this.keys.of(general))
    for (const branch of branches) {
      const own = new Map(body.map((general, n) => [general, this.keys.of(branch.nodes[n]!)])) // in one order
      for (const key of own.values()) this.#siblings.set(key, own)
    }
    const nodes = branches.flatMap(branch => branch.nodes)
    this.#name(nodes, inSeveral(this.#plan.nodes))
    await this.#meet(nodes)
    const wanted = branches.flatMap(({ results }) => Object.values(results))
    const ready = this.#jobs.demand(wanted, nodes, key => this.entries.has(key))
    this.#take(ready)
    this.#tellFound(nodes)
    const lost = this.#jobs.wait(job, nodesOf(wanted))
    if (lost) return this.#close(job, 'skipped', lost.reason)
    if (job.waiting === 0) this.#ready.push(job)
  }
}
