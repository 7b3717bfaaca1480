import { setTimeout as sleep } from 'node:timers/promises'
import { cancellable, heardByMany } from '../cancellable.ts'
import { TriremeError } from '../errors.ts'
import { notice } from '../notices.ts'
import { isOutage, s3Message } from './refusals.ts'

/** How long a store that does not answer as it should is waited for, in milliseconds. */
export interface BucketPatience {
  /** Since a request failed first: a store's restart or failover takes minutes. */
  readonly outage: number
  /** The same of the first request: a mistyped endpoint is told soon. */
  readonly first: number
  /** A connection over which nothing has come or gone for so long counts as cut. */
  readonly stall: number
  /** An outage that lasts for longer is told. */
  readonly untold: number
  /** The longest time between two tries. */
  readonly pause: number
}
export const longPatience: BucketPatience = { outage: 300_000, first: 15_000, stall: 60_000, untold: 5_000, pause: 10_000 }

/** Outages of one store: what fails in passing is tried again, and people are told once what is waited for. */
export class Outages {
  readonly #of: string
  readonly #patience: BucketPatience
  readonly #signal: AbortSignal | undefined
  #told = false
  constructor(of: string, patience: BucketPatience, signal: AbortSignal | undefined) {
    this.#of = of
    this.#patience = patience
    this.#signal = signal && heardByMany(signal)
  }
  /**
   * @param act one try, from its beginning
   * @param patience milliseconds after the first failure in which it is tried again
   * @throws what the last try threw; `CANCELLED` once the signal says so
   */
  async outlast<T>(act: () => Promise<T>, patience = this.#patience.outage): Promise<T> {
    let since: Date | undefined
    for (let tries = 0; ; tries++) {
      try {
        const done = await this.#answered(act)
        if (since) this.#told = false
        return done
      } catch (cause) {
        if (!isOutage(cause)) throw cause
        since ??= new Date()
        const pause = Math.min(250 * 2 ** tries, this.#patience.pause)
        const waited = Date.now() - since.getTime()
        if (!this.#signal?.aborted && waited + pause > patience) throw cause
        if (waited >= this.#patience.untold) this.#tell(since, patience, cause)
        await sleep(pause, undefined, { signal: this.#signal }).catch(() => {
          throw new TriremeError('CANCELLED', 'Stopped.')
        })
      }
    }
  }
  /** Whoever has stopped the run waits two more seconds for an answer, not for a connection to be given up. */
  async #answered<T>(act: () => Promise<T>): Promise<T> {
    const late = new AbortController()
    let timer: NodeJS.Timeout | undefined
    const stop = () => {
      timer = setTimeout(() => late.abort(new TriremeError('CANCELLED', 'Stopped.')), 2_000)
    }
    this.#signal?.addEventListener('abort', stop)
    if (this.#signal?.aborted) stop()
    try {
      return await cancellable(act(), late.signal)
    } finally {
      clearTimeout(timer)
      this.#signal?.removeEventListener('abort', stop)
    }
  }
  #tell(since: Date, patience: number, cause: unknown): void {
    if (this.#told) return
    this.#told = true
    notice(
      `Notice: since ${timeOfDay(since)} ${this.#of} does not answer as it should (${s3Message(cause)}). It is asked again until ${timeOfDay(new Date(since.getTime() + patience))}; nothing is lost meanwhile.`,
    )
  }
}
const timeOfDay = (time: Date) => time.toTimeString().slice(0, 8)
