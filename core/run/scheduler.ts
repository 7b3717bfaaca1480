import { rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Sink } from '../events.ts'
import type { Chain } from '../graph/chains.ts'
import { type Job, Jobs } from '../graph/jobs.ts'
import { type Keys, keys as keysOf } from '../graph/key.ts'
import { folderName, inSeveral } from '../graph/labels.ts'
import { type EachNode, type Node, type Ref, refsIn, type StepNode } from '../graph/node.ts'
import type { Placed } from '../graph/place.ts'
import type { Plan, Results } from '../graph/plan.ts'
import { type Branch, bodyOf, branchOf, inOrder, nodesOf } from '../graph/walk.ts'
import type { Entry } from '../store/record.ts'
import type { Store } from '../store/store.ts'
import type { Many } from '../vocabulary/kind.ts'
import { rung } from '../vocabulary/quantity.ts'
import { Grants, Pool, type Share } from './allocator.ts'
import type { Member, Outcome, RunAttempt } from './attempt.ts'
import { contentKeys } from './content-keys.ts'
import { Soundness } from './integrity.ts'
import type { Told } from './progress.ts'
import { Telling } from './state.ts'
import { Places } from './step-outputs.ts'
import type { Inputs } from './work-folder.ts'

/** How a plan runs on one machine, whatever the way a single step is run there. */
export interface RunOptions {
  readonly store: Store
  /** Versions of the plan's tools, which are part of the keys: `await readyTools(plan)`. */
  readonly versions: ReadonlyMap<string, string>
  /** Id of the run: names its work folder and stands in the records. */
  readonly run: string
  /** Cores that steps may use together. @default all */
  readonly cpu?: number
  /** Memory that steps may use together, in bytes. @default all */
  readonly memory?: number
  /** GPUs that steps may use together. @default 0 */
  readonly gpu?: number
  /** Joins steps whose both ends can stream by pipes. @default true */
  readonly stream?: boolean
  /** Ends everything at the first failure. @default false: unrelated steps go on */
  readonly failFast?: boolean
  readonly on?: Sink
  /** Ends the run: children are stopped, and what is published stays. */
  readonly signal?: AbortSignal
}
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

/** How a target runs the steps of a plan on this machine. */
export interface StepRunner {
  readonly attempt: RunAttempt
  /** Whether two steps may be joined by a pipe: in containers, those of one image. @default all may */
  readonly joins?: (writer: StepNode, reader: StepNode) => boolean
}
/**
 * Brings a plan to its results on this machine, whatever the way a single step is run there.
 * @throws TriremeError `STORE` when the store's disk refuses: is full, read-only, broken
 */
export async function runHere<O extends Results>(plan: Plan<O>, options: RunOptions, runner: StepRunner): Promise<Execution<O>> {
  try {
    return await new Scheduler(plan, options, runner).go()
  } catch (cause) {
    throw options.store.refusal(cause) ?? cause
  }
}
class Scheduler<O extends Results> {
  readonly #plan: Plan<O>
  readonly #at: RunOptions
  readonly #runAttempt: RunAttempt
  /** What steps may use together. */
  readonly #total: Share
  readonly #telling: Telling
  readonly #keys: Keys
  readonly #jobs: Jobs
  readonly #places: Places
  readonly #soundness: Soundness
  readonly #grants: Grants
  readonly #pool: Pool<Job>
  readonly #failures: string[] = []
  readonly #entries = new Map<string, Entry>()
  readonly #stop = new AbortController()
  #running = 0
  /** A fault that is no step's: nothing more is started, and what runs is ended. */
  #broken: { readonly cause: unknown } | undefined
  #finish: () => void = () => {}

