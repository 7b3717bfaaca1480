import { redacted } from './secrets.ts'

/** CPU time and memory of one attempt, its whole process group counted; see docs/decisions for how they are read. */
export interface Usage {
  /** Seconds of CPU, user and system. */
  readonly user: number
  readonly system: number
  /** Bytes: the larger of the biggest single process (rusage) and the sampled sum over the group. */
  readonly peakMemory: number
}
/** What happened to a step or run. Displays, reports and benchmarks read nothing else. */
export type Happening =
  | {
      readonly event: 'run-started'
      readonly run: string
      readonly plan: string
      /** Steps that are known when the run starts. */
      readonly steps: number
      /** More steps follow, for each file of a list that a step writes. */
      readonly lists?: true
      readonly cpu: number
      readonly memory: number
    }
  | {
      readonly event: 'planned'
      readonly step: string
      readonly key: string
      readonly name: string
      readonly cpu: number
      readonly memory: number
      /** How many it asks for. */
      readonly gpu?: number
    }
  | { readonly event: 'cached'; readonly step: string; readonly key: string }
  /** An entry of an earlier run was found damaged and was set aside: the step runs again. It may have been reported as cached before. */
  | { readonly event: 'damaged'; readonly step: string; readonly key: string; readonly reason: string }
  | {
      readonly event: 'started'
      readonly step: string
      readonly key: string
      readonly attempt: number
      readonly cpu: number
      readonly memory: number
      /** Label of the last step of the chain it runs in, where it is joined to others. */
      readonly group?: string
      /** Place of its GPU pool among those of the environment, from 0. */
      readonly pool?: number
    }
  | { readonly event: 'progress'; readonly step: string; readonly text: string; readonly share?: number }
  | { readonly event: 'retried'; readonly step: string; readonly attempt: number; readonly reason: string }
  | {
      readonly event: 'succeeded'
      readonly step: string
      readonly key: string
      readonly seconds: number
      readonly usage?: Usage
      /** When it began, by the clock of the machine that it ran on, where others than this runner started it. RFC 3339, UTC. */
      readonly began?: string
    }
  | {
      readonly event: 'failed'
      readonly step: string
      readonly key: string
      readonly message: string
      readonly folder?: string
      /** The step did not fail by itself: the run was stopped. */
      readonly cancelled?: true
    }
  | { readonly event: 'skipped'; readonly step: string; readonly key: string; readonly reason: string }
  | {
      readonly event: 'run-ended'
      readonly run: string
      readonly state: 'succeeded' | 'failed' | 'cancelled'
      readonly seconds: number
      readonly message?: string
    }
/** An event as it is written: one line of JSON, with its time (RFC 3339, UTC). */
export type Event = { readonly at: string } & Happening
export type Sink = (event: Event) => void
/** Many events have the same millisecond, as when all steps are cached: the time is formatted once for them. No secret is in an event. */
export const stamped = (sink: Sink) => {
  let last = 0
  let at = ''
  return (happening: Happening): void => {
    const now = Date.now()
    if (now !== last) at = new Date(now).toISOString()
    last = now
    sink({ at, ...redacted(happening) })
  }
}
