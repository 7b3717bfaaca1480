import type { Usage } from '../../events.ts'
import { fileOf, type OutKinds, suffixesOf } from '../../kind.ts'
import type { Cause } from '../../run/failure.ts'
import type { Ended, Stopped } from '../../run/process.ts'
import type { OutputFile, StepRecord } from '../../store/record.ts'

/** What chain.sh and pod.sh tell, by place of the step. A pod that was killed leaves a report without an end, or none. */
export interface Report {
  /** Counted from 0. */
  readonly attempt: number
  readonly members: ReadonlyMap<number, MemberReport>
  readonly steps: ReadonlyMap<number, StepReport>
  /** What else was at fault, in words: an input that did not arrive, an output that is missing. */
  readonly faults: readonly { readonly place: number; readonly message: string }[]
  /** Exit status of pod.sh, where it came to its end. */
  readonly status: number | undefined
}
export type MemberReport = Ended & {
  /** RFC 3339, UTC, to the second. */
  readonly started: string
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
  let attempt = 0
  let status: number | undefined
  for (const line of text.split('\n')) {
    const [, word = '', place = '', rest = ''] = /^(\w+) (\S+) ?(.*)$/.exec(line) ?? []
    if (word === 'pod') attempt = Number(pairs(line).get('attempt') ?? 0)
    if (word === 'end') status = Number(pairs(line).get('status'))
    if (word === 'member') members.set(Number(place), memberReport(pairs(rest)))
    if (word === 'step') steps.set(Number(place), stepReport(pairs(rest), rest))
    if (word === 'fault') faults.push({ place: Number(place), message: words(rest) })
  }
  return { attempt, members, steps, faults, status }
}
const pairs = (text: string): ReadonlyMap<string, string> =>
  new Map([...text.matchAll(/(\w+)=(\S*)/g)].map(([, name = '', value = '']) => [name, value]))
function words(json: string): string {
  try {
    return String(JSON.parse(json))
  } catch {
    return json // cut off where the pod was killed
  }
}
const stops: ReadonlyMap<string, Stopped> = new Map([
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
  }
}
function stepReport(told: ReadonlyMap<string, string>, line: string): StepReport {
  const state = told.get('state')
  if (state === 'failed') return { state, cause: causes.find(cause => cause === told.get('cause')) ?? 'other' }
  if (state === 'skipped') return { state, reason: words(line.slice(line.indexOf('reason=') + 'reason='.length)) }
  return { state: state === 'there' || state === 'dropped' ? state : 'made' }
}
const causes = ['memory', 'time', 'transient', 'other', 'cancelled', 'killed'] as const

/** A file of an entry in the bucket: `file` is the object's name where it is not the file's own, as in lists. */
export interface BucketFile extends OutputFile {
  readonly file?: string
}
/** `record.json` of an entry in the bucket, as pod.sh writes it. What only the client knows (recipe, params, label) is not in it. */
export interface BucketRecord {
  readonly format: 1
  readonly key: string
  readonly step: string
  readonly outputs: Readonly<Record<string, readonly BucketFile[]>>
  readonly attempt: number
  readonly started: string
  readonly seconds: number
  readonly usage?: Usage
  readonly host: StepRecord['host']
}
/** @returns undefined where it is no record: half written, or something else */
export function readRecord(text: string): BucketRecord | undefined {
  try {
    const record: unknown = JSON.parse(text)
    return typeof record === 'object' && record !== null && 'outputs' in record && 'format' in record && record.format === 1
      ? (record as BucketRecord) // of this format, so written by pod.sh or `bucketRecord`
      : undefined
  } catch {
    return undefined
  }
}
/** Record for the bucket of an entry that the local store holds. Items of a list get numbers for names, as in a pod. */
export function bucketRecord(record: StepRecord, kinds: OutKinds): BucketRecord {
  const outputs = Object.entries(record.outputs).map(([port, files]) => {
    const kind = kinds[port]
    if (!kind || !('many' in kind)) return [port, files] as const
    const main = fileOf(kind).extension
    const longest = [...suffixesOf(fileOf(kind))].sort((a, b) => b.length - a.length)
    let n = 0
    const numbered = files.map(({ name, ...rest }): BucketFile => {
      const suffix = longest.find(each => name.endsWith(each)) ?? main
      if (suffix === main) n++
      return { name, ...rest, file: `${port}/${String(n).padStart(4, '0')}${suffix}` }
    })
    return [port, numbered] as const
  })
  const { format, key, step, attempt, started, seconds, usage, host } = record
  return { format, key, step, outputs: Object.fromEntries(outputs), attempt, started, seconds, ...(usage && { usage }), host }
}
/** The text of `record.json`: JSON with one file a line, which a script of bash can read. */
export function recordText({ format, key, step, outputs, ...rest }: BucketRecord): string {
  const file = ({ name, size, sha256, file }: BucketFile) =>
    JSON.stringify({ name, size, sha256, ...(file !== undefined && file !== name && { file }) })
  const ports = Object.entries(outputs).map(([port, files]) => `${JSON.stringify(port)}:[\n${files.map(file).join(',\n')}\n]`)
  const head = JSON.stringify({ format, key, step })
  return `${head.slice(0, -1)},\n"outputs":{\n${ports.join(',\n')}\n},\n${JSON.stringify(rest).slice(1)}\n`
}
