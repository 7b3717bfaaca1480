import type { BucketRecord } from '../../../bucket/bucket-record.ts'
import type { S3Bucket } from '../../../bucket/client.ts'
import { type Joined, recordOf } from '../../../bucket/store-record.ts'
import type { Report } from '../../../inside/report.ts'
import { poolOf } from '../../../pods/resource-requests.ts'
import type { RunState } from '../../../run/state.ts'
import type { Entry } from '../../../store/record.ts'
import type { Store } from '../../../store/store.ts'
import type { Climbed } from '../../../vocabulary/quantity.ts'
import type { Workflow } from '../compile/manifest-schema.ts'
import { prefixOf } from '../compile/templates.ts'
import type { ArgoEnvironment } from '../settings.ts'
import { damagedObjects, type Healing } from './damage.ts'
import type { FollowedSteps } from './followed-steps.ts'
import { LogProgress, type RunningPod, unlessRefused } from './log-progress.ts'
import { PodAttempt, type PodTask } from './pod-attempt.ts'
import type { PodEvents } from './pod-events.ts'
import { PodObjects } from './pod-objects.ts'
import { StoringPods } from './storing.ts'
import type { SubmittedEntry, SubmittedTask } from './submission.ts'
import { SubmittedTasks } from './submitted-tasks.ts'
import { type FailedAttempt, failedStep, failureCause, isMade, keepLog } from './task-failure.ts'
import type { TaskState, TaskStates } from './task-states.ts'
import { type StartPatience, WaitingPods } from './waiting.ts'

