import { type Happening, type Sink, stamped, type Usage } from '../events.ts'
import { type Job, JobGraph, type Joining } from '../graph/jobs.ts'
import { type Keys, keys as keysOf, versionFrom } from '../graph/key.ts'
import { inSeveral, labels } from '../graph/labels.ts'
import { type EachNode, type Node, type Ref, refsIn, type StepNode } from '../graph/node.ts'
import type { Placed } from '../graph/place.ts'
import type { Plan, Results } from '../graph/plan.ts'
import type { Grant } from '../graph/step-words.ts'
import { branchOf, inOrder, nodesOf, outerNodes, stepsByKey } from '../graph/walk.ts'
import type { Entry } from '../store/record.ts'
import type { Many } from '../vocabulary/kind.ts'
import type { Progress } from './progress.ts'
import { StepOutputs } from './step-outputs.ts'

/** A result as it lies in the store; undefined where its step failed, was skipped, or left it out. */
export type Made<R> =
  R extends Ref<infer K>
    ? K extends Many
      ? readonly Placed[] | undefined
      : Placed | undefined
    : R extends readonly unknown[]
      ? readonly (Placed | undefined)[]
      : Readonly<Record<string, Placed | undefined>>
export interface Execution<O extends Results> {
  readonly state: 'succeeded' | 'failed' | 'cancelled'
  readonly results: { readonly [N in keyof O]: Made<O[N]> }
  /** Messages of the steps that failed, in the order they did. */
  readonly failures: readonly string[]
  /** Entries of the steps that ran or were found, by label. */
  readonly entries: ReadonlyMap<string, Entry>
}
export type StepState = 'planned' | 'cached' | 'started' | 'succeeded' | 'failed' | 'skipped'
/** How entries are looked for, wherever they may be: by key, with the steps that make them. */
export type LookUp = (keys: readonly string[], steps: ReadonlyMap<string, StepNode>) => Promise<ReadonlyMap<string, Entry>>
export interface RunStateOptions {
  /** Versions of the plan's tools, by name. */
  readonly versions: ReadonlyMap<string, string>
  readonly on?: Sink | undefined
  /** Which steps may be joined; without it every step is a job of its own. */
  readonly joining?: Joining | undefined
  /** What a step is granted at its first attempt. */
  readonly granted: (node: StepNode) => Grant
  readonly lookUp: LookUp
  /** Why an entry of an earlier run cannot be used. */
  readonly faultOf?: (key: string) => string | undefined
  /** Called with every job that waits for nothing any more. */
  readonly ready: (job: Job) => void
}

/**
 * The state of a run, wherever its steps run: which steps there are, the outcome of each, which may start, and the events of the run.
 * The code that runs the steps reports what happened to them; which steps follow, which are lost, and which branches a list makes is decided here.
 */
