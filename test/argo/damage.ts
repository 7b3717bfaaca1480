import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Event } from '../../core/events.ts'
import { asset, each, kind, many, mib, run, source, step, word } from '../../core/index.ts'
import { scratch } from '../../core/testing.ts'

// Every object of a finished run is damaged, one at a time, and the command is given again. What a run has there: a source, an asset, a list, an
// `each` over it, a gathering, a pipe.

const text = kind('text', { extension: '.txt' })
const needs = { cpu: 0.1, memory: mib(64) } as const
const split = step({
  name: 'split',
  image: 'split',
  inputs: { whole: text },
  outputs: { parts: many(text) },
  needs,
  command: at => run('bash', '-euc', 'head -n 1 "$1" >"$2/one.txt"; tail -n 2 "$1" >"$2/two.txt"', 'bash', at.whole, word`${at.parts}`),
})
const copy = step({
  name: 'copy',
  image: 'copy',
  inputs: { from: text },
  outputs: { to: text },
  needs,
  command: at => run('cat', at.from).into(at.to),
})
const join = step({
  name: 'join',
  image: 'join',
  inputs: { all: many(text) },
  outputs: { whole: text },
  needs,
  command: at => run('cat', at.all).into(at.whole),
})
/** One member of a chain. */
const edit = (name: string, how: string) =>
  step({
    name,
    image: 'pipe',
    inputs: { from: text },
    outputs: { to: text },
    streams: ['from', 'to'],
    needs,
    command: at => run('sed', how, at.from).into(at.to),
  })
const [upper, lines] = [edit('upper', 's/a/A/g'), edit('lines', '=')]
const folder = scratch()
const file = (name: string, content: string) => {
  const url = path.join(folder, name)
  writeFileSync(url, content)
  return { url, sha256: createHash('sha256').update(content).digest('hex') }
}
const stamp = step({
  name: 'stamp',
  image: 'stamp',
  inputs: { a: text, b: text },
  outputs: { made: text },
  assets: { script: asset(`file://${file('stamp.sh', 'cat "$1" "$2"; echo stamped\n').url}`, './stamp.sh') },
  needs,
  command: at => run('bash', at.script, at.a, at.b).into(at.made),
})
export const results = () => {
  const letters = source('letters', text, file('letters.txt', 'alpha\nbeta\ngamma\n'))
  const copies = each(split({ whole: letters }).parts, part => ({ copied: copy({ from: part }).to })).copied
  const piped = lines({ from: upper({ from: letters }).to }).to
  return { made: stamp({ a: join({ all: copies }).whole, b: piped }).made }
}
/** Which steps come after which: what reads an entry is of a higher rank. */
const ranks = ['split', 'copy', 'join', 'lines', 'stamp']

export type Objects = ReadonlyMap<string, Buffer>
export interface Damage {
  readonly object: string
  readonly how: 'deleted' | 'truncated' | 'flipped'
}
export const damagesOf = (objects: Objects): readonly Damage[] =>
  [...objects.keys()].sort().flatMap(object => (['deleted', 'truncated', 'flipped'] as const).map(how => ({ object, how })))

/** The bucket after a damage. What makes use of the object is taken out too, so that the next command reads it. */
export function damaged(objects: Objects, { object, how }: Damage): Objects {
  const own = stepOf(objects, object)
  const rank = own === undefined ? -1 : ranks.indexOf(own)
  const left = new Map(objects)
  for (const other of objects.keys()) if (other.startsWith('entries/') && ranks.indexOf(stepOf(objects, other)!) > rank) left.delete(other)
  const content = Buffer.from(objects.get(object)!)
  const middle = Math.floor(content.length / 2)
  if (content.length > 0) content[middle]! ^= 1
  if (how === 'deleted') left.delete(object)
  else left.set(object, how === 'flipped' ? content : content.subarray(0, middle))
  return left
}
/** The step whose entry an object belongs to. */
function stepOf(objects: Objects, object: string): string | undefined {
  const record = objects.get(object.replace(/^(entries\/[^/]+)\/.*$/, '$1/record.json'))
  return object.startsWith('entries/') ? /"step":"(\w+)"/.exec(record?.toString('utf8') ?? '')?.[1] : undefined
}
/** Whether a person is owed a word: what is not there at all may never have been, and reports and gatherings of a run that has ended are read by nobody. */
export const isNamed = ({ object, how }: Damage): boolean =>
  /^(objects|sources)\//.test(object)
    ? how !== 'deleted'
    : /^entries\//.test(object) && (how !== 'deleted' || !object.endsWith('/record.json'))

/** What a command said of faults, from its events. */
export const words = (events: readonly Event[]): string =>
  events.map(event => ('reason' in event ? event.reason : 'message' in event ? event.message : '')).join('\n')

/** Some of many, spread over all. */
export const some = <T>(all: readonly T[], count: number, from = 0): readonly T[] =>
  count >= all.length ? all : Array.from({ length: count }, (_, n) => all[(from + Math.floor((n * all.length) / count)) % all.length]!)
