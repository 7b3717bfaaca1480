import os from 'node:os'
import path from 'node:path'
import { heardByMany } from '../cancellable.ts'
import type { Sink } from '../events.ts'
import type { Chain } from '../graph/chains.ts'
import type { Job } from '../graph/jobs.ts'
import { versionsOf } from '../graph/key.ts'
import { folderName } from '../graph/labels.ts'
import { type Ref, refsIn, type StepNode } from '../graph/node.ts'
import type { Plan, Results } from '../graph/plan.ts'
import type { Entry } from '../store/record.ts'
import type { Store } from '../store/store.ts'
import { rung } from '../vocabulary/quantity.ts'
import { Allocator, ResourcePool, type Share } from './allocator.ts'
import type { Attempt, Member, Outcome, RunAttempt } from './attempt.ts'
import { contentKeys } from './content-keys.ts'
import { Integrity } from './integrity.ts'
import type { Progress } from './progress.ts'
import { type Execution, RunState } from './state.ts'
import type { Inputs } from './work-folder.ts'

export type { Execution, Made } from './state.ts'

/** How a plan runs on one machine, whether as processes or in containers. */
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
/** How a target runs the steps of a plan on this machine. */
export interface StepRunner {
  readonly attempt: RunAttempt
  /** Whether two steps may be joined by a pipe: in containers, those of one image. @default all may */
  readonly joins?: (writer: StepNode, reader: StepNode) => boolean
}
/**
 * Runs a plan on this machine, whether as processes or in containers: `attempt` runs the single step.
 * @throws TriremeError `STORE` when the store's disk refuses: is full, read-only, broken
 */
export async function runHere<O extends Results>(plan: Plan<O>, options: RunOptions, runner: StepRunner): Promise<Execution<O>> {
  try {
    return await new Scheduler(plan, options, runner).go()
  } catch (cause) {
    throw options.store.refusal(cause) ?? cause
  }
}
/** How many entries are looked up at a time. */
const lookUpsAtOnce = 64
/** Milliseconds until a step that another runner is making is looked for again. */
const lookAgain = 200
const nothing: Share = { cpu: 0, memory: 0, gpu: 0 }

/** Starts jobs as the resources allow, the most urgent first, and reports their outcome to the run's state. */
class Scheduler<O extends Results> {
  readonly #plan: Plan<O>
  readonly #at: RunOptions
  readonly #runAttempt: RunAttempt
  /** What steps may use together. */
  readonly #total: Share
  readonly #state: RunState<O>
  readonly #soundness: Integrity
  readonly #grants: Allocator
  readonly #pool: ResourcePool<Job>
  readonly #stop = new AbortController()
  #running = 0
  /** A fault that is not a step's, such as a full disk: nothing more is started, and running steps are ended. */
  #broken: { readonly cause: unknown } | undefined
  #finish: () => void = () => {}

