import os from 'node:os'
import path from 'node:path'
import { TriremeError } from '../errors.ts'
import { type Sink, stamped } from '../events.ts'
import { bodyOf, instance, nodesOf, upstream } from '../graph.ts'
import { type Keys, keys as keysOf } from '../key.ts'
import { fileOf } from '../kind.ts'
import type { EachNode, Node, StepNode } from '../node.ts'
import type { Results } from '../pipeline.ts'
import { type Placed, placedSource } from '../place.ts'
import type { Plan } from '../plan.ts'
import { bytesText, rung, rungs } from '../quantity.ts'
import { type Given, isList, isRef, type Ref, refsIn } from '../ref.ts'
import { attempt } from '../run/attempt.ts'
import { placedFrom } from '../run/harvest.ts'
import { folderName, labels } from '../run/labels.ts'
import { Pool, type Share } from '../run/pool.ts'
import type { Filled } from '../run/work.ts'
import type { Entry, Store } from '../store/store.ts'

export interface LocalOptions {
  readonly store: Store
  /** Versions of the plan's tools as found: `readyTools` gives them. */
  readonly versions: ReadonlyMap<string, string>
  readonly run: string
  /** Cores that steps may use together. @default all */
  readonly cpu?: number
  /** Memory that steps may use together, in bytes. @default all */
  readonly memory?: number
  /** @default 0 */
  readonly gpu?: number
  /** Ends everything at the first failure. @default false: unrelated steps go on */
  readonly failFast?: boolean
  readonly on?: Sink
  readonly signal?: AbortSignal
}
/** A result as it lies in the store; undefined where its step failed, was skipped, or left it out. */
export type Made<R> = R extends Ref ? Placed | readonly Placed[] | undefined : R extends readonly unknown[] ? readonly (Placed | undefined)[] : Readonly<Record<string, Placed | undefined>>
export interface LocalResult<O extends Results> {
  readonly state: 'succeeded' | 'failed' | 'cancelled'
  readonly results: { readonly [N in keyof O]: Made<O[N]> }
  /** Messages of the steps that failed, in the order they did. */
  readonly failures: readonly string[]
  /** Entries of the steps that a result rests on and that were looked at, by label. */
  readonly entries: ReadonlyMap<string, Entry>
}
interface Job {
  readonly node: StepNode | EachNode
  readonly key: string
  readonly label: string
  readonly followers: Job[]
  /** Longest path that follows: the more, the sooner. */
  readonly rank: number
  state: 'waiting' | 'done' | 'failed' | 'skipped'
  waiting: number
  attempts: number
  /** For an `each`: its results, one for each file of the list. */
  branches?: readonly Readonly<Record<string, Ref>>[]
}

/** Runs a plan as processes of this machine. Work is kept under its key: a second run finds it done. */
export async function runLocally<O extends Results>(plan: Plan<O>, options: LocalOptions): Promise<LocalResult<O>> {
  const run = new LocalRun(plan, options)
  return run.go()
}
class LocalRun<O extends Results> {
  readonly #plan: Plan<O>
  readonly #at: LocalOptions
  readonly #tell: ReturnType<typeof stamped>
  readonly #keys: Keys
  readonly #total: Share
  readonly #pool: Pool<Job>
  readonly #jobs = new Map<string, Job>()
  readonly #entries = new Map<string, Entry>()
  readonly #labels: Map<Node, string>
  readonly #ranks = new Map<string, number>()
  readonly #failures: string[] = []
  readonly #stop = new AbortController()
  readonly #byLabel = new Map<string, Entry>()
  #open = 0
  #running = 0
  #finished: () => void = () => {}
  #broken: (cause: unknown) => void = () => {}

