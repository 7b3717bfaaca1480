import type { Usage } from '../events.ts'
import type { Ended, StopReason } from '../host/process.ts'
import type { Cause } from '../run/failure.ts'
import { type Progress, progressIn } from '../run/progress.ts'
import { type Climbed, lowest } from '../vocabulary/quantity.ts'

/** What chain.sh and pod.sh report, by place of the step. A pod that was killed leaves a report without an end, or none. */
export interface Report {
  /** Counted from 0. */
  readonly attempt: number
  readonly climbed: Climbed
  readonly members: ReadonlyMap<number, MemberReport>
  readonly steps: ReadonlyMap<number, StepReport>
  /** Other faults, as messages: an input that did not arrive, an output that is missing. */
  readonly faults: readonly { readonly place: number; readonly message: string }[]
  /** What came from the bucket otherwise than it was written there, or not at all: files below the pod's folder. */
  readonly damaged: readonly string[]
  /** The latest progress lines of its programs. */
  readonly progress: readonly Saying[]
  /** Exit status of pod.sh, where it came to its end. */
  readonly status: number | undefined
}
/** A progress line of a step, with its number among the lines that the pod reported of this step. */
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
  const damaged: string[] = []
  const progress: Saying[] = []
  let attempt = 0
  let climbed = lowest
  let status: number | undefined
  for (const line of text.split('\n')) {
    const [, word = '', place = '', rest = ''] = /^(\w+) (\S+) ?(.*)$/.exec(line) ?? []
    if (word === 'pod') {
      const figure = (name: string) => Number(pairs(line).get(name) ?? 0)
      attempt = figure('attempt')
      climbed = { memory: figure('memory'), time: figure('time') }
    }
    if (word === 'end') status = Number(pairs(line).get('status'))
    if (word === 'member') members.set(Number(place), memberReport(pairs(rest)))
    if (word === 'step') steps.set(Number(place), stepReport(pairs(rest), rest))
    if (word === 'progress') progress.push(...sayings(`::${line}`))
    if (word === 'damaged') damaged.push(rest)
    if (word === 'fault') faults.push({ place: Number(place), message: wordsOf(rest) })
  }
  return { attempt, climbed, members, steps, faults, damaged, progress, status }
}
/** Progress lines in the log of a pod, among other lines. */
export function sayings(log: string): readonly Saying[] {
  return [...log.matchAll(/^::progress (\d+) (\d+) (\{.*\})$/gm)].flatMap(([, place, number, json = '']) => {
    const progress = progressIn(json)
    return progress ? [{ place: Number(place), number: Number(number), told: progress }] : []
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
function memberReport(fields: ReadonlyMap<string, string>): MemberReport {
  const figure = (name: string) => Number(fields.get(name) ?? 0)
  const signal = fields.get('signal') ?? '-'
  const usage: Usage = { user: figure('user'), system: figure('system'), peakMemory: figure('memory') }
  return {
    status: signal === '-' ? figure('status') : null,
    signal: signal === '-' ? null : Number(signal),
    seconds: figure('seconds'),
    usage,
    stopped: stops.get(fields.get('stopped') ?? '-'),
    oom: fields.get('oom') === '1',
    started: fields.get('started') ?? '',
    statuses: (fields.get('stages') ?? '-') === '-' ? undefined : fields.get('stages')!.replaceAll(',', ' ').replaceAll('/', '\n'),
  }
}
function stepReport(fields: ReadonlyMap<string, string>, line: string): StepReport {
  const state = fields.get('state')
  if (state === 'failed') return { state, cause: causes.find(cause => cause === fields.get('cause')) ?? 'other' }
  if (state === 'skipped') return { state, reason: wordsOf(line.slice(line.indexOf('reason=') + 'reason='.length)) }
  return { state: state === 'there' || state === 'dropped' ? state : 'made' }
}
const causes = ['memory', 'time', 'transient', 'other', 'cancelled', 'killed'] as const