  constructor(plan: Plan<O>, at: RunOptions, { attempt, joins }: StepRunner) {
    this.#plan = plan
    this.#at = at
    this.#runAttempt = attempt
    const { cpu = os.availableParallelism(), memory = os.totalmem(), gpu = 0, stream = true, store } = at
    this.#total = { cpu, memory, gpu }
    this.#grants = new Allocator(this.#total)
    this.#pool = new ResourcePool(this.#total)
    const memoryOf = ({ needs }: StepNode) => rung(needs.memory, 0)
    this.#state = new RunState(plan, {
      versions: at.versions,
      on: at.on,
      joining: stream ? { memory, memoryOf, ...(joins && { joins }) } : undefined,
      granted: node => this.#grants.of(node, 0),
      lookUp: keys => this.#lookUp(keys),
      faultOf: key => store.faults.get(key),
      ready: job => this.#queue(job),
    })
    heardByMany(this.#stop.signal)
    const { keys, entries } = this.#state
    this.#soundness = new Integrity(store, keys, entries, (key, reason) => this.#state.damaged(key, reason), this.#stop.signal)
  }
  async go(): Promise<Execution<O>> {
    const { run, signal, store } = this.#at
    const state = this.#state
    const started = performance.now()
    for (const node of this.#plan.nodes) if (node.kind === 'step') this.#grants.check(node, state.label(state.keys.of(node)))
    const cancel = () => this.#stop.abort()
    signal?.addEventListener('abort', cancel)
    if (signal?.aborted) cancel()
    await store.begin(run)
    await state.begin(run, this.#total)
    await new Promise<void>(done => {
      this.#finish = done
      this.#pump()
    })
    signal?.removeEventListener('abort', cancel)
    if (this.#broken) await this.#leave(this.#broken.cause)
    await store.flush()
    store.end(run, state.failures.length > 0)
    return state.end(run, (performance.now() - started) / 1000, signal?.aborted === true)
  }
  /** Closes the store at the end of the run, as far as its disk still allows. */
  async #leave(cause: unknown): Promise<never> {
    try {
      await this.#at.store.flush()
      this.#at.store.end(this.#at.run, true)
    } catch {
      // The first fault is the one that is reported.
    }
    throw cause
  }
  async #lookUp(keys: readonly string[]): Promise<ReadonlyMap<string, Entry>> {
    const found = new Map<string, Entry>()
    for (let n = 0; n < keys.length; n += lookUpsAtOnce)
      await Promise.all(
        keys.slice(n, n + lookUpsAtOnce).map(async key => {
          const entry = await this.#at.store.find(key)
          if (entry) found.set(key, entry)
        }),
      )
    return found
  }
  #queue(job: Job): void {
    const share = 'each' in job.work ? nothing : this.#grants.ofChain(job.work.members, job.climbed.memory)
    this.#pool.add(job, job.rank, share)
  }
  /** Starts what fits; ends when no job is open, or when stopped and nothing runs any more. */
  #pump(): void {
    while (!this.#stop.signal.aborted) {
      const taken = this.#pool.take()
      if (!taken) break
      this.#running++
      this.#start(taken.item).then(
        () => this.#ended(taken.share),
        (cause: unknown) => {
          if (cause !== this.#stop.signal.reason) this.#broken ??= { cause }
          this.#stop.abort()
          this.#ended(taken.share)
        },
      )
    }
    if (this.#running === 0 && (this.#state.jobs.open === 0 || this.#stop.signal.aborted)) this.#finish()
  }
  #ended(share: Share): void {
    this.#running--
    this.#pool.give(share)
    this.#pump()
  }
  async #start(job: Job): Promise<void> {
    if (job.state !== 'open') return
    const { work } = job
    if ('each' in work) return this.#state.branchOut(job, work.each)
    const refs = this.#reads(work)
    const again = this.#soundness.awaited(refs)
    if (again.length > 0) return this.#state.waitFor(job, again)
    const unsound = await this.#soundness.unsound(refs)
    if (unsound.length > 0) {
      this.#state.makeAgain(unsound)
      return this.#state.waitFor(job, unsound)
    }
    const inputs = this.#inputs(work)
    if ('missing' in inputs)
      return this.#state.close(job, 'skipped', `its input "${inputs.missing}" was left out by the step that may make it`)
    const content = contentKeys(work, this.#state.keys, this.#state.outputs)
    if (job.attempts === 0 && (await this.#standIn(job, work, content))) return
    if (!this.#at.store.claim(job.key)) return this.#waitForOther(job)
    try {
      if (job.attempts === 0 && (await this.#madeMeanwhile(job, work))) return
      await this.#attempt(job, work, inputs.filled, content)
    } finally {
      this.#at.store.release(job.key)
    }
  }
  /** The outputs that a chain reads from outside of it. */
  #reads({ members, links }: Chain): readonly Ref[] {
    return members.flatMap((node, n) =>
      Object.entries(node.inputs).flatMap(([slot, given]) =>
        links[n - 1]?.slot === slot ? [] : refsIn(given).flatMap(ref => this.#state.outputs.origins(ref)),
      ),
    )
  }
  /** What fills the slots of each member, but for the one that reads from the member before. */
  #inputs({ members, links }: Chain): { readonly filled: readonly Inputs[] } | { readonly missing: string } {
    const filled: Inputs[] = []
    for (const [n, node] of members.entries()) {
      const own: Record<string, Inputs[string]> = {}
      for (const [slot, given] of Object.entries(node.inputs)) {
        if (links[n - 1]?.slot === slot) continue
        const files = this.#state.outputs.fill(given)
        if (files === undefined) return { missing: slot }
        own[slot] = files
      }
      filled.push(own)
    }
    return { filled }
  }
  /** Another runner is making it: look again a little later, meanwhile others may run. */
  #waitForOther(job: Job): void {
    const timer = setTimeout(() => {
      this.#stop.signal.removeEventListener('abort', stop)
      this.#queue(job)
      this.#pump()
    }, lookAgain)
    const stop = () => {
      clearTimeout(timer)
      this.#pump()
    }
    this.#stop.signal.addEventListener('abort', stop, { once: true })
  }
  /** Files of a chain that are written: the outputs of its last step, and copies of links. */
  #written = ({ links, members }: Chain): readonly number[] =>
    members.flatMap((_, n) => (links[n] === undefined || links[n].tee ? [n] : []))
  /** Another runner may have made it in the meantime. */
  async #madeMeanwhile(job: Job, work: Chain): Promise<boolean> {
    const places = this.#written(work)
    return this.#takeOver(job, places, await Promise.all(places.map(n => this.#at.store.find(job.keys[n]!))))
  }
  /** Early cut-off: where the same recipe ran on the same contents before, its outputs are taken. */
  async #standIn(job: Job, work: Chain, content: readonly string[]): Promise<boolean> {
    const places = this.#written(work)
    const entries = await Promise.all(places.map(n => this.#at.store.findSame(content[n]!)))
    if (!this.#takeOver(job, places, entries)) return false
    for (const [n, entry] of entries.entries()) if (entry) this.#at.store.standIn(job.keys[places[n]!]!, entry)
    return true
  }
  /** Ends a job with entries that are there already, if all are. */
  #takeOver({ keys }: Job, places: readonly number[], entries: readonly (Entry | undefined)[]): boolean {
    if (!entries.every(entry => entry !== undefined)) return false
    this.#state.cached(keys.map((key, n) => ({ key, entry: entries[places.indexOf(n)] })))
    return true
  }
  #folders = 0
  /** A private folder, for one attempt: what an earlier one left running never meets it. */
  #folder(): string {
    return path.join(this.#at.store.workFolder(this.#at.run), `.${++this.#folders}`)
  }
  async #attempt(job: Job, { members: nodes, links }: Chain, inputs: readonly Inputs[], content: readonly string[]): Promise<void> {
    const number = ++job.attempts
    const { climbed } = job
    const { store, run } = this.#at
    const members = nodes.map((node, n) => this.#member(node, job.keys[n]!, climbed.memory, inputs[n]!, content[n]!))
    const group = members.length > 1 ? members.at(-1)!.label : undefined
    for (const [n, member] of members.entries()) this.#state.started(job.keys[n]!, number, member, group)
    const progress = (n: number, latest: Progress) => this.#state.progress(job.keys[n]!, latest)
    const at: Attempt = { members, links, number, climbed, run, signal: this.#stop.signal, progress }
    const outcome = await this.#runAttempt(at, store, this.#state.keys)
    if (outcome.state === 'done') this.#succeeded(job, outcome)
    else await this.#failed(job, nodes, outcome)
  }
  #member(node: StepNode, key: string, climbed: number, inputs: Inputs, content: string): Member {
    const { store, run, versions } = this.#at
    const { cpu, memory } = this.#grants.of(node, climbed)
    const label = this.#state.label(key)
    const kept = path.join(store.workFolder(run), folderName(label))
    const tools = versionsOf(node, versions)
    return { node, label, inputs, cpu, memory, folder: this.#folder(), kept, versions: tools, content }
  }
  #succeeded({ keys }: Job, { entries, ended }: Extract<Outcome, { state: 'done' }>): void {
    for (const entry of entries) if (entry) this.#soundness.trust(entry)
    this.#state.succeeded(keys.map((key, n) => ({ key, entry: entries[n], seconds: ended[n]!.seconds, usage: ended[n]!.usage })))
  }
  /** Tries again where that may help. */
  async #failed(job: Job, nodes: readonly StepNode[], outcome: Extract<Outcome, { state: 'failed' }>): Promise<void> {
    const { member, cause, message, folder } = outcome
    const node = nodes[member]!
    const key = job.keys[member]!
    if (this.#grants.mayTryAgain(node, cause, job)) {
      if (cause === 'memory' || cause === 'time') job.climbed = { ...job.climbed, [cause]: job.climbed[cause] + 1 }
      else if (cause === 'transient' || cause === 'touched') job.cost[cause]++
      this.#state.retried(key, message.split('\n')[0]!)
      if (cause === 'transient' && node.step.retry.pause) await pause(node.step.retry.pause, this.#stop.signal)
      return this.#queue(job)
    }
    this.#state.failed(key, message, { folder, ...(cause === 'cancelled' && { cancelled: true }) })
    if (this.#at.failFast) this.#stop.abort()
  }
}
const pause = (seconds: number, signal: AbortSignal) =>
  new Promise<void>(done => {
    const timer = setTimeout(done, seconds * 1000)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      done()
    })
  })
