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
      /** Those known when it starts. */
      readonly steps: number
      /** Steps follow for each file of a list that a step writes. */
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
    }
  | { readonly event: 'cached'; readonly step: string; readonly key: string }
  /** What an earlier run made is not any more what it was, and was taken away: the step runs again. It may have been told as cached before. */
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
    }
  | { readonly event: 'progress'; readonly step: string; readonly text: string; readonly share?: number }
  | { readonly event: 'retried'; readonly step: string; readonly attempt: number; readonly reason: string }
  | { readonly event: 'succeeded'; readonly step: string; readonly key: string; readonly seconds: number; readonly usage?: Usage }
  | {
      readonly event: 'failed'
      readonly step: string
      readonly key: string
      readonly message: string
      readonly folder?: string
      /** No fault of its own: the run was stopped. */
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
/** One line of JSON: a happening and its time (RFC 3339, UTC). */
export type Event = { readonly at: string } & Happening
export type Sink = (event: Event) => void
/** Many things happen within a millisecond, as when all is found done: their time is made into words once. */
export const stamped = (sink: Sink) => {
  let last = 0
  let at = ''
  return (happening: Happening): void => {
    const now = Date.now()
    if (now !== last) at = new Date(now).toISOString()
    last = now
    sink({ at, ...happening })
  }
}