  constructor(plan: Plan<O>, at: LocalOptions) {
    this.#plan = plan
    this.#at = at
    this.#tell = stamped(at.on ?? (() => {}))
    this.#keys = keysOf(tool => at.versions.get(tool) ?? 'unknown')
    this.#total = { cpu: at.cpu ?? os.availableParallelism(), memory: at.memory ?? os.totalmem(), gpu: at.gpu ?? 0 }
    this.#pool = new Pool(this.#total)
    this.#labels = new Map(labels(plan.nodes, this.#keys))
  }
  async go(): Promise<LocalResult<O>> {
    const { run, signal } = this.#at
    const started = performance.now()
    checkResources(this.#plan, this.#total, this.#labels)
    const steps = new Set(this.#outer().flatMap(node => (node.kind === 'step' ? [this.#keys.of(node)] : []))).size
    this.#tell({ event: 'run-started', run, plan: this.#plan.name, steps, cpu: this.#total.cpu, memory: this.#total.memory })
    const cancel = () => this.#stop.abort()
    signal?.addEventListener('abort', cancel)
    if (signal?.aborted) cancel()
    await this.#needed()
    await new Promise<void>((finished, broken) => {
      this.#finished = finished
      this.#broken = cause => {
        this.#stop.abort()
        broken(cause)
      }
      this.#pump()
    })
    signal?.removeEventListener('abort', cancel)
    const state = signal?.aborted ? 'cancelled' : this.#failures.length > 0 ? 'failed' : 'succeeded'
    this.#tell({ event: 'run-ended', run, state, seconds: (performance.now() - started) / 1000, ...(this.#failures[0] && { message: this.#failures[0] }) })
    const results = Object.entries(this.#plan.results).map(([name, given]) => [name, this.#result(given)])
    return { state, results: Object.fromEntries(results) as LocalResult<O>['results'], failures: this.#failures, entries: this.#byLabel }
  }
  /** Finds what is there, and makes jobs for what the results still need: nothing upstream of a cached step runs. */
  async #needed(): Promise<void> {
    const nodes = this.#outer().filter(node => node.kind === 'step' || node.kind === 'each')
    for (const node of nodes) if (node.kind === 'step') this.#announce(node)
    for (const node of [...nodes].reverse()) this.#raise(node)
    await this.#lookUp(nodes)
    this.#demand(nodesOf(Object.values(this.#plan.results).flatMap(refsIn)))
    for (const node of nodes) {
      if (node.kind !== 'step') continue
      const key = this.#keys.of(node)
      const entry = this.#entries.get(key)
      if (entry && !this.#byLabel.has(this.#label(node))) {
        this.#byLabel.set(this.#label(node), entry)
        this.#tell({ event: 'cached', step: this.#label(node), key })
      } else if (!entry && !this.#jobs.has(key)) this.#tell({ event: 'skipped', step: this.#label(node), key, reason: 'what needs it is cached' })
    }
  }
  /** The plan's nodes but for the bodies of `each`, whose steps exist only once the list is written. */
  #outer(): readonly Node[] {
    const inside = new Set<Node>(this.#plan.nodes.flatMap(node => (node.kind === 'each' ? bodyOf(node) : [])))
    return this.#plan.nodes.filter(node => !inside.has(node))
  }
  readonly #announced = new Set<string>()
  #announce(node: StepNode): void {
    const key = this.#keys.of(node)
    if (this.#announced.has(key)) return
    this.#announced.add(key)
    const { cpu, memory } = this.#share(node, 1)
    this.#tell({ event: 'planned', step: this.#label(node), key, name: node.step.name, cpu, memory })
  }
  /** Rank of a node: set on what it needs, so nodes come in reverse order. */
  #raise(node: Node): void {
    const own = this.#ranks.get(this.#keys.of(node)) ?? 1
    for (const before of upstream(node)) {
      const key = this.#keys.of(before)
      this.#ranks.set(key, Math.max(this.#ranks.get(key) ?? 1, own + 1))
    }
  }
  async #lookUp(nodes: readonly Node[]): Promise<void> {
    const wanted = [...new Set(nodes.flatMap(node => (node.kind === 'step' ? [this.#keys.of(node)] : [])))].filter(key => !this.#entries.has(key))
    for (let n = 0; n < wanted.length; n += 64)
      await Promise.all(
        wanted.slice(n, n + 64).map(async key => {
          const entry = await this.#at.store.find(key)
          if (entry) this.#entries.set(key, entry)
        }),
      )
  }
  /** Makes a job for every node that is needed and not there; each node's upstream is demanded in turn. */
  #demand(roots: readonly Node[]): readonly Job[] {
    const made: Job[] = []
    const stack = [...roots]
    while (stack.length > 0) {
      const node = stack.pop()!
      if (node.kind === 'item') stack.push(...upstream(node))
      if (node.kind !== 'step' && node.kind !== 'each') continue
      const key = this.#keys.of(node)
      if (this.#jobs.has(key) || this.#entries.has(key)) continue
      const job: Job = { node, key, label: this.#label(node), followers: [], rank: this.#ranks.get(key) ?? 1, state: 'waiting', waiting: 0, attempts: 0 }
      this.#jobs.set(key, job)
      made.push(job)
      this.#open++
      stack.push(...upstream(node))
    }
    for (const job of made) this.#link(job, upstream(job.node))
    for (const job of made) if (job.waiting === 0) this.#queue(job)
    return made
  }
  #link(job: Job, before: readonly Node[]): void {
    const keys = new Set(before.flatMap(node => (node.kind === 'item' ? upstream(node) : [node])).map(node => this.#keys.of(node)))
    for (const key of keys) {
      const other = this.#jobs.get(key)
      if (!other || other.state === 'done') continue
      other.followers.push(job)
      job.waiting++
    }
  }
  #share(node: StepNode, attempt: number): Share {
    const memory = Math.min(rung(node.needs.memory, attempt - 1), this.#total.memory)
    return { cpu: Math.min(node.needs.cpu, this.#total.cpu), memory, gpu: node.needs.gpu?.count ?? 0 }
  }
  #queue(job: Job): void {
    this.#pool.add(job, job.rank, job.node.kind === 'step' ? this.#share(job.node, job.attempts + 1) : { cpu: 0, memory: 0, gpu: 0 })
  }
  /** Starts what fits; ends when nothing is open, or nothing runs and nothing can start. */
  #pump(): void {
    while (!this.#stop.signal.aborted) {
      const taken = this.#pool.take()
      if (!taken) break
      this.#running++
      this.#start(taken.item, taken.share)
        .catch(this.#broken)
        .finally(() => {
          this.#running--
          this.#pool.give(taken.share)
          this.#pump()
        })
    }
    if (this.#running === 0 && (this.#open === 0 || this.#stop.signal.aborted)) this.#finished()
  }
  async #start(job: Job, share: Share): Promise<void> {
    if (job.state !== 'waiting') return
    if (job.node.kind === 'each') return this.#expand(job, job.node)
    const inputs: Record<string, Filled> = {}
    for (const [slot, given] of Object.entries(job.node.inputs)) {
      const filled = this.#fill(given, 'many' in job.node.step.inputs[slot]!)
      if (filled === undefined) return this.#settle(job, 'skipped', `its input "${slot}" was left out by the step that may make it`)
      inputs[slot] = filled
    }
    await this.#try(job, job.node, inputs, share)
  }
  async #try(job: Job, node: StepNode, inputs: Readonly<Record<string, Filled>>, share: Share): Promise<void> {
    const number = ++job.attempts
    this.#tell({ event: 'started', step: job.label, key: job.key, attempt: number, cpu: share.cpu, memory: share.memory })
    const folder = path.join(this.#at.store.workFolder(this.#at.run), folderName(job.label))
    const versions = Object.fromEntries(node.step.tools.map(tool => [tool.name, this.#at.versions.get(tool.name) ?? 'unknown']))
    const signal = this.#stop.signal
    const outcome = await attempt({ node, label: job.label, inputs, number, cpu: share.cpu, memory: share.memory, folder, run: this.#at.run, versions, signal }, this.#at.store, this.#keys)
    if (outcome.state === 'done') {
      this.#entries.set(job.key, outcome.entry)
      this.#byLabel.set(job.label, outcome.entry)
      const { seconds, usage } = outcome.ended
      this.#tell({ event: 'succeeded', step: job.label, key: job.key, seconds, ...(usage && { usage }) })
      return this.#settle(job, 'done')
    }
    const again =
      outcome.cause === 'memory' ? number < rungs(node.needs.memory).length && rung(node.needs.memory, number) <= this.#total.memory
      : outcome.cause === 'time' ? number < rungs(node.needs.time!).length // it had a limit to exceed
      : outcome.cause === 'transient' ? number <= node.step.retry.times
      : false
    if (again) {
      this.#tell({ event: 'retried', step: job.label, attempt: number, reason: outcome.message.split('\n')[0]! })
      if (outcome.cause === 'transient' && node.step.retry.pause) await new Promise(done => setTimeout(done, node.step.retry.pause! * 1000))
      return this.#queue(job)
    }
    this.#failures.push(outcome.message)
    this.#tell({ event: 'failed', step: job.label, key: job.key, message: outcome.message, folder: outcome.folder })
    this.#settle(job, 'failed')
    if (this.#at.failFast) this.#stop.abort()
  }
  /** Ends a job and tells its followers; a failure skips all that needs it. */
  #settle(job: Job, state: 'done' | 'failed' | 'skipped', reason?: string): void {
    const ended: { job: Job; state: Job['state']; reason: string | undefined }[] = [{ job, state, reason }]
    for (let next = ended.pop(); next; next = ended.pop()) {
      const { job, state, reason } = next
      if (job.state !== 'waiting') continue
      job.state = state
      this.#open--
      if (state === 'skipped' && job.node.kind === 'step') this.#tell({ event: 'skipped', step: job.label, key: job.key, reason: reason ?? '' })
      for (const follower of job.followers) {
        if (state === 'failed') ended.push({ job: follower, state: 'skipped', reason: `${job.label} failed` })
        else if (state === 'skipped' && !this.#takesWhatIsThere(follower, job)) ended.push({ job: follower, state: 'skipped', reason: reason ?? `${job.label} was skipped` })
        else if (--follower.waiting === 0) this.#queue(follower)
      }
    }
  }
  /** A `many` slot takes what is there; so does the gathering of an `each`, unless the absence comes from a failure. */
  #takesWhatIsThere(follower: Job, skipped: Job): boolean {
    if (this.#failures.length > 0 && this.#behindFailure(skipped)) return false
    if (follower.node.kind === 'each') return follower.branches !== undefined
    return Object.entries(follower.node.inputs).every(([slot, given]) => {
      const uses = refsIn(given).some(ref => this.#keys.of(ref.node) === skipped.key)
      return !uses || ('many' in (follower.node as StepNode).step.inputs[slot]! && !isRef(given)) // a step, since not an each
    })
  }
  #behindFailure(job: Job): boolean {
    return upstream(job.node).some(node => ['failed'].includes(this.#jobs.get(this.#keys.of(node))?.state ?? ''))
  }
  /** Once its list is written, an `each` becomes one copy of its body for every file, and waits for them. */
  async #expand(job: Job, node: EachNode): Promise<void> {
    if (job.branches) return this.#settle(job, 'done')
    const names = this.#listNames(node.list)
    if (names === undefined) return this.#settle(job, 'skipped', 'the list it runs over was left out')
    job.branches = names.map(name => instance(node, name))
    const roots = nodesOf(job.branches.flatMap(branch => Object.values(branch)))
    const fresh = [...new Set(roots)].filter(root => root.kind === 'step' || root.kind === 'each')
    const all = names.flatMap((name, n) => stepsOf(Object.values(job.branches![n]!), node, name))
    for (const { step, name } of all) this.#labels.set(step, `${step.step.name}[${name.replace(/[\p{Cc}\p{Cf}]/gu, '?')}]`)
    for (const { step } of all) this.#announce(step)
    await this.#lookUp(all.map(({ step }) => step))
    for (const { step } of all) {
      const entry = this.#entries.get(this.#keys.of(step))
      if (entry) this.#tell({ event: 'cached', step: this.#label(step), key: this.#keys.of(step) })
    }
    this.#demand(fresh)
    this.#link(job, fresh)
    if (job.waiting === 0) this.#queue(job)
  }
  #listNames(list: Ref): readonly string[] | undefined {
    const placed = this.#placed(list)
    return isList(placed) ? (placed as readonly Placed[]).map(each => path.basename(each.path)) : undefined // a list's places, by its kind
  }
  #label(node: Node): string {
    return this.#labels.get(node) ?? (node.kind === 'each' ? 'each' : node.kind)
  }
  #fill(given: Given, many: boolean): Filled | undefined {
    if (isRef(given)) return this.#placed(given)
    if (isList(given)) {
      const all = given.map(ref => this.#placed(ref as Ref) as Placed | undefined) // single files, checked when the graph was made
      return all.filter(each => each !== undefined)
    }
    const all = Object.entries(given).map(([name, ref]) => [name, this.#placed(ref) as Placed | undefined] as const)
    const there = all.filter((pair): pair is readonly [string, Placed] => pair[1] !== undefined)
    return many || there.length === all.length ? Object.fromEntries(there) : undefined
  }
  /** Where a ref's file is; undefined where it was left out, skipped, or is not made yet. */
  #placed(ref: Ref): Placed | readonly Placed[] | undefined {
    const { node } = ref
    if (node.kind === 'source') return placedSource(node, fileOf(ref.kind))
    if (node.kind === 'item') return (this.#placed(node.list) as readonly Placed[] | undefined)?.find(each => path.basename(each.path) === node.name)
    const key = this.#keys.of(node)
    if (node.kind === 'each') {
      const branches = this.#jobs.get(key)?.branches
      return branches?.map(branch => this.#placed(branch[ref.port]!) as Placed | undefined).filter(each => each !== undefined)
    }
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    const kind = node.step.outputs[ref.port]!
    const files = placedFrom(entry.folder, ref.port, kind, entry.record.outputs[ref.port] ?? [])
    return 'many' in kind ? files : files[0]
  }
  #result(given: Given): unknown {
    if (isRef(given)) return this.#placed(given)
    if (isList(given)) return given.map(ref => this.#placed(ref as Ref))
    return Object.fromEntries(Object.entries(given).map(([name, ref]) => [name, this.#placed(ref)]))
  }
}
/** The steps that were copied for one file: those that a branch needs and that rest on its item. */
function stepsOf(refs: readonly Ref[], each: EachNode, name: string): { step: StepNode; name: string }[] {
  const found = new Map<Node, boolean>()
  const rests = (node: Node): boolean => {
    const known = found.get(node)
    if (known !== undefined) return known
    const yes = (node.kind === 'item' && node.name === name && node.list.node === each.list.node) || upstream(node).map(rests).some(Boolean)
    found.set(node, yes)
    return yes
  }
  nodesOf(refs).forEach(rests)
  return [...found].flatMap(([node, yes]) => (yes && node.kind === 'step' ? [{ step: node, name }] : []))
}
/** @throws TriremeError `RESOURCES` when a step's first attempt asks for more memory or GPUs than there are */
function checkResources(plan: Plan, total: Share, names: ReadonlyMap<Node, string>): void {
  for (const node of plan.nodes) {
    if (node.kind !== 'step') continue
    const memory = rung(node.needs.memory, 0)
    if (memory > total.memory)
      throw new TriremeError('RESOURCES', `Step ${names.get(node)} needs ${bytesText(memory)} of memory, and this run may use ${bytesText(total.memory)}. Raise --memory, run it on a larger machine, or lower the step's needs.memory.`)
    const gpus = node.needs.gpu?.count ?? 0
    if (gpus > total.gpu)
      throw new TriremeError('RESOURCES', `Step ${names.get(node)} needs ${gpus} GPU${gpus > 1 ? 's' : ''}, and this run may use ${total.gpu}. Run it in an environment that has them, or choose the CPU for that step.`)
  }
}
