import type { S3Bucket } from '../../../bucket/client.ts'
import { findStored, type Stored } from '../../../bucket/transfer.ts'
import { type Report, readReport } from '../../../inside/report.ts'
import type { PodAttempt } from './pod-attempt.ts'

/** What pods leave in the bucket: reports and logs of their attempts, records of entries. What is asked for ahead is read once. */
export class PodObjects {
  readonly #bucket: S3Bucket
  readonly #reports = new Map<string, Promise<Buffer | undefined>>()
  readonly #records = new Map<string, Promise<Stored | undefined>>()
  /** By key, the place of its step's log. */
  readonly #logs = new Map<string, string>()
  /** Name of the one whose pods are looked at. */
  workflow = ''
  constructor(bucket: S3Bucket) {
    this.#bucket = bucket
  }
  async report(attempt: PodAttempt): Promise<Report | undefined> {
    const object = attempt.object(this.workflow, 'report')
    const reading = this.#reports.get(object) ?? this.#bucket.read(object)
    this.#reports.set(object, reading)
    const text = await reading
    return text && readReport(text.toString('utf8'))
  }
  /** An attempt whose report is not asked for any more. */
  settled(attempt: PodAttempt): void {
    this.#reports.delete(attempt.object(this.workflow, 'report'))
  }
  stored(key: string): Promise<Stored | undefined> {
    const known = this.#records.get(key) ?? findStored(this.#bucket, key)
    this.#records.set(key, known)
    return known
  }
  /** To be looked for anew: a further attempt may make what is not there. */
  forget(key: string): void {
    this.#records.delete(key)
  }
  /** What a step of an attempt wrote to its standard error. */
  async log(attempt: PodAttempt, place: number): Promise<string | undefined> {
    return (await this.#bucket.read(attempt.object(this.workflow, `${place}.log`)))?.toString('utf8')
  }
  /** Remembers the attempt that made a step's entry. */
  madeBy(attempt: PodAttempt, place: number, key: string): void {
    this.#logs.set(key, attempt.object(this.workflow, `${place}.log`))
  }
  /** The log of a step whose maker is remembered. */
  async logFor(key: string): Promise<Buffer | undefined> {
    const place = this.#logs.get(key)
    return place === undefined ? undefined : this.#bucket.read(place)
  }
}