export interface Reconciling {
  readonly bucket: S3Bucket
  /** Last lines of what a pod wrote, where it is still there. */
  readonly log: (pod: string, signal?: AbortSignal, container?: string) => Promise<string | undefined>
  readonly events: PodEvents
  readonly store: Store
  readonly steps: FollowedSteps
  readonly environment: ArgoEnvironment
  readonly versions: ReadonlyMap<string, string>
  readonly run: string
  readonly tasks: readonly SubmittedTask[]
  /** A workflow as it was sent. */
  readonly manifest: (workflow: number) => Workflow
  readonly healing: Healing
  /** Whether more of this run was sent after these tasks. */
  readonly followed: () => boolean
  /** Another run has sent them: what was stopped there is still to be done here. */
  readonly joined: boolean
  /** Milliseconds: between looks at logs and at pods that store, beside those of pods that cannot start. */
  readonly patience: StartPatience & { readonly progress: number; readonly storing: number }
}
/** Brings what is seen of one workflow's tasks into the state of the run. Everything is told once, however often it is seen. */
export class Reconciler {
  readonly #at: Reconciling
  readonly #tasks: SubmittedTasks
  readonly #settled = new Set<string>()
  readonly #retried = new Set<string>()
  readonly #progress: LogProgress
  readonly #waiting: WaitingPods
  readonly storing: StoringPods
  readonly left: PodObjects
  /** Records of entries in the bucket, by key: what was found there, and what pods have made. */
  readonly found: Map<string, BucketRecord>
  /** Tasks that Argo gave up, and that are to be sent once more: it knows of one attempt what it was, this client of all. */
  again = 0
  constructor(at: Reconciling, found: Map<string, BucketRecord>) {
    this.#at = at
    this.#tasks = new SubmittedTasks(at.tasks, at.steps)
    this.found = found
    this.left = new PodObjects(at.bucket)
    this.#progress = new LogProgress(at.steps, at.log, at.patience.progress)
    this.#waiting = new WaitingPods(at.steps, at.patience)
    this.storing = new StoringPods(at.steps, at.bucket, (pod, signal) => at.log(pod, signal, 'wait'), at.patience.storing)
  }
  get #state(): RunState {
    return this.#at.steps.state
  }
  /** @returns whether nothing more can come of it: all that is left waits for pods that will never start, or the bucket is full */
  async look(workflow: number, tasks: TaskStates): Promise<boolean> {
    for (;;) {
      const before = this.#settled.size
      const hopeless = await this.#lookOnce(workflow, tasks)
      await this.#at.steps.settle()
      if (this.#settled.size === before) return hopeless // a list that came may have made branches known that have ended already
    }
  }
  async #lookOnce(workflow: number, tasks: TaskStates): Promise<boolean> {
    let [moving, hopeless] = [0, 0]
    const running: RunningPod[] = []
    const storing: PodAttempt[] = []
    this.#fetchAhead(workflow, tasks)
    this.#waiting.see(tasks, this.#settled)
    for (const seen of tasks.all()) {
      if (this.#settled.has(seen.name)) continue
      const task = this.#tasks.of(workflow, seen)
      if (!task) continue
      const attempts = [...seen.attempts.keys()].sort((a, b) => a - b).map(number => new PodAttempt(task, seen, number))
      const state = await this.#lookAt(seen, task, attempts)
      if (state === 'settled') this.#settled.add(seen.name)
      else if (state === 'hopeless') hopeless++
      else moving++
      for (const attempt of attempts) {
        const { id, pod, seen } = attempt
        if (seen?.state !== 'running' || !seen.begun || pod === undefined) continue
        if (seen.storing) storing.push(attempt)
        else running.push({ attempt: id, pod, keys: task.keys })
      }
    }
    await Promise.all([this.#progress.look(running), this.storing.look(storing)])
    return this.storing.full || (hopeless > 0 && moving === 0)
  }
  /** Asks for the records of all that has ended since, at once; they are told one after another, each after what it needs. */
  #fetchAhead(workflow: number, tasks: TaskStates): void {
    for (const seen of tasks.all()) {
      const last = Math.max(...seen.attempts.keys())
      if (this.#settled.has(seen.name) || (seen.over?.state !== 'succeeded' && seen.attempts.get(last)?.state !== 'succeeded')) continue
      const task = this.#tasks.of(workflow, seen)
      if (!task) continue
      void this.left.report(new PodAttempt(task, seen, last)).catch(ignore)
      for (const entry of task.entries) if (entry.kept) void this.left.stored(task.keyOf(entry)).catch(ignore)
    }
  }
  async #lookAt(seen: TaskState, task: PodTask, attempts: readonly PodAttempt[]): Promise<'settled' | 'hopeless' | 'moving'> {
    const last = attempts.at(-1)
    for (const attempt of attempts) {
      const first = attempt.seen?.begun ? task.next() : undefined
      // A pod that begins begins with its first chain that is not done. When the others do is told by its report, in order.
      if (first) this.#chainBegun(first, attempt, attempt.seen?.climbed ? undefined : await this.#reportIfEnded(attempt))
      if (attempt.seen?.state === 'failed' && attempt !== last) await this.#tellRetry(attempt)
    }
    const latest = last ?? new PodAttempt(task, seen, 1)
    if (seen.over?.state === 'succeeded' || last?.seen?.state === 'succeeded') {
      await this.#succeeded(latest)
      return 'settled'
    }
    if (seen.over?.state === 'failed') {
      await this.#failed(latest, last?.seen?.message || seen.over.message, seen)
      return 'settled'
    }
    if (seen.over) return 'settled' // its reason is with the step that it needs
    const { stuck, unstarted } = last?.seen ?? {}
    const why = stuck ?? (unstarted && (await this.#at.events.why(unstarted)))
    if (last && why) return this.#waiting.look(seen.name, last, why)
    this.#waiting.started(seen.name)
    return 'moving'
  }
  #chainBegun(entry: SubmittedEntry, attempt: PodAttempt, report: Report | undefined): void {
    const { task, id } = attempt
    const climbed = this.#climbed(attempt, report)
    const keys = task.chainOf(entry).map(each => task.keyOf(each))
    const pool = this.#poolOf(keys)
    for (const each of task.chainOf(entry)) this.#at.steps.started(task.keyOf(each), id, climbed, task.groupOf(each), pool)
  }
  /** Place of the GPU pool that a chain was sent to, among those of the environment. */
  #poolOf(keys: readonly string[]): number | undefined {
    const { environment } = this.#at
    const members = keys.flatMap(key => this.#state.steps.get(key) ?? [])
    const pool = poolOf({ members, links: [] }, environment, node => node.step.name)
    return pool && environment.gpuPools.indexOf(pool)
  }
  /** Rungs that its pod was given. Where nothing tells, those on which it was sent. */
  #climbed({ task, seen }: PodAttempt, report: Report | undefined): Climbed {
    return report?.climbed ?? seen?.climbed ?? this.#at.steps.climbed([...task.keys.values()][0]!)
  }
  async #tellRetry(attempt: PodAttempt): Promise<void> {
    if (this.#retried.has(attempt.id)) return
    this.#retried.add(attempt.id)
    const failed = await this.#failedAttempt(attempt, attempt.seen?.message ?? '')
    await this.#tellMade(attempt, failed.report)
    this.#learn(failed)
    this.#tellAgain(failed)
  }
  #tellAgain(failed: FailedAttempt): void {
    const { attempt, report } = failed
    const { entry, key, message } = failedStep({ ...failed, again: true }, this.#state, () => '')
    this.#chainBegun(entry, attempt, report)
    this.#progress.ended(attempt.id, report, entry.place, key)
    this.#state.retried(key, message.split('\n')[0]!)
  }
  #learn(failed: FailedAttempt): boolean {
    return this.#at.steps.learn([...failed.attempt.task.keys.values()], failureCause(failed), failed.climbed)
  }
  async #failedAttempt(attempt: PodAttempt, message: string): Promise<FailedAttempt> {
    const report = await this.left.report(attempt)
    const words = message.replace(/: (now|next) memory=.*$/, '')
    return { attempt, report, message: words, climbed: this.#climbed(attempt, report), cpu: this.#at.environment.limits.cpu }
  }
  #reportIfEnded(attempt: PodAttempt): Promise<Report | undefined> | undefined {
    return /^(succeeded|failed)$/.test(attempt.seen?.state ?? '') ? this.left.report(attempt) : undefined
  }
  async #succeeded(attempt: PodAttempt): Promise<void> {
    const { task } = attempt
    const report = await this.left.report(attempt)
    this.left.settled(attempt)
    for (const entry of task.entries) {
      this.left.madeBy(attempt, entry.place, task.keyOf(entry))
      await this.#made(entry, attempt, report)
    }
    for (const entry of task.entries) {
      const key = task.keyOf(entry)
      if (!this.#state.isOpen(key)) continue
      const state = report?.steps.get(entry.place)
      if (state?.state === 'skipped') this.#state.skipped(key, state.reason)
      else {
        const fault = (await this.left.stored(key))?.fault
        this.#state.failed(
          key,
          `Step ${this.#state.label(key)} ended well, but ${fault ?? 'left no record in the bucket'}. Who else writes to it? Give the same command again.\n  pod:     ${attempt.pod ?? 'gone'}`,
        )
      }
    }
  }
  /** Tells what a pod made before it failed. */
  async #tellMade(attempt: PodAttempt, report: Report | undefined): Promise<void> {
    for (const entry of attempt.task.entries) if (isMade(report, entry.place)) await this.#made(entry, attempt, report)
  }
  /** One step of a pod whose work is done. */
  async #made(entry: SubmittedEntry, attempt: PodAttempt, report: Report | undefined): Promise<void> {
    const { task } = attempt
    const { place, kept } = entry
    const key = task.keyOf(entry)
    if (!this.#state.isOpen(key)) return
    const state = report?.steps.get(place)?.state
    if (state === 'skipped' || state === 'failed' || state === 'dropped') return
    const member = report?.members.get(place)
    if (!kept) {
      if (!member || (state !== undefined && state !== 'made')) return this.#state.cached([{ key, entry: undefined }]) // the whole chain was there
      this.#chainBegun(entry, attempt, report)
      this.#progress.ended(attempt.id, report, place, key)
      return this.#state.succeeded([{ key, entry: undefined, seconds: member.seconds, usage: member.usage, began: member.started }])
    }
    const record = (await this.left.stored(key))?.record
    this.left.forget(key)
    if (!record) return
    const made = this.entry(key, record, task.joined(entry))
    if (state === 'there') return this.#state.cached([{ key, entry: made }])
    this.#chainBegun(entry, attempt, report)
    this.#progress.ended(attempt.id, report, place, key)
    this.#state.succeeded([{ key, entry: made, seconds: record.seconds, usage: record.usage, began: record.started }])
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
  async #failed(attempt: PodAttempt, message: string, seen: TaskState): Promise<void> {
    const { log, store, run, healing, followed, manifest, environment } = this.#at
    const { task, pod } = attempt
    const failed = await this.#failedAttempt(attempt, message)
    await this.#tellMade(attempt, failed.report)
    const cancelled = /Stopped with strategy|shutdown/i.test(message)
    this.storing.ended(attempt, message)
    if (cancelled && (this.#at.joined || !attempt.seen?.begun)) return // like a step that was not begun
    const { report } = failed
    const damaged = damagedObjects(manifest(task.workflow), seen, { report, message, prefix: prefixOf(environment) })
    const reader = this.#state.label(failedStep(failed, this.#state, () => '').key)
    if (await healing.mend(damaged, { round: this, reader, followed: followed() })) return this.#tellAgain(failed)
    const logs = new Map<number, string>()
    for (const { place } of task.entries) {
      const own = await this.left.log(attempt, place)
      if (own) logs.set(place, own)
    }
    const podLog = logs.size === 0 && pod !== undefined ? await log(pod).catch(unlessRefused) : undefined
    const logOf = (place: number) => logs.get(place) ?? podLog ?? ''
    const last = { ...failed, damage: healing.told(damaged) }
    if (!cancelled && this.#learn(failed)) {
      this.again++
      return this.#tellAgain(last)
    }
    const { entry, key, message: words } = failedStep(last, this.#state, logOf)
    const label = this.#state.label(key)
    this.#chainBegun(entry, attempt, failed.report)
    this.#progress.ended(attempt.id, failed.report, entry.place, key)
    this.#state.failed(key, cancelled ? `Step ${label} was cancelled.` : words, {
      folder: keepLog(store.workFolder(run), label, logOf(entry.place)),
      joined: task.chainOf(entry).map(each => task.keyOf(each)),
      ...(cancelled && { cancelled: true as const }),
    })
  }
  /** What became of steps whose pods nobody has seen the end of: looked for in the bucket. */
  async lookInBucket(keys: Iterable<string>): Promise<void> {
    const { steps } = this.#at
    await Promise.all(
      [...keys].map(async key => {
        this.left.forget(key) // it may have come since
        const record = this.#state.isOpen(key) ? (await this.left.stored(key))?.record : undefined
        if (record)
          this.#state.succeeded([
            {
              key,
              entry: this.entry(key, record, this.#tasks.joinedTo(key)),
              seconds: record.seconds,
              usage: record.usage,
              began: record.started,
            },
          ])
      }),
    )
    await steps.settle()
  }
}
/** A fault of a promise that is awaited later is reported there. */
const ignore = () => {}
