import type { BucketRecord } from '../../../bucket/bucket-record.ts'
import { S3Bucket } from '../../../bucket/client.ts'
import { findStored, takeAway } from '../../../bucket/transfer.ts'
import { Detached, TriremeError } from '../../../errors.ts'
import type { StepNode } from '../../../graph/node.ts'
import type { Plan, Results } from '../../../graph/plan.ts'
import { Cluster } from '../../../kubernetes/client.ts'
import { notice } from '../../../notices.ts'
import type { Execution } from '../../../run/scheduler.ts'
import type { RunState } from '../../../run/state.ts'
import type { Entry } from '../../../store/record.ts'
import { Healing } from './damage.ts'
import { FollowedSteps } from './followed-steps.ts'
import { joinable, othersOf, runLabel } from './joining.ts'
import { ownLines } from './log-progress.ts'
import type { ArgoOptions } from './options.ts'
import { PodEvents } from './pod-events.ts'
import { Reconciler } from './reconcile.ts'
import { fetchResults, inTurns } from './results.ts'
import { keepSubmission, notedIn, type Submission, submissionsIn, workflowIn } from './submission.ts'
import { submit } from './submit.ts'
import type { TaskStates } from './task-states.ts'
import { endingFault, followWorkflow, unheardOf } from './workflow-watch.ts'

/**
 * Runs a plan on a cluster: what neither this machine's store nor the bucket holds is sent as Workflows and followed to its end; results come
 * into the store under their keys. What other runs have made is not made again, wherever it was.
 * @throws TriremeError `ENVIRONMENT` when the cluster or the bucket cannot be used, `STORE`; a failing step does not throw
 */