export class RunState<O extends Results = Results> {
  readonly keys: Keys
  readonly outputs: StepOutputs
  readonly jobs: JobGraph
  /** Messages of the steps that failed, in the order they did. */
  readonly failures: string[] = []
  readonly tell: (happening: Happening) => void
  readonly #plan: Plan<O>
  readonly #options: RunStateOptions
  readonly #steps = new Map<string, StepNode>()
  readonly #labels = new Map<string, string>()
  readonly #states = new Map<string, StepState>()
  readonly #attempts = new Map<string, number>()
  constructor(plan: Plan<O>, options: RunStateOptions) {
    this.#plan = plan
    this.#options = options
    this.keys = keysOf(versionFrom(options.versions))
    this.outputs = new StepOutputs(this.keys)
    this.jobs = new JobGraph(this.keys, options.joining)
    this.tell = stamped(options.on ?? (() => {}))
    this.#name(plan.nodes)
  }
  /** Steps known so far, by key. */
  get steps(): ReadonlyMap<string, StepNode> {
    return this.#steps
  }
  /** Entries known so far, by key. */
  get entries(): Map<string, Entry> {
    return this.outputs.entries
  }
  /** The name by which people know a step. */
  label(key: string): string {
    return this.#labels.get(key) ?? 'each'
  }
  stateOf(key: string): StepState | undefined {
    return this.#states.get(key)
  }
  /** Whether the step still has to run, or runs. */
  isOpen(key: string): boolean {
    return this.jobs.of(key)?.state === 'open'
  }
  /** Steps that still have to run, or run. */
  open(): readonly string[] {
    return [...this.#steps.keys()].filter(key => this.isOpen(key))
  }

  /** Announces every step, and which of them are cached. */
  async begin(run: string, total: Grant): Promise<void> {
    const nodes = outerNodes(this.#plan.nodes)
    const steps = stepsByKey(nodes, this.keys).size
    const lists = nodes.some(node => node.kind === 'each') && { lists: true as const }
    this.tell({ event: 'run-started', run, plan: this.#plan.name, steps, ...lists, cpu: total.cpu, memory: total.memory })
    await this.#meet(nodes)
    this.#demand(Object.values(this.#plan.results).flatMap(refsIn), nodes)
  }
  /** Announces how the run ended. */
  end(run: string, seconds: number, cancelled: boolean): Execution<O> {
    const { failures } = this
    const state = cancelled ? 'cancelled' : failures.length > 0 ? 'failed' : 'succeeded'
    this.tell({ event: 'run-ended', run, state, seconds, ...(failures[0] && { message: failures[0] }) })
    const results = Object.entries(this.#plan.results).map(([name, given]) => [name, this.outputs.result(given, ref => this.#holds(ref))])
    const entries = [...this.#steps.keys()].flatMap(key => {
      const entry = this.entries.get(key)
      return entry ? [[this.label(key), entry] as const] : []
    })
    return { state, results: Object.fromEntries(results) as Execution<O>['results'], failures, entries: new Map(entries) } // named as the plan's
  }

  /** Whether the conditions of a ref were made: a file that a check refused is no result. */
  #holds({ conditions = [] }: Ref): boolean {
    return conditions.every(each => this.#wasMade(each.node) && this.#holds(each))
  }
  #wasMade(node: Node): boolean {
    if (node.kind === 'source') return true
    if (node.kind === 'item') return this.#wasMade(node.list.node)
    const key = this.keys.of(node)
    return node.kind === 'each' ? this.jobs.of(key)?.state === 'done' : ['cached', 'succeeded'].includes(this.#states.get(key) ?? '')
  }

  /**
   * An attempt at a step began.
   * @param group label of the last step of the chain that it is joined to
   * @param pool place of its GPU pool among those of the environment
   */
  started(key: string, attempt: number, { cpu, memory }: Grant, group?: string, pool?: number): void {
    this.#attempts.set(key, attempt)
    this.#states.set(key, 'started')
    const more = { ...(group !== undefined && { group }), ...(pool !== undefined && { pool }) }
    this.tell({ event: 'started', step: this.label(key), key, attempt, cpu, memory, ...more })
  }
  progress(key: string, progress: Progress): void {
    this.tell({ event: 'progress', step: this.label(key), ...progress })
  }
  /** The latest attempt at a step failed, and another follows. */
  retried(key: string, reason: string): void {
    if (this.isOpen(key)) this.tell({ event: 'retried', step: this.label(key), attempt: this.#attempts.get(key) ?? 1, reason })
  }
  /** An entry of an earlier run was found damaged and set aside. */
  damaged(key: string, reason: string): void {
    this.#states.set(key, 'planned')
    this.tell({ event: 'damaged', step: this.label(key), key, reason })
  }
  /** All steps of a job ended well. Without an entry: one that wrote into a pipe only. */
  succeeded(
    steps: readonly {
      readonly key: string
      readonly entry: Entry | undefined
      readonly seconds: number
      readonly usage: Usage | undefined
      /** By the clock of another machine. */
      readonly began?: string
    }[],
  ): void {
    this.#done(steps, 'succeeded', ({ key, seconds, usage, began }) =>
      this.tell({
        event: 'succeeded',
        step: this.label(key),
        key,
        seconds,
        ...(usage && { usage }),
        ...(began !== undefined && { began }),
      }),
    )
  }
  /** All steps of a job are done already, although they were to run: another run was first. */
  cached(steps: readonly { readonly key: string; readonly entry: Entry | undefined }[]): void {
    this.#done(steps, 'cached', ({ key }) => this.tell({ event: 'cached', step: this.label(key), key }))
  }
  #done<S extends { readonly key: string; readonly entry: Entry | undefined }>(
    steps: readonly S[],
    state: StepState,
    tell: (step: S) => void,
  ): void {
    const job = this.jobs.of(steps[0]!.key)
    if (job?.state !== 'open') return
    for (const step of steps) {
      if (step.entry) this.entries.set(step.key, step.entry)
      this.#states.set(step.key, state)
      tell(step)
    }
    this.close(job, 'done')
  }
  /**
   * A step failed for good. Steps that are joined to it, in its job or in others, are skipped too, and so is what follows.
   * @param joined steps of other jobs that ran with it, joined by pipes, of which nothing is kept
   */
  failed(
    key: string,
    message: string,
    { joined = [], ...more }: { readonly folder?: string; readonly cancelled?: true; readonly joined?: readonly string[] } = {},
  ): void {
    const job = this.jobs.of(key)
    if (job?.state !== 'open') return
    const label = this.label(key)
    const reason = `${label} ${more.cancelled ? 'was stopped' : 'failed'}`
    this.failures.push(message)
    this.#states.set(key, 'failed')
    this.tell({ event: 'failed', step: label, key, message, ...more })
    const others = new Set([...job.keys, ...joined.filter(other => this.isOpen(other))])
    others.delete(key)
    for (const other of others) this.#skip(other, `${label}, which it is joined to, failed`)
    const jobs = new Set([job, ...[...others].map(other => this.jobs.of(other)!)])
    for (const each of jobs) this.close(each, 'failed', reason)
  }
  skipped(key: string, reason: string): void {
    const job = this.jobs.of(key)
    if (job?.state === 'open') this.close(job, 'skipped', reason)
  }
  /** Ends a job: announces what is lost with it, and starts what waited for it. */
  close(job: Job, state: 'done' | 'failed' | 'skipped', reason = ''): void {
    const { ready, lost } = this.jobs.end(job, state, reason)
    for (const { job, reason } of lost)
      if (!('each' in job.work)) for (const key of job.keys) if (this.#states.get(key) !== 'skipped') this.#skip(key, reason)
    for (const each of ready) this.#options.ready(each)
  }
  #skip(key: string, reason: string): void {
    this.#states.set(key, 'skipped')
    this.tell({ event: 'skipped', step: this.label(key), key, reason })
  }

  /** Has the steps run again whose outputs were damaged, with what they need. */
  makeAgain(damaged: readonly Ref[]): void {
    const ready = this.jobs.demand(damaged, inOrder(nodesOf(damaged)), key => this.entries.has(key))
    for (const job of ready) this.#options.ready(job)
  }
  /** Lets a job wait for the steps that make refs; it is ready at once where they are done, and skipped where they are lost. */
  waitFor(job: Job, refs: readonly Ref[]): void {
    const lost = this.jobs.wait(job, nodesOf(refs))
    if (lost) this.close(job, 'skipped', lost.reason)
    else if (job.waiting === 0) this.#options.ready(job)
  }
  /** Once its list is written, an `each` becomes one branch for every file, and waits for them. */
  async branchOut(job: Job, each: EachNode): Promise<void> {
    if (this.outputs.branches.has(job.key)) return this.close(job, 'done')
    const items = this.outputs.items(each.list)
    if (!items) return this.close(job, 'skipped', 'the list it runs over was left out')
    const branches = items.map(({ name }) => branchOf(each, name))
    this.outputs.branches.set(job.key, branches)
    const nodes = branches.flatMap(branch => branch.nodes)
    this.#name(nodes, inSeveral(this.#plan.nodes))
    await this.#meet(nodes)
    const wanted = branches.flatMap(({ results }) => Object.values(results))
    this.#demand(wanted, nodes)
    this.waitFor(job, wanted)
  }
  /** @param several steps whose names stand in other bodies of `each`, too */
  #name(nodes: readonly Node[], several?: ReadonlySet<string>): void {
    for (const [node, label] of labels(nodes, this.keys, several)) this.#labels.set(this.keys.of(node), label)
  }
  /** Announces steps, and looks up their entries. */
  async #meet(nodes: readonly Node[]): Promise<void> {
    const fresh = stepsByKey(nodes, this.keys)
    for (const [key, node] of fresh) {
      this.#steps.set(key, node)
      this.#states.set(key, 'planned')
      const { cpu, memory } = this.#options.granted(node)
      const gpu = node.needs.gpu?.count
      this.tell({ event: 'planned', step: this.label(key), key, name: node.step.name, cpu, memory, ...(gpu !== undefined && { gpu }) })
    }
    this.jobs.rank(nodes)
    const unknown = [...fresh.keys()].filter(key => !this.entries.has(key))
    for (const [key, entry] of await this.#options.lookUp(unknown, fresh)) this.entries.set(key, entry)
  }
  /** Makes jobs for what is needed and not there, and announces what is cached. */
  #demand(wanted: readonly Ref[], nodes: readonly Node[]): void {
    const ready = this.jobs.demand(wanted, nodes, key => this.entries.has(key))
    for (const key of stepsByKey(nodes, this.keys).keys()) {
      const there = this.entries.has(key)
      const fault = there ? undefined : this.#options.faultOf?.(key)
      if (fault !== undefined) this.damaged(key, fault)
      if (there) {
        this.#states.set(key, 'cached')
        this.tell({ event: 'cached', step: this.label(key), key })
      } else if (!this.jobs.has(key)) this.#skip(key, 'not needed: what follows it is cached')
    }
    for (const job of ready) this.#options.ready(job)
  }
}
