import type { BucketRecord } from '../../../bucket/bucket-record.ts'
import type { S3Bucket } from '../../../bucket/client.ts'
import { type Joined, recordOf } from '../../../bucket/store-record.ts'
import { findStored } from '../../../bucket/transfer.ts'
import { maySkip } from '../../../graph/left-out.ts'
import { type Report, readReport } from '../../../inside/report.ts'
import type { RunState } from '../../../run/state.ts'
import type { Entry } from '../../../store/record.ts'
import type { Store } from '../../../store/store.ts'
import type { ArgoEnvironment } from '../settings.ts'
import type { FollowedSteps } from './followed-steps.ts'
import { LogProgress, type RunningPod, unlessRefused } from './log-progress.ts'
import type { Stuck } from './status.ts'
import { pipedOutput, type SubmittedEntry, type SubmittedTask } from './submission.ts'
import { type FailedAttempt, failedStep, isMade, keepLog } from './task-failure.ts'
import type { TaskState, TaskStates } from './task-states.ts'

export interface Reconciling {
  readonly bucket: S3Bucket
  /** Last lines of what a pod wrote, where it is still there. */
  readonly log: (pod: string, signal?: AbortSignal) => Promise<string | undefined>
  readonly store: Store
  readonly steps: FollowedSteps
  readonly environment: ArgoEnvironment
  readonly versions: ReadonlyMap<string, string>
  readonly run: string
  readonly tasks: readonly SubmittedTask[]
  /** Milliseconds after which a pod that cannot start is given up: of what passes when others end, of what may pass, and of what does not. */
  readonly patience: { readonly queued: number; readonly passing: number; readonly lasting: number; readonly progress: number }
}
/** Brings what is seen of one workflow's tasks into the state of the run. Everything is told once, however often it is seen. */
export class Reconciler {
  readonly #at: Reconciling
  readonly #tasks: ReadonlyMap<string, SubmittedTask>
  readonly #settled = new Set<string>()
  readonly #retried = new Set<string>()
  /** By key, the place of its log in the bucket. */
  readonly #logs = new Map<string, string>()
  readonly #stuckSince = new Map<string, number>()
  /** When a pod was last seen at work. */
  #busy = 0
  readonly #telling: LogProgress
  /** Records of entries in the bucket, by key: what was found there, and what pods have made. */
  readonly found: Map<string, BucketRecord>
  workflow = ''
  constructor(at: Reconciling, found: Map<string, BucketRecord>) {
    this.#at = at
    this.#tasks = new Map(at.tasks.map(task => [`${task.workflow} ${task.name}`, task]))
    this.found = found
    this.#telling = new LogProgress(at.steps, at.log, at.patience.progress)
  }
  get #state(): RunState {
    return this.#at.steps.state
  }
  /** @returns whether all that is left waits for pods that will never start */
  async look(number: number, units: TaskStates): Promise<boolean> {
    for (;;) {
      const before = this.#settled.size
      const hopeless = await this.#lookOnce(number, units)
      await this.#at.steps.settle()
      if (this.#settled.size === before) return hopeless // a list that came may have made branches known that have ended already
    }
  }
  async #lookOnce(number: number, units: TaskStates): Promise<boolean> {
    let [moving, hopeless] = [0, 0]
    const running: RunningPod[] = []
    this.#fetchAhead(number, units)
    if (this.#isBusy(units)) this.#busy = Date.now()
    for (const unit of units.all()) {
      if (this.#settled.has(unit.name)) continue
      const task = this.#tasks.get(`${number} ${unit.task}`)
      const keys = task && this.#keysOf(task, unit)
      if (!task || !keys) continue
      const state = await this.#lookAt(unit, task, keys)
      if (state === 'settled') this.#settled.add(unit.name)
      else if (state === 'hopeless') hopeless++
      else moving++
      for (const [attempt, { state, begun, pod }] of unit.attempts)
        if (state === 'running' && begun && pod !== undefined) running.push({ attempt: `${unit.name} ${attempt}`, pod, keys })
    }
    await this.#telling.look(running)
    return hopeless > 0 && moving === 0
  }
  /** Whether a pod of ours runs, or has just ended: then those for which no node has room wait for it, be it for days. */
  #isBusy(units: TaskStates): boolean {
    for (const { name, over, attempts } of units.all()) {
      const state = [...attempts.values()].at(-1)?.state
      if (!over && !this.#settled.has(name) && state !== undefined && state !== 'waiting') return true
    }
    return false
  }
  /** Records of what has ended since, asked for all at once; they are told one after another, each after what it needs. */
  #fetchAhead(number: number, units: TaskStates): void {
    for (const unit of units.all()) {
      const last = Math.max(...unit.attempts.keys())
      if (this.#settled.has(unit.name) || (unit.over?.state !== 'succeeded' && unit.attempts.get(last)?.state !== 'succeeded')) continue
      const task = this.#tasks.get(`${number} ${unit.task}`)
      const keys = task && this.#keysOf(task, unit)
      if (!keys) continue
      void this.#report(task, keys, last).catch(later)
      for (const { place, kept } of task.entries) if (kept) void this.#stored(keys.get(place)!).catch(later)
    }
  }
  readonly #ahead = new Map<string, Promise<Buffer | undefined>>()
  readonly #records = new Map<string, Promise<BucketRecord | undefined>>()
  #stored(key: string): Promise<BucketRecord | undefined> {
    const known = this.#records.get(key) ?? findStored(this.#at.bucket, key)
    this.#records.set(key, known)
    return known
  }
  /** By place. Undefined while a branch's own keys, or its steps, are not known. */
  #keysOf(task: SubmittedTask, unit: TaskState): ReadonlyMap<number, string> | undefined {
    if (!task.each) return new Map(task.entries.map(({ place, key }) => [place, key]))
    // A pod is given keys only of steps that leave files: one of them tells the branch.
    const { parameter = '' } = task.entries.find(({ kept }) => kept) ?? {}
    const branch = unit.parameters?.get(parameter) ?? ''
    const keys = this.#branchKeys(task, branch)
    return [...keys.values()].every(key => this.#state.steps.has(key)) ? keys : undefined
  }
  /** @param branch key of any step of the branch */
  #branchKeys({ entries }: SubmittedTask, branch: string): ReadonlyMap<number, string> {
    return new Map(entries.map(({ place, key }) => [place, this.#at.steps.sibling(branch, key) ?? '']))
  }
  async #lookAt(
    unit: TaskState,
    task: SubmittedTask,
    keys: ReadonlyMap<number, string>,
  ): Promise<'settled' | 'hopeless' | 'moving' | 'waiting'> {
    const numbers = [...unit.attempts.keys()].sort((a, b) => a - b)
    const last = numbers.at(-1)
    for (const number of numbers) {
      const attempt = unit.attempts.get(number)!
      if (attempt.begun) this.#begun(number, task, keys)
      if (attempt.state === 'failed' && number !== last) await this.#tellRetry(unit, number, task, keys)
    }
    const attempt = last === undefined ? undefined : unit.attempts.get(last)!
    if (unit.over?.state === 'succeeded' || attempt?.state === 'succeeded') {
      await this.#succeeded(unit, last ?? 1, task, keys)
      return 'settled'
    }
    if (unit.over?.state === 'failed') {
      await this.#failed(unit, last ?? 1, task, keys, attempt?.message || unit.over.message)
      return 'settled'
    }
    if (unit.over) return 'settled' // its reason is with the step that it needs
    if (attempt?.stuck) return this.#waits(unit, attempt.stuck, [...keys.values()], attempt.pod)
    this.#stuckSince.delete(unit.name)
    return 'moving'
  }
  /** Says what a pod waits for; gives it up when that has lasted. */
  #waits(unit: TaskState, { why, passing, queued, advice }: Stuck, keys: readonly string[], pod: string | undefined) {
    const { steps, patience } = this.#at
    const since = this.#stuckSince.get(unit.name) ?? Date.now()
    this.#stuckSince.set(unit.name, since)
    steps.progress(keys[0]!, { text: `waits: ${why}` })
    const given = queued ? patience.queued : passing ? patience.passing : patience.lasting
    if (Date.now() - (passing ? Math.max(since, this.#busy) : since) < given) return 'moving' as const
    const key = keys.find(key => this.#state.isOpen(key))
    if (key) this.#state.failed(key, `Step ${this.#state.label(key)} could not start: ${why}. ${advice}\n  pod:     ${pod ?? 'none'}`)
    for (const other of keys) this.#state.skipped(other, `${this.#state.label(key ?? other)}, which shares its pod, failed`)
    return 'hopeless' as const
  }
  /** A pod that begins begins with its first chain that is not done. When the others do is told by its report, in order. */
  #begun(attempt: number, task: SubmittedTask, keys: ReadonlyMap<number, string>): void {
    const first = task.entries.find(({ place }) => this.#state.isOpen(keys.get(place)!))
    const chain = task.entries.filter(each => each.chain === first?.chain)
    const certain = chain.every(({ place }) => !maySkip(this.#state.steps.get(keys.get(place)!)!))
    if (first && certain) this.#chainBegun(first, attempt, task, keys)
  }
  #chainBegun({ chain }: SubmittedEntry, attempt: number, task: SubmittedTask, keys: ReadonlyMap<number, string>): void {
    for (const entry of task.entries)
      if (entry.chain === chain) this.#at.steps.started(keys.get(entry.place)!, attempt, this.#group(entry, task, keys))
  }
  #group(entry: SubmittedEntry, task: SubmittedTask, keys: ReadonlyMap<number, string>): string | undefined {
    const chain = task.entries.filter(({ chain }) => chain === entry.chain)
    return chain.length > 1 ? this.#state.label(keys.get(chain.at(-1)!.place)!) : undefined
  }
  async #tellRetry(unit: TaskState, number: number, task: SubmittedTask, keys: ReadonlyMap<number, string>): Promise<void> {
    const mark = `${unit.name} ${number}`
    if (this.#retried.has(mark)) return
    this.#retried.add(mark)
    const fallen = await this.#fallen(unit, number, task, keys, unit.attempts.get(number)!.message)
    for (const entry of task.entries)
      if (isMade(fallen.report, entry.place)) await this.#made(entry, number, task, keys, fallen.report, mark)
    const { entry, key, message } = failedStep(task.entries, keys, this.#state, fallen, () => '')
    this.#chainBegun(entry, number, task, keys)
    this.#telling.ended(mark, fallen.report, entry.place, key)
    this.#state.retried(key, message.split('\n')[0]!)
  }
  async #fallen(
    unit: TaskState,
    attempt: number,
    task: SubmittedTask,
    keys: ReadonlyMap<number, string>,
    message: string,
  ): Promise<FailedAttempt> {
    return {
      report: await this.#report(task, keys, attempt),
      message,
      pod: unit.attempts.get(attempt)?.pod,
      attempt,
      cpu: this.#at.environment.limits.cpu,
    }
  }
  /** Reports lie below the key of the first step of the pod that leaves files. */
  #reportPlace(task: SubmittedTask, keys: ReadonlyMap<number, string>, attempt: number, file: string): string {
    const first = task.entries.find(({ kept }) => kept) ?? task.entries[0]!
    return `runs/${this.workflow}/${keys.get(first.place)}/${attempt - 1}/${file}`
  }
  async #report(task: SubmittedTask, keys: ReadonlyMap<number, string>, attempt: number): Promise<Report | undefined> {
    const place = this.#reportPlace(task, keys, attempt, 'report')
    const reading = this.#ahead.get(place) ?? this.#at.bucket.read(place)
    this.#ahead.set(place, reading)
    const text = await reading
    return text && readReport(text.toString('utf8'))
  }
  async logOf(task: SubmittedTask, keys: ReadonlyMap<number, string>, attempt: number, place: number): Promise<Buffer | undefined> {
    return this.#at.bucket.read(this.#reportPlace(task, keys, attempt, `${place}.log`))
  }
  async #succeeded(unit: TaskState, attempt: number, task: SubmittedTask, keys: ReadonlyMap<number, string>): Promise<void> {
    const report = await this.#report(task, keys, attempt)
    this.#ahead.delete(this.#reportPlace(task, keys, attempt, 'report'))
    for (const entry of task.entries) {
      this.#logs.set(keys.get(entry.place)!, this.#reportPlace(task, keys, attempt, `${entry.place}.log`))
      await this.#made(entry, attempt, task, keys, report, `${unit.name} ${attempt}`)
    }
    for (const { place } of task.entries) {
      const key = keys.get(place)!
      if (!this.#state.isOpen(key)) continue
      const state = report?.steps.get(place)
      if (state?.state === 'skipped') this.#state.skipped(key, state.reason)
      else
        this.#state.failed(
          key,
          `Step ${this.#state.label(key)} ended well, but left no record in the bucket. Who else writes to it? Give the same command again.\n  pod:     ${unit.attempts.get(attempt)?.pod ?? 'gone'}`,
        )
    }
  }
  /** One step of a pod whose work is done. */
  async #made(
    entry: SubmittedEntry,
    attempt: number,
    task: SubmittedTask,
    keys: ReadonlyMap<number, string>,
    report: Report | undefined,
    mark: string,
  ): Promise<void> {
    const { place, kept } = entry
    const key = keys.get(place)!
    if (!this.#state.isOpen(key)) return
    const state = report?.steps.get(place)?.state
    if (state === 'skipped' || state === 'failed' || state === 'dropped') return
    const member = report?.members.get(place)
    if (!kept) {
      if (!member || (state !== undefined && state !== 'made')) return this.#state.cached([{ key, entry: undefined }]) // the whole chain was there
      this.#chainBegun(entry, attempt, task, keys)
      this.#telling.ended(mark, report, place, key)
      return this.#state.succeeded([{ key, entry: undefined, seconds: member.seconds, usage: member.usage }])
    }
    const record = await this.#stored(key)
    this.#records.delete(key)
    if (!record) return
    const made = this.entry(key, record, this.#joined(entry, task, keys))
    if (state === 'there') return this.#state.cached([{ key, entry: made }])
    this.#chainBegun(entry, attempt, task, keys)
    this.#telling.ended(mark, report, place, key)
    this.#state.succeeded([{ key, entry: made, seconds: record.seconds, usage: record.usage }])
  }
  /** How a step was joined to others of its pod. */
  #joined(entry: SubmittedEntry, { entries }: SubmittedTask, keys: ReadonlyMap<number, string>): Joined {
    const chain = entries.filter(({ chain }) => chain === entry.chain)
    const pipe = pipedOutput(entry, entries, this.#state.steps.get(keys.get(entry.place)!)!.step)
    return { ...(chain.length > 1 && { group: chain.map(({ place }) => this.#state.label(keys.get(place)!)) }), ...(pipe && { pipe }) }
  }
  /** The same of a step whose pod is not at hand. */
  #joinedTo(key: string): Joined | undefined {
    for (const task of this.#at.tasks) {
      const keys = task.each ? this.#branchKeys(task, key) : undefined
      const entry = task.entries.find(entry => key === (keys ? keys.get(entry.place) : entry.key))
      if (entry) return this.#joined(entry, task, keys ?? new Map(task.entries.map(({ place, key }) => [place, key])))
    }
    return undefined
  }
  /**
   * An entry of the bucket as one of the store's, which it may become.
   * @param joined where this run made it; of what another has made it is not known
   */
  entry(key: string, record: BucketRecord, joined: Joined = {}): Entry {
    const { store, versions, run, environment } = this.#at
    this.found.set(key, record)
    const node = this.#state.steps.get(key)!
    const composing = {
      keys: this.#state.keys,
      places: this.#state.outputs,
      versions,
      run,
      label: this.#state.label(key),
      cpu: environment.limits.cpu,
      ...joined,
    }
    return { folder: store.entryFolder(key), record: recordOf(node, record, composing) }
  }
  async #failed(unit: TaskState, attempt: number, task: SubmittedTask, keys: ReadonlyMap<number, string>, message: string): Promise<void> {
    const { log, store, run } = this.#at
    const fallen = await this.#fallen(unit, attempt, task, keys, message)
    const mark = `${unit.name} ${attempt}`
    for (const entry of task.entries)
      if (isMade(fallen.report, entry.place)) await this.#made(entry, attempt, task, keys, fallen.report, mark)
    const cancelled = /Stopped with strategy|shutdown/i.test(message)
    if (cancelled && !unit.attempts.get(attempt)?.begun) return // like a step that was not begun
    const logs = new Map<number, string>()
    for (const { place } of task.entries) {
      const own = await this.logOf(task, keys, attempt, place)
      if (own) logs.set(place, own.toString('utf8'))
    }
    const podLog = logs.size === 0 && fallen.pod !== undefined ? await log(fallen.pod).catch(unlessRefused) : undefined
    const { entry, key, message: told } = failedStep(task.entries, keys, this.#state, fallen, place => logs.get(place) ?? podLog ?? '')
    const label = this.#state.label(key)
    this.#chainBegun(entry, attempt, task, keys)
    this.#telling.ended(mark, fallen.report, entry.place, key)
    const folder = keepLog(store.workFolder(run), label, logs.get(entry.place) ?? podLog ?? '')
    const joined = task.entries.filter(({ chain }) => chain === entry.chain).map(({ place }) => keys.get(place)!)
    this.#state.failed(key, cancelled ? `Step ${label} was cancelled.` : told, {
      folder,
      joined,
      ...(cancelled && { cancelled: true as const }),
    })
  }
  /** What a step that this run saw succeed wrote to its standard error. */
  async logFor(key: string): Promise<Buffer | undefined> {
    const place = this.#logs.get(key)
    return place === undefined ? undefined : this.#at.bucket.read(place)
  }
  /** What became of steps whose pods nobody has seen the end of: looked for in the bucket. */
  async lookInBucket(keys: Iterable<string>): Promise<void> {
    const { steps, bucket } = this.#at
    await Promise.all(
      [...keys].map(async key => {
        const record = this.#state.isOpen(key) ? await findStored(bucket, key) : undefined
        if (record)
          this.#state.succeeded([
            { key, entry: this.entry(key, record, this.#joinedTo(key)), seconds: record.seconds, usage: record.usage },
          ])
      }),
    )
    await steps.settle()
  }
}
/** Whoever awaits it hears of the fault. */
const later = () => {}