export async function runOnArgo<O extends Results>(plan: Plan<O>, options: ArgoOptions): Promise<Execution<O>> {
  const run = new ArgoRun(plan, options)
  try {
    return await run.go()
  } catch (cause) {
    throw options.store.refusal(cause) ?? cause
  } finally {
    run.close()
  }
}
class ArgoRun<O extends Results> {
  readonly #plan: Plan<O>
  readonly #at: ArgoOptions
  readonly #steps: FollowedSteps<O>
  readonly #found = new Map<string, BucketRecord>()
  /** Keys whose entries this machine holds. */
  readonly #here = new Set<string>()
  /** What was wrong with entries of the bucket, by key. */
  readonly #faults = new Map<string, string>()
  #bucket: S3Bucket | undefined
  #healing: Healing | undefined
  #reconciler: Reconciler | undefined
  /** One for each time that something was sent, and one from before. */
  readonly #reconcilers: Reconciler[] = []
  /** Keys that this run has sent to the cluster before, by a client that went away. */
  readonly #sent: ReadonlySet<string>
  constructor(plan: Plan<O>, options: ArgoOptions) {
    this.#plan = plan
    this.#at = options
    const before = options.attach ? submissionsIn(options.store, options.run).flatMap(({ tasks }) => tasks) : []
    this.#sent = new Set(before.flatMap(({ entries }) => entries.map(({ key }) => key)))
    const { versions, on, environment } = options
    this.#steps = new FollowedSteps(plan, {
      versions,
      on,
      lookUp: (keys, steps) => this.#lookUp(keys, steps),
      faultOf: key => this.#faults.get(key),
      cpu: environment.limits.cpu,
    })
  }
  get #state(): RunState<O> {
    return this.#steps.state
  }
  close(): void {
    this.#bucket?.close()
  }
  async go(): Promise<Execution<O>> {
    const { store, run, environment, signal } = this.#at
    const started = performance.now()
    await store.begin(run)
    try {
      const { limits } = environment
      await this.#steps.begin(run, { cpu: limits.cpu ?? 0, memory: limits.memory ?? 0 })
      if (this.#state.open().length > 0 && !signal?.aborted) await this.#submitAndFollow()
      await this.#unlessStopped(fetchResults(this.#plan, { store, run, bucket: () => this.#open() }, this.#known()))
      await store.flush()
    } catch (cause) {
      store.end(run, true)
      throw cause
    }
    store.end(run, this.#state.failures.length > 0)
    return this.#state.end(run, (performance.now() - started) / 1000, signal?.aborted === true)
  }
  /** In the store of this machine, then in the bucket: a run all of whose steps are here asks nobody. */
  async #lookUp(keys: readonly string[], nodes: ReadonlyMap<string, StepNode>): Promise<ReadonlyMap<string, Entry>> {
    const all = new Map<string, Entry>()
    const missing: string[] = []
    const sent = this.#sent
    const asked = keys.filter(key => !sent.has(key)) // what this very run makes is told as it was made, not as found
    await inTurns(asked, async key => {
      const entry = await this.#at.store.find(key)
      if (entry) this.#here.add(key)
      if (entry) all.set(key, entry)
      else missing.push(key)
    })
    if (missing.length === 0) return all
    const bucket = await this.#open()
    const records = new Map<string, BucketRecord>()
    await Promise.all(
      missing.map(async key => {
        const stored = await findStored(bucket, key)
        if (stored?.record) records.set(key, stored.record)
        if (stored?.fault === undefined) return
        await takeAway(bucket, `entries/${key}/record.json`) // its record: no pod takes the rest for whole
        this.#faults.set(key, stored.fault)
      }),
    )
    // In the plan's order, since the content of a step's inputs is asked for.
    for (const key of nodes.keys()) {
      const record = records.get(key)
      if (!record) continue
      const entry = this.#reconcilerNow(bucket).entry(key, record)
      this.#state.entries.set(key, entry)
      all.set(key, entry)
    }
    return all
  }
  async #open(): Promise<S3Bucket> {
    if (this.#bucket) return this.#bucket
    const { environment, patience, signal } = this.#at
    const bucket = await S3Bucket.open(environment.bucket, process.env, { patience: patience?.bucket, signal })
    await bucket.check()
    this.#bucket = bucket
    return bucket
  }
  /** The same throughout the run; tasks and cluster come when something is sent. */
  #reconcilerNow(
    bucket: S3Bucket,
    more?: { readonly cluster: Cluster; readonly submission: Submission; readonly round: number },
  ): Reconciler {
    if (this.#reconciler && !more) return this.#reconciler
    const { store, environment, versions, run, patience = {} } = this.#at
    const { cluster, submission, round = 0 } = more ?? {}
    this.#healing ??= new Healing(bucket, this.#state, this.#here, this.#found)
    this.#reconciler = new Reconciler(
      {
        bucket,
        log: async (pod, signal, container) => {
          const log = await cluster?.log(pod, signal, container)
          return container === undefined ? ownLines(log) : log
        },
        events: new PodEvents(cluster, patience.events ?? 5_000),
        store,
        steps: this.#steps,
        environment,
        versions,
        run,
        tasks: submission?.tasks ?? [],
        joined: submission?.joined !== undefined,
        manifest: workflow => workflowIn(store, run, submission?.files[workflow] ?? ''),
        healing: this.#healing,
        followed: () => notedIn(store, run, round + 1) !== undefined,
        patience: { queued: 24 * 3_600_000, passing: 600_000, lasting: 30_000, progress: 4_000, storing: 8_000, ...patience },
      },
      this.#found,
    )
    this.#reconcilers.push(this.#reconciler)
    return this.#reconciler
  }
  /** Sends what is left to do, and follows it. */
  async #submitAndFollow(): Promise<void> {
    const { environment } = this.#at
    const { context, kubeconfig, namespace, name } = environment
    const bucket = await this.#open()
    const cluster = await Cluster.open({ context, namespace, environment: name, ...(kubeconfig !== undefined && { kubeconfig }) })
    let submission = await this.#prepare(cluster, bucket, 1)
    for (let round = 2; await this.#follow(cluster, bucket, submission, round - 1); round++) {
      const left = this.#state.open()
      const ended = this.#state.steps.size - left.length
      const healed = this.#healing?.count ?? 0
      const again = submission.joined !== undefined || (this.#reconciler?.again ?? 0) > 0
      const stands = ended === this.#endedBefore && healed === this.#healedBefore && !again
      if (left.length === 0 || (stands && this.#state.failures.length > 0)) return
      if (stands)
        throw unheardOf(
          left.map(key => this.#state.label(key)),
          submission.workflows,
        )
      this.#endedBefore = ended // not those that are left: a list that was made makes more of them
      this.#healedBefore = healed
      submission = await this.#prepare(cluster, bucket, round)
    }
  }
  #endedBefore = -1
  #healedBefore = 0
  /** What another client of this run has sent in this round is followed, not sent again: names of tasks differ with what was known. */
  async #prepare(cluster: Cluster, bucket: S3Bucket, round: number): Promise<Submission> {
    const { attach, store, run } = this.#at
    const noted = attach || round > 1 ? notedIn(store, run, round) : undefined
    if (noted) return noted
    const joined = await joinable(cluster, this.#at, this.#steps)
    if (joined) {
      notice(
        `The workflow ${joined.workflows[0]} of the run ${joined.joined} is at work on these steps already: it is followed, and nothing is sent twice.`,
      )
      return keepSubmission(store, run, round, joined, { workflows: [] })
    }
    const climbed = (key: string) => this.#steps.climbed(key)
    return submit(this.#plan, this.#at, { bucket, state: this.#state, here: this.#here, found: this.#found, climbed }, round)
  }
  /** @returns false when nothing more is to be sent */
  async #follow(cluster: Cluster, bucket: S3Bucket, submission: Submission, round: number): Promise<boolean> {
    const reconciler = this.#reconcilerNow(bucket, { cluster, submission, round })
    for (const [n, workflow] of submission.workflows.entries()) {
      if (this.#at.signal?.aborted) return false
      const mine = submission.tasks.filter(task => task.workflow === n)
      if (mine.every(task => !task.each && task.entries.every(({ key }) => !this.#state.isOpen(key)))) continue
      const joined = submission.joined !== undefined
      if (!joined) await this.#send(cluster, submission.files[n]!, workflow)
      reconciler.left.workflow = workflow
      if (!(await this.#watch(cluster, reconciler, { n, name: workflow, joined }))) return false
    }
    return true
  }
  async #send(cluster: Cluster, file: string, name: string): Promise<void> {
    const { store, run } = this.#at
    const { metadata, ...workflow } = workflowIn(store, run, file)
    const { generateName: _, ...others } = metadata
    const labels = { ...others.labels, [runLabel]: run }
    await cluster.create('workflows', { ...workflow, metadata: { ...others, name, labels } }, { fieldValidation: 'Strict' })
  }
  /** @returns false when nothing more is to be sent */
  async #watch(
    cluster: Cluster,
    reconciler: Reconciler,
    { n, name, joined }: { readonly n: number; readonly name: string; readonly joined: boolean },
  ): Promise<boolean> {
    const { signal, failFast, patience = {}, environment, store, run } = this.#at
    const state = this.#state
    let stopped = false
    const place = cluster.path('workflows', name)
    let others: readonly string[] = []
    const stop = async () => {
      if (stopped) return
      stopped = true
      others = othersOf(store, run, name)
      if (others.length > 0) notice(`The workflow ${name} is not stopped: the run ${others[0]} follows it, too.`)
      else await cluster.patch(place, { spec: { shutdown: 'Terminate' } })
    }
    const look = async (tasks: TaskStates) => {
      if (signal?.aborted) await stop() // first of all: the bucket may be away
      const hopeless = await this.#unlessStopped(reconciler.look(n, tasks))
      if (hopeless || signal?.aborted || (failFast && state.failures.length > 0)) await stop()
      return others.length > 0 || (joined && state.open().length === 0)
    }
    const following = { cluster, name, look, patience: patience.unseen ?? 60_000, ...(signal && { signal }) }
    const ending = await followWorkflow(following).catch(cause => {
      throw stopped ? cause : this.#detached(name, cause)
    })
    const open = state.open()
    // Of a workflow that is gone nothing more can be seen; what it made lies in the bucket.
    const unseen = ending.how === 'deleted' || joined ? open : open.filter(key => state.stateOf(key) === 'started')
    await this.#unlessStopped(reconciler.lookInBucket(unseen))
    await reconciler.storing.clear()
    if (ending.how === 'unseen' && !joined) await cluster.remove(place)
    const fault = stopped || joined || state.open().length === 0 ? undefined : endingFault(name, ending, environment.namespace)
    if (fault) throw fault
    if (stopped) {
      const again = reconciler.again > 0 && others.length === 0 && !signal?.aborted && !failFast
      if (again) return true
      const what = others.length > 0 ? `goes on in the run ${others[0]}` : 'was cancelled'
      for (const key of state.open())
        if (state.stateOf(key) === 'started') state.failed(key, `Step ${state.label(key)} ${what}.`, { cancelled: true })
      return false
    }
    return true
  }
  /** What is looked for in a bucket that is away; undefined once somebody has stopped the run, who does not wait for that. */
  async #unlessStopped<T>(looking: Promise<T>): Promise<T | undefined> {
    try {
      return await looking
    } catch (cause) {
      if (this.#at.signal?.aborted && cause instanceof TriremeError && cause.code === 'CANCELLED') return undefined
      throw cause
    }
  }
  /** This client gives up; its workflow does not. */
  #detached(name: string, thrown: unknown): unknown {
    const { store, run } = this.#at
    const cause = store.refusal(thrown) ?? thrown
    if (!(cause instanceof TriremeError)) return cause
    return new Detached(
      cause.code,
      `${cause.fault}\nThe workflow ${name} goes on without this client: "trireme attach ${run}", or the same command, follows it again.`,
      { cause },
    )
  }
  #known() {
    return { state: this.#state, here: this.#here, found: this.#found, logOf: (key: string) => this.#logFor(key) }
  }
  async #logFor(key: string): Promise<Buffer | undefined> {
    for (const reconciler of this.#reconcilers) {
      const log = await reconciler.left.logFor(key)
      if (log) return log
    }
    return undefined
  }
}
