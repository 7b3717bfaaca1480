import type { Event } from '../../core/events.ts'
import type { Results } from '../../core/graph/plan.ts'
import type { OutputFile } from '../../core/store/record.ts'
import type { Execution } from '../../core/targets/local/index.ts'
import { bytesText } from '../../core/vocabulary/quantity.ts'
import type { Told } from './told.ts'

/**
 * What one run must be on every target: what happened to each step in its order, what it made, how it failed. Left out is what a clock, a
 * machine or chance decides: times, use of memory, the order of steps that do not wait for one another.
 */
export interface Normal {
  readonly state: string
  /** What happened, step by step → labels of the steps it happened to. */
  readonly steps: Readonly<Record<string, readonly string[]>>
  /** Files of every entry: label → name → size and digest. */
  readonly entries: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** What each result is: labels and files, in order. */
  readonly results: Readonly<Record<string, unknown>>
  /** Messages of failures, by what they mean. */
  readonly failures: readonly string[]
}
export function normal({ events, ended }: Told): Normal {
  if (!('state' in ended))
    return { state: `refused: ${ended.code}`, steps: {}, entries: {}, results: {}, failures: [meaning(ended.message)] }
  return {
    state: ended.state,
    steps: grouped(histories(events)),
    entries: sorted([...ended.entries].map(([label, { record }]) => [label, filesOf(Object.values(record.outputs).flat())])),
    results: resultsOf(ended),
    failures: ended.failures.map(message => meaning(message)).sort(),
  }
}
const sorted = <T>(pairs: readonly (readonly [string, T])[]): Readonly<Record<string, T>> =>
  Object.fromEntries([...pairs].sort(([a], [b]) => (a < b ? -1 : 1)))
const filesOf = (files: readonly OutputFile[]) =>
  Object.fromEntries(files.map(({ name, size, sha256 }) => [name, `${size} B ${sha256.slice(0, 16)}`]))

/** What happened to every step, each as one line. */
function histories(events: readonly Event[]): ReadonlyMap<string, string> {
  const all = new Map<string, string>()
  for (const event of events) {
    if (!('step' in event) || event.event === 'progress') continue
    const before = all.get(event.step)
    all.set(event.step, before === undefined ? wordsOf(event) : `${before}, ${wordsOf(event)}`)
  }
  return all
}
function wordsOf(event: Extract<Event, { step: string }>): string {
  if (event.event === 'started') {
    const joined = event.group === undefined ? '' : ` joined to ${event.group}`
    return `started ${event.attempt} (${event.cpu} cpu, ${bytesText(event.memory)}${joined})`
  }
  if (event.event === 'retried') return `retried after ${event.attempt}: ${meaning(event.reason)}`
  if (event.event === 'failed') return `failed: ${meaning(event.message)}`
  return event.event === 'skipped' ? `skipped: ${event.reason}` : event.event
}
function grouped(histories: ReadonlyMap<string, string>): Readonly<Record<string, readonly string[]>> {
  const all = new Map<string, string[]>()
  for (const [label, words] of histories) all.set(words, [...(all.get(words) ?? []), label])
  return sorted([...all].map(([words, labels]) => [words, labels.sort()]))
}
/** Where each file of the results lies: label of its entry, and its name there. */
function resultsOf({ results, entries }: Execution<Results>): Readonly<Record<string, unknown>> {
  const folders = new Map([...entries].map(([label, { folder }]) => [folder, label]))
  const place = (file: string): string => {
    for (let end = file.lastIndexOf('/'); end > 0; end = file.lastIndexOf('/', end - 1)) {
      const label = folders.get(file.slice(0, end))
      if (label !== undefined) return `${label} ${file.slice(end + 1)}`
    }
    return `no entry: ${file}`
  }
  const shape = (value: unknown): unknown => {
    if (value === undefined) return null
    if (Array.isArray(value)) return value.map(shape)
    const record = value as Readonly<Record<string, unknown>> // a file that lies somewhere, or such by name
    return typeof record.path === 'string' ? place(record.path) : sorted(Object.entries(record).map(([name, each]) => [name, shape(each)]))
  }
  return sorted(Object.entries(results).map(([name, value]) => [name, shape(value)]))
}
const meanings: readonly (readonly [RegExp, string])[] = [
  [/needs \d+ GPUs?/, ''],
  [/ended with status \d+\./, ''],
  [/was ended by signal \w+\./, ''],
  [/ran longer than its limit of [^.]+\.\d+ s|ran longer than its limit of \d+ s/, ''],
  [/ran out of memory \(\d+ MiB granted\)/, ''],
  [/stopped reading before the end of its input "\w+"/, ''],
  [/its output "\w+" is (missing|empty|no regular file)/, ''],
  [/wrote ".*" into its list "\w+"/, ''],
]
/** What a message means, without its advice, paths and logs: `picky[2.txt]: ended with status 3.` */
export function meaning(message: string): string {
  const [first = ''] = message.split('\n')
  const found = meanings.map(([pattern]) => pattern.exec(first)).find(match => match !== null)
  if (!found) return `not understood: ${first}`
  return `${first
    .slice(0, found.index)
    .replace(/^Step /, '')
    .replace(/ ended well, but $/, ':')
    .trim()} ${found[0]}`
}
