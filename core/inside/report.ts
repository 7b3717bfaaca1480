import type { Usage } from '../events.ts'
import type { Ended, StopReason } from '../host/process.ts'
import type { Cause } from '../run/failure.ts'
import { type Progress, toldIn } from '../run/progress.ts'

/** What chain.sh and pod.sh tell, by place of the step. A pod that was killed leaves a report without an end, or none. */
export interface Report {
  /** Counted from 0. */
  readonly attempt: number
  readonly members: ReadonlyMap<number, MemberReport>
  readonly steps: ReadonlyMap<number, StepReport>
  /** What else was at fault, in words: an input that did not arrive, an output that is missing. */
  readonly faults: readonly { readonly place: number; readonly message: string }[]
  /** What its programs told last of their progress. */
  readonly progress: readonly Saying[]
  /** Exit status of pod.sh, where it came to its end. */
  readonly status: number | undefined
}
/** A line by which a step tells its progress, and how many its pod told of this step up to it. */
export interface Saying {
  readonly place: number
  readonly number: number
  readonly told: Progress
}
export type MemberReport = Ended & {
  /** RFC 3339, UTC, to the second. */
  readonly started: string
  /** Of its programs, where it had several: as `culprit` of core/host/pipe-script.ts reads them. */
  readonly statuses: string | undefined
}
export type StepReport =
  | { readonly state: 'made' }
  /** Its entry was there already. */
  | { readonly state: 'there' }
  | { readonly state: 'skipped'; readonly reason: string }
  | { readonly state: 'failed'; readonly cause: Cause | 'killed' }
  /** Joined to one that failed. */
  | { readonly state: 'dropped' }

export function readReport(text: string): Report {
  const members = new Map<number, MemberReport>()
  const steps = new Map<number, StepReport>()
  const faults: { place: number; message: string }[] = []
  const progress: Saying[] = []
  let attempt = 0
  let status: number | undefined
  for (const line of text.split('\n')) {
    const [, word = '', place = '', rest = ''] = /^(\w+) (\S+) ?(.*)$/.exec(line) ?? []
    if (word === 'pod') attempt = Number(pairs(line).get('attempt') ?? 0)
    if (word === 'end') status = Number(pairs(line).get('status'))
    if (word === 'member') members.set(Number(place), memberReport(pairs(rest)))
    if (word === 'step') steps.set(Number(place), stepReport(pairs(rest), rest))
    if (word === 'progress') progress.push(...sayings(`::${line}`))
    if (word === 'fault') faults.push({ place: Number(place), message: wordsOf(rest) })
  }
  return { attempt, members, steps, faults, progress, status }
}
/** The progress that is told in the log of a pod, among other lines. */
export function sayings(log: string): readonly Saying[] {
  return [...log.matchAll(/^::progress (\d+) (\d+) (\{.*\})$/gm)].flatMap(([, place, number, json = '']) => {
    const told = toldIn(json)
    return told ? [{ place: Number(place), number: Number(number), told }] : []
  })
}
const pairs = (text: string): ReadonlyMap<string, string> =>
  new Map([...text.matchAll(/(\w+)=(\S*)/g)].map(([, name = '', value = '']) => [name, value]))
function wordsOf(json: string): string {
  try {
    return String(JSON.parse(json))
  } catch {
    return json // cut off where the pod was killed
  }
}
const stops: ReadonlyMap<string, StopReason> = new Map([
  ['time', 'time limit'],
  ['cancelled', 'cancelled'],
  ['group', 'group'],
])
function memberReport(told: ReadonlyMap<string, string>): MemberReport {
  const figure = (name: string) => Number(told.get(name) ?? 0)
  const signal = told.get('signal') ?? '-'
  const usage: Usage = { user: figure('user'), system: figure('system'), peakMemory: figure('memory') }
  return {
    status: signal === '-' ? figure('status') : null,
    signal: signal === '-' ? null : Number(signal),
    seconds: figure('seconds'),
    usage,
    stopped: stops.get(told.get('stopped') ?? '-'),
    oom: told.get('oom') === '1',
    started: told.get('started') ?? '',
    statuses: (told.get('stages') ?? '-') === '-' ? undefined : told.get('stages')!.replaceAll(',', ' ').replaceAll('/', '\n'),
  }
}
function stepReport(told: ReadonlyMap<string, string>, line: string): StepReport {
  const state = told.get('state')
  if (state === 'failed') return { state, cause: causes.find(cause => cause === told.get('cause')) ?? 'other' }
  if (state === 'skipped') return { state, reason: wordsOf(line.slice(line.indexOf('reason=') + 'reason='.length)) }
  return { state: state === 'there' || state === 'dropped' ? state : 'made' }
}
const causes = ['memory', 'time', 'transient', 'other', 'cancelled', 'killed'] as const
