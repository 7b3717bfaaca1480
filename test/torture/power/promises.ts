import { createHash } from 'node:crypto'
import type { StepRecord } from '../../../core/store/record.ts'
import type { Leaf, Tree } from './disk.ts'

/** The store, and the folder of results, of the runs that are looked at. */
export const store = '.trireme'
/** What a command had told when the power was cut, and what was begun after that. */
export interface Moment {
  /** Folders as they were when the last command ended; the one before any is empty. */
  readonly before: Tree
  /** Folders as they are when the command that goes on has ended. */
  readonly next: Tree
  /** Runs that were told "Done", and that no clean has removed or is removing. */
  readonly done: readonly string[]
  /** A clean goes on, or has ended last. */
  readonly cleaning: boolean
  /** The machine goes on: only the program was killed. */
  readonly killed: boolean
}
const textOf = (leaf: Leaf | undefined): string | undefined => (Buffer.isBuffer(leaf) ? leaf.toString() : undefined)
const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex')
function json(leaf: Leaf | undefined): unknown {
  try {
    return JSON.parse(textOf(leaf) ?? '')
  } catch {
    return undefined
  }
}
const lines = (leaf: Leaf | undefined): readonly unknown[] => (textOf(leaf) ?? '').split('\n').map(line => json(Buffer.from(line)))
const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

/** What must not be on a disk at this moment, in words. */
export function broken(tree: Tree, at: Moment): readonly string[] {
  return [...resultFaults(tree, at), ...smallFileFaults(tree), ...entryFaults(tree, at), ...runFaults(tree, at)]
}
const isResult = (place: string) => place.startsWith('results/') && !/\/\.[^/]+\.part$/.test(place)
const isInfo = (place: string) => place.includes('/pipeline_info/')

/** Results are whole, the old ones or the new ones, and the list of published files knows each, or the next run would take it for a stranger's. */
function resultFaults(tree: Tree, { before, next }: Moment): readonly string[] {
  const all: string[] = []
  const places = new Set([...before.keys(), ...tree.keys()].filter(isResult))
  const known = new Set([...tree.keys()].filter(place => place.endsWith('/published.jsonl')).flatMap(place => listed(tree, place)))
  for (const place of places) {
    const [was, is, will] = [before.get(place), tree.get(place), next.get(place)]
    if (!is && was && will && isInfo(place)) continue // what describes a run goes before the results of another come
    if (!is && was) all.push(`${place} was told "Done", and is gone`)
    if (!Buffer.isBuffer(is)) continue
    const alike = [was, will].some(each => Buffer.isBuffer(each) && each.equals(is))
    if (!alike && (!isInfo(place) || before === next))
      all.push(`${place} is neither as it was nor as it will be: it has ${is.length} bytes`)
    else if (!alike && place.endsWith('.json') && json(is) === undefined) all.push(`${place} is not whole`)
    if (!isInfo(place) && !known.has(`${place} ${sha256(is)}`)) all.push(`${place} is in no list of published files`)
  }
  return all
}
const listed = (tree: Tree, place: string): readonly string[] =>
  lines(tree.get(place)).map(line => `${place.slice(0, place.indexOf('pipeline_info/'))}${field(line, 'path')} ${field(line, 'sha256')}`)

/** Files that are written whole are whole, or not there. */
function smallFileFaults(tree: Tree): readonly string[] {
  const all: string[] = []
  const format = textOf(tree.get(`${store}/format`))
  if (format !== undefined && format !== 'trireme-store 1\n') all.push(`${store}/format is ${JSON.stringify(format)}`)
  for (const [place, leaf] of tree)
    if (/^\.trireme\/(runs\/[^/]+\/run|tools|images)\.json$/.test(place) && json(leaf) === undefined) all.push(`${place} is not whole`)
  return all
}
/** What the journal names is there and whole; what was told "Done" is. A kill leaves no half of an entry, a power cut none that is believed. */
function entryFaults(tree: Tree, { before, cleaning, killed }: Moment): readonly string[] {
  const all: string[] = []
  const noted = new Set<string>()
  for (const line of lines(tree.get(`${store}/journal.jsonl`))) {
    const key = field(line, 'key')
    if (typeof key !== 'string') continue
    if (field(line, 'gone') === true) noted.delete(key)
    else if (typeof field(line, 'same') === 'string') noted.add(key)
  }
  for (const key of noted) {
    const fault = entryFault(tree, key)
    if (fault !== undefined && !(fault === gone && cleaning)) all.push(`the journal names ${key}, and ${fault}`)
  }
  for (const key of keysIn(tree)) {
    const fault = entryFault(tree, key)
    if (killed && fault !== undefined) all.push(`${key} is visible, and ${fault}`)
  }
  for (const key of keysIn(before)) {
    const fault = entryFault(tree, key)
    if (fault !== undefined && !cleaning) all.push(`${key} was told "Done", and ${fault}`)
  }
  return all
}
const keysIn = (tree: Tree) => [...tree.keys()].flatMap(place => /^\.trireme\/entries\/..\/([0-9a-f]{64})$/.exec(place)?.[1] ?? [])
const gone = 'it is not there'
function entryFault(tree: Tree, key: string): string | undefined {
  const folder = `${store}/entries/${key.slice(0, 2)}/${key}`
  if (!tree.has(folder)) return gone
  const record = json(tree.get(`${folder}/record.json`)) as StepRecord | undefined // what is of another form fails below
  if (record?.key !== key) return 'its record is not whole'
  for (const { name, sha256: wanted } of Object.values(record.outputs).flat()) {
    const content = tree.get(`${folder}/${name}`)
    if (!Buffer.isBuffer(content) || sha256(content) !== wanted) return `its file ${name} is not whole`
  }
  return undefined
}
/** Runs that were told "Done" say so, and all that happened in them. */
function runFaults(tree: Tree, { done }: Moment): readonly string[] {
  return done.flatMap(id => {
    const record = json(tree.get(`${store}/runs/${id}/run.json`))
    if (field(record, 'state') !== 'succeeded') return [`run ${id} was told "Done", and its record is ${field(record, 'state') ?? 'gone'}`]
    const last = lines(tree.get(`${store}/runs/${id}/events.jsonl`)).at(-2)
    return field(last, 'event') === 'run-ended' ? [] : [`run ${id} was told "Done", and its events are cut off`]
  })
}
