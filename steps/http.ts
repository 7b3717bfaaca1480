// Node's own fetch is the HTTP client: it streams, times out and keeps connections, and brings no dependency. What it has not, and no client has in
// the way needed here, is what to do when a transfer breaks off after hours: that is this file, and for long files datasets/idr0042/fetch/download.ts.

/** How patient to be with a server. */
export interface Patience {
  /** Attempts in a row that bring nothing, before a file is given up. */
  readonly attempts: number
  /** Milliseconds before the second attempt; doubled each time, up to `longest`, and shortened by chance, so that clients do not come in step. */
  readonly backoff: number
  readonly longest: number
  /** Milliseconds without a byte after which a connection is given up. */
  readonly stall: number
}
export const patience: Patience = { attempts: 6, backoff: 500, longest: 60_000, stall: 30_000 }

/** What no further attempt would mend. */
export class Refused extends Error {
  readonly status: number
  constructor(url: string, status: number) {
    super(`${url} answers ${status}`)
    this.status = status
  }
}
/** What another attempt may mend; `after` is the server's own wish, in milliseconds. */
export class Transient extends Error {
  readonly after: number | undefined
  constructor(message: string, after?: number) {
    super(message)
    this.after = after
  }
}
const mendable = new Set([408, 425, 429, 500, 502, 503, 504])
/** @throws Transient or Refused unless the status is one of those */
export function expectStatus(response: Response, ...right: readonly number[]): void {
  const { status, url, headers } = response
  if (right.includes(status)) return
  if (mendable.has(status)) throw new Transient(`${url} answers ${status}`, retryAfter(headers.get('retry-after')))
  throw new Refused(url, status)
}
/** Seconds, or a date. */
export function retryAfter(text: string | null, now = Date.now()): number | undefined {
  if (text === null) return undefined
  const wait = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined
}

/** Watches a transfer: gives it up when nothing comes for too long. */
export interface Watch {
  readonly signal: AbortSignal
  /** Something came. */
  readonly alive: () => void
}
async function watched<T>(stall: number, transfer: (watch: Watch) => Promise<T>): Promise<T> {
  const control = new AbortController()
  const arm = () => setTimeout(() => control.abort(new Transient(`nothing came for ${stall / 1000} s`)), stall)
  let timer = arm()
  const alive = () => {
    clearTimeout(timer)
    timer = arm()
  }
  try {
    return await transfer({ signal: control.signal, alive })
  } catch (error) {
    throw control.signal.aborted ? control.signal.reason : error
  } finally {
    clearTimeout(timer)
    control.abort() // lets go of a body that nobody read
  }
}
/** Calls `transfer` until it succeeds. Attempts count anew once bytes have come: `progress` says how many there are. */
export async function persistently<T>(at: Patience, transfer: (watch: Watch) => Promise<T>, progress: () => number = () => 0): Promise<T> {
  let had = progress()
  for (let failures = 0; ; ) {
    try {
      return await watched(at.stall, transfer)
    } catch (error) {
      if (!passing(error)) throw error
      failures = progress() > had ? 1 : failures + 1
      had = progress()
      if (failures >= at.attempts) throw new Error(`gave up after ${failures} attempts: ${reason(error)}`, { cause: error })
      await new Promise(done => setTimeout(done, delay(at, failures, error)))
    }
  }
}
/** The chance is one of politeness alone: what is fetched does not depend on it. */
function delay({ backoff, longest }: Patience, failures: number, error: unknown): number {
  const wished = error instanceof Transient ? error.after : undefined
  const own = Math.min(longest, backoff * 2 ** (failures - 1))
  return Math.max(Math.min(wished ?? 0, longest), own * (0.5 + Math.random() / 2))
}
/** Connections that broke, were refused, or never came to be: fetch throws a TypeError with the system's error as its cause. */
const passing = (error: unknown): boolean =>
  error instanceof Transient || (error instanceof TypeError && (error.message === 'terminated' || error.message === 'fetch failed'))
const reason = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause instanceof Error ? error.cause.message || ('code' in error.cause ? String(error.cause.code) : '') : ''
  return cause ? `${error.message} (${cause})` : error.message
}