  constructor(plan: Plan<O>, at: RunOptions, { attempt, joins }: StepRunner) {
    this.#plan = plan
    this.#at = at
    this.#runAttempt = attempt
    this.#keys = keysOf(tool => at.versions.get(tool) ?? 'unknown')
    this.#telling = new Telling(at.on ?? (() => {}), this.#keys)
    const { cpu = os.availableParallelism(), memory = os.totalmem(), gpu = 0, stream = true } = at
    this.#total = { cpu, memory, gpu }
    const memoryOf = ({ needs }: StepNode) => rung(needs.memory, 0)
    const joining = { memory, memoryOf, ...(joins && { joins }) }
    this.#jobs = new Jobs(this.#keys, stream ? joining : undefined)
    this.#places = new Places(this.#keys)
    this.#soundness = new Soundness(at.store, this.#keys, this.#places.entries, (key, reason) => this.#telling.damaged(key, reason))
    this.#grants = new Grants(this.#total)
    this.#pool = new Pool(this.#total)
  }
  async go(): Promise<Execution<O>> {
    const { run, signal } = this.#at
    const { cpu, memory } = this.#total
    const started = performance.now()
    const nodes = outer(this.#plan)
    this.#telling.name(this.#plan.nodes)
    for (const node of this.#plan.nodes) if (node.kind === 'step') this.#grants.check(node, this.#telling.label(this.#keys.of(node)))
    const steps = new Set(nodes.flatMap(node => (node.kind === 'step' ? [this.#keys.of(node)] : []))).size
    const lists = nodes.some(node => node.kind === 'each') && { lists: true as const }
    this.#telling.tell({ event: 'run-started', run, plan: this.#plan.name, steps, ...lists, cpu, memory })
    const cancel = () => this.#stop.abort()
    signal?.addEventListener('abort', cancel)
    if (signal?.aborted) cancel()
    await this.#at.store.begin(run)
    this.#telling.planned(nodes, node => this.#grants.of(node, 1))
    this.#jobs.rank(nodes)
    await this.#lookUp(nodes)
    const ready = this.#jobs.demand(Object.values(this.#plan.results).flatMap(refsIn), nodes, key => this.#places.entries.has(key))
    this.#tellFound(nodes)
    for (const job of ready) this.#queue(job)
    await new Promise<void>(done => {
      this.#finish = done
      this.#pump()
    })
    signal?.removeEventListener('abort', cancel)
    if (this.#broken) await this.#leave(this.#broken.cause)
    await this.#at.store.flush()
    for (const spare of this.#spare) rmSync(spare, { recursive: true, force: true })
    this.#at.store.end(run, this.#failures.length > 0)
    const state = signal?.aborted ? 'cancelled' : this.#failures.length > 0 ? 'failed' : 'succeeded'
    this.#telling.tell({
      event: 'run-ended',
      run,
      state,
      seconds: (performance.now() - started) / 1000,
      ...(this.#failures[0] && { message: this.#failures[0] }),
    })
    const results = Object.entries(this.#plan.results).map(([name, given]) => [name, this.#places.result(given)])
    return { state, results: Object.fromEntries(results) as Execution<O>['results'], failures: this.#failures, entries: this.#entries }
  }
  /** Leaves the store as well as it lets itself be left. */
  async #leave(cause: unknown): Promise<never> {
    try {
      await this.#at.store.flush()
      this.#at.store.end(this.#at.run, true)
    } catch {
      // The first fault is the one to be told.
    }
    throw cause
  }
  async #lookUp(nodes: readonly Node[]): Promise<void> {
    const wanted = [...new Set(nodes.flatMap(node => (node.kind === 'step' ? [this.#keys.of(node)] : [])))]
    for (let n = 0; n < wanted.length; n += 64)
      await Promise.all(
        wanted.slice(n, n + 64).map(async key => {
          const entry = await this.#at.store.find(key)
          if (entry) this.#places.entries.set(key, entry)
        }),
      )
  }
  /** Says what was found, and what is not there but not needed either. */
  #tellFound(nodes: readonly Node[]): void {
    const keys = new Set(nodes.flatMap(node => (node.kind === 'step' ? [this.#keys.of(node)] : [])))
    for (const key of keys) {
      const entry = this.#places.entries.get(key)
      const step = this.#telling.label(key)
      const fault = this.#at.store.faults.get(key)
      if (fault !== undefined && !entry) this.#telling.damaged(key, fault)
      if (entry) this.#entries.set(step, entry)
      if (entry) this.#telling.cached(key)
      else if (!this.#jobs.has(key)) this.#telling.skipped(key, 'not needed: what follows it is cached')
    }
  }
  #queue(job: Job): void {
    const share = 'each' in job.work ? nothing : this.#grants.ofChain(job.work.members, job.attempts + 1)
    this.#pool.add(job, job.rank, share)
  }
  /** Starts what fits; ends when no job is open, or when stopped and nothing runs any more. */
  #pump(): void {
    while (!this.#stop.signal.aborted) {
      const taken = this.#pool.take()
      if (!taken) break
      this.#running++
      this.#start(taken.item).then(
        () => this.#landed(taken.share),
        (cause: unknown) => {
          this.#broken ??= { cause }
          this.#stop.abort()
          this.#landed(taken.share)
        },
      )
    }
    if (this.#running === 0 && (this.#jobs.open === 0 || this.#stop.signal.aborted)) this.#finish()
  }
  #landed(share: Share): void {
    this.#running--
    this.#pool.give(share)
    this.#pump()
  }
  async #start(job: Job): Promise<void> {
    if (job.state !== 'open') return
    if ('each' in job.work) return this.#branchOut(job, job.work.each)
    const { work } = job
    const refs = work.members.flatMap((node, n) =>
      Object.entries(node.inputs).flatMap(([slot, given]) =>
        work.links[n - 1]?.slot === slot ? [] : refsIn(given).flatMap(ref => this.#places.origins(ref)),
      ),
    )
    const again = this.#soundness.awaited(refs)
    if (again.length > 0) return this.#waitAgain(job, again)
    const unsound = await this.#soundness.unsound(refs)
    if (unsound.length > 0) return this.#makeAgain(job, unsound)
    const inputs: Inputs[] = []
    for (const [n, node] of work.members.entries()) {
      const own: Record<string, Inputs[string]> = {}
      for (const [slot, given] of Object.entries(node.inputs)) {
        if (work.links[n - 1]?.slot === slot) continue
        const filled = this.#places.fill(given)
        if (filled === undefined) return this.#end(job, 'skipped', `its input "${slot}" was left out by the step that may make it`)
        own[slot] = filled
      }
      inputs.push(own)
    }
    const content = contentKeys(work, this.#keys, this.#places)
    if (job.attempts === 0 && (await this.#standIn(job, work, content))) return
    if (!this.#at.store.claim(job.key)) return this.#waitForOther(job)
    try {
      if (job.attempts === 0 && (await this.#madeMeanwhile(job, work))) return
      await this.#attempt(job, work, inputs, content)
    } finally {
      this.#at.store.release(job.key)
    }
  }
  /** Has the steps run again whose outputs were damaged, with what they need, and the job after them. */
  #makeAgain(job: Job, damaged: readonly Ref[]): void {
    const ready = this.#jobs.demand(damaged, inOrder(nodesOf(damaged)), key => this.#places.entries.has(key))
    for (const each of ready) this.#queue(each)
    this.#waitAgain(job, damaged)
  }
  #waitAgain(job: Job, refs: readonly Ref[]): void {
    const lost = this.#jobs.wait(job, nodesOf(refs))
    if (lost) this.#end(job, 'skipped', lost.reason)
    else if (job.waiting === 0) this.#queue(job)
  }
  /** Another runner is making it: look again a little later, meanwhile others may run. */
  #waitForOther(job: Job): void {
    const timer = setTimeout(() => {
      this.#stop.signal.removeEventListener('abort', stop)
      this.#queue(job)
      this.#pump()
    }, 200)
    const stop = () => {
      clearTimeout(timer)
      this.#pump()
    }
    this.#stop.signal.addEventListener('abort', stop, { once: true })
  }
  /** Files of a chain that are written: what its last step makes, and what is teed. */
  #written = ({ links, members }: Chain): readonly number[] =>
    members.flatMap((_, n) => (links[n] === undefined || links[n].tee ? [n] : []))
  /** Another runner may have made it since we looked. */
  async #madeMeanwhile(job: Job, work: Chain): Promise<boolean> {
    const places = this.#written(work)
    return this.#takeOver(job, places, await Promise.all(places.map(n => this.#at.store.find(job.keys[n]!))))
  }
  /** Early cut-off: where the same recipe met the same contents before, what it made then stands in. */
  async #standIn(job: Job, work: Chain, content: readonly string[]): Promise<boolean> {
    const places = this.#written(work)
    const entries = await Promise.all(places.map(n => this.#at.store.findSame(content[n]!)))
    if (!this.#takeOver(job, places, entries)) return false
    for (const [n, entry] of entries.entries()) if (entry) this.#at.store.standIn(job.keys[places[n]!]!, entry)
    return true
  }
  /** Ends a job with entries that are there already, if all are. */
  #takeOver(job: Job, places: readonly number[], entries: readonly (Entry | undefined)[]): boolean {
    if (!entries.every(entry => entry !== undefined)) return false
    for (const [n, key] of job.keys.entries()) {
      const entry = entries[places.indexOf(n)]
      if (entry) this.#places.entries.set(key, entry)
      if (entry) this.#entries.set(this.#telling.label(key), entry)
      this.#telling.cached(key)
    }
    this.#end(job, 'done')
    return true
  }
  /** Private folders that are free: as many as steps ran at once. */
  readonly #spare: string[] = []
  #folders = 0
  #folder(): string {
    return this.#spare.pop() ?? path.join(this.#at.store.workFolder(this.#at.run), `.${++this.#folders}`)
  }
  async #attempt(job: Job, work: Chain, inputs: readonly Inputs[], content: readonly string[]): Promise<void> {
    const number = ++job.attempts
    const members = work.members.map((node, n) => this.#member(node, job.keys[n]!, number, inputs[n]!, content[n]!))
    this.#telling.started(members, job.keys, number)
    const progress = (n: number, told: Told) => this.#telling.tell({ event: 'progress', step: members[n]!.label, ...told })
    const at = { members, links: work.links, number, run: this.#at.run, signal: this.#stop.signal, progress }
    const outcome = await this.#runAttempt(at, this.#at.store, this.#keys)
    if (outcome.state === 'done') this.#succeeded(job, members, outcome)
    else await this.#failed(job, members, outcome)
  }
  #member(node: StepNode, key: string, attempt: number, inputs: Inputs, content: string): Member {
    const { store, run, versions } = this.#at
    const { cpu, memory } = this.#grants.of(node, attempt)
    const label = this.#telling.label(key)
    const kept = path.join(store.workFolder(run), folderName(label))
    const tools = Object.fromEntries(node.step.tools.map(tool => [tool.name, versions.get(tool.name) ?? 'unknown']))
    return { node, label, inputs, cpu, memory, folder: this.#folder(), kept, versions: tools, content }
  }
  #succeeded(job: Job, members: readonly Member[], { entries, ended }: Extract<Outcome, { state: 'done' }>): void {
    this.#spare.push(...members.map(({ folder }) => folder))
    for (const [n, { label: step }] of members.entries()) {
      const key = job.keys[n]!
      const entry = entries[n]
      if (entry) {
        this.#places.entries.set(key, entry)
        this.#soundness.trust(entry)
        this.#entries.set(step, entry)
      }
      const { seconds, usage } = ended[n]!
      this.#telling.tell({ event: 'succeeded', step, key, seconds, ...(usage && { usage }) })
    }
    this.#end(job, 'done')
  }
  /** Tries again where that may help; else those that were joined to it end with it, and those that follow. */
  async #failed(job: Job, members: readonly Member[], outcome: Extract<Outcome, { state: 'failed' }>): Promise<void> {
    const { member, cause, message, folder } = outcome
    const { node, label: step } = members[member]!
    if (this.#grants.mayTryAgain(node, cause, job.attempts)) {
      this.#telling.tell({ event: 'retried', step, attempt: job.attempts, reason: message.split('\n')[0]! })
      if (cause === 'transient' && node.step.retry.pause) await pause(node.step.retry.pause, this.#stop.signal)
      return this.#queue(job)
    }
    this.#failures.push(message)
    const cancelled = cause === 'cancelled' && { cancelled: true as const }
    this.#telling.tell({ event: 'failed', step, key: job.keys[member]!, message, folder, ...cancelled })
    for (const [n, key] of job.keys.entries()) if (n !== member) this.#telling.skipped(key, `${step}, which it is joined to, failed`)
    this.#end(job, 'failed', `${step} ${cancelled ? 'was stopped' : 'failed'}`)
    if (this.#at.failFast) this.#stop.abort()
  }
  #end(job: Job, state: 'done' | 'failed' | 'skipped', reason = ''): void {
    const { ready, lost } = this.#jobs.end(job, state, reason)
    for (const { job, reason } of lost) if (!('each' in job.work)) for (const key of job.keys) this.#telling.skipped(key, reason)
    for (const job of ready) this.#queue(job)
  }
  /** Once its list is written, an `each` becomes one branch for every file, and waits for them. */
  async #branchOut(job: Job, node: EachNode): Promise<void> {
    if (this.#places.branches.has(job.key)) return this.#end(job, 'done')
    const items = this.#places.items(node.list)
    if (!items) return this.#end(job, 'skipped', 'the list it runs over was left out')
    const branches: readonly Branch[] = items.map(({ name }) => branchOf(node, name))
    this.#places.branches.set(job.key, branches)
    const nodes = branches.flatMap(branch => branch.nodes)
    this.#telling.name(nodes, inSeveral(this.#plan.nodes))
    this.#telling.planned(nodes, node => this.#grants.of(node, 1))
    await this.#lookUp(nodes)
    const wanted = branches.flatMap(({ results }) => Object.values(results))
    this.#jobs.rank(nodes)
    const ready = this.#jobs.demand(wanted, nodes, key => this.#places.entries.has(key))
    this.#tellFound(nodes)
    const lost = this.#jobs.wait(job, nodesOf(wanted))
    for (const job of ready) this.#queue(job)
    if (lost) return this.#end(job, 'skipped', lost.reason)
    if (job.waiting === 0) this.#queue(job)
  }
}
const nothing: Share = { cpu: 0, memory: 0, gpu: 0 }
/** The plan's nodes but for the bodies of `each`, whose steps exist only once the list is written. */
function outer(plan: Plan): readonly Node[] {
  const inside = new Set<Node>(plan.nodes.flatMap(node => (node.kind === 'each' ? bodyOf(node) : [])))
  return plan.nodes.filter(node => !inside.has(node))
}
const pause = (seconds: number, signal: AbortSignal) =>
  new Promise<void>(done => {
    const timer = setTimeout(done, seconds * 1000)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      done()
    })
  })
