import type { S3Bucket } from '../../../bucket/client.ts'
import { fullText, fullWords } from '../../../bucket/refusals.ts'
import { removeUnlessWhole } from '../../../bucket/transfer.ts'
import type { FollowedSteps } from './followed-steps.ts'
import { unlessRefused } from './log-progress.ts'
import type { PodAttempt } from './pod-attempt.ts'

/**
 * Pods that store what their steps have made. Argo's own container tries each file for half a minute, and nobody hears why it does not come
 * into the bucket: its log is looked at. No patience makes room in a bucket that is full.
 */
export class StoringPods {
  readonly #steps: FollowedSteps
  readonly #bucket: S3Bucket
  readonly #log: (pod: string, signal: AbortSignal) => Promise<string | undefined>
  /** Milliseconds for which a pod may store in silence, and between two looks. */
  readonly #pause: number
  readonly #next = new Map<string, number>()
  /** Those for which there is no room. */
  readonly #unstored = new Map<string, PodAttempt>()
  /** @param log of Argo's own container of a pod */
  constructor(
    steps: FollowedSteps,
    bucket: S3Bucket,
    log: (pod: string, signal: AbortSignal) => Promise<string | undefined>,
    pause: number,
  ) {
    this.#steps = steps
    this.#bucket = bucket
    this.#log = log
    this.#pause = pause
  }
  /** The bucket is full: nothing more can come of any pod. */
  get full(): boolean {
    return this.#unstored.size > 0
  }
  async look(storing: readonly PodAttempt[]): Promise<void> {
    await Promise.all(
      storing.map(async attempt => {
        const next = this.#next.get(attempt.id) ?? Date.now() + this.#pause
        this.#next.set(attempt.id, next)
        if (Date.now() < next) return
        this.#next.set(attempt.id, Date.now() + this.#pause)
        const log = await this.#log(attempt.pod ?? '', AbortSignal.timeout(3_000)).catch(unlessRefused)
        const why = log === undefined ? undefined : lastStoreFault(log)
        if (why !== undefined) this.#tell(attempt, why)
      }),
    )
  }
  #tell(attempt: PodAttempt, why: string): void {
    const { state } = this.#steps
    const keys = [...attempt.task.keys.values()]
    const key = keys.findLast(key => state.isOpen(key))
    if (key === undefined) return
    if (!saysFull(why)) {
      this.#steps.progress(key, { text: `its files wait for the bucket: ${why}` })
      return
    }
    this.ended(attempt, why)
    const label = state.label(key)
    const words = fullText(this.#bucket.settings, why)
    state.failed(key, `Step ${label} ended well, but what it made cannot be stored. ${words}\n  pod:     ${attempt.pod}`)
    for (const other of keys) state.skipped(other, `${label}, which shares its pod, failed`)
  }
  /** @param message why the attempt failed */
  ended(attempt: PodAttempt, message: string): void {
    if (saysFull(message)) this.#unstored.set(attempt.id, attempt)
  }
  /** Of what a full bucket holds a part only, nothing stays there: it takes room, and is of no use. Once no pod is at work any more. */
  async clear(): Promise<void> {
    for (const { task } of this.#unstored.values())
      for (const entry of task.entries) if (entry.kept) await removeUnlessWhole(this.#bucket, task.keyOf(entry))
  }
}
/** In the words of the store, why the file that is tried at the end of a log was not stored. */
function lastStoreFault(log: string): string | undefined {
  const last = log.split('\n').findLast(line => /msg="Transient S3 error"|msg="Successfully saved/.test(line))
  return last && /\berror="((?:[^"\\]|\\.)*)"/.exec(last)?.[1]?.replace(/\\"/g, '"').replace(/\.$/, '')
}
/** Whether words of a store, or of Argo with a store's in them, say that it is full. */
export const saysFull = (words: string): boolean => new RegExp(fullWords).test(words)
