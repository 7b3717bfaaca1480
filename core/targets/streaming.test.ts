import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { Placed } from '../graph/place.ts'
import { after, each, gib, kind, many, mib, pipe, type Ref, run, seconds, sequence, step, word } from '../index.ts'
import { made, ran, scratch } from '../testing.ts'

const text = kind('text', { extension: '.txt' })
const needs = { cpu: 1, memory: mib(64) }
const count = step({
  name: 'count',
  image: 'i',
  inputs: {},
  outputs: { numbers: text },
  streams: ['numbers'],
  needs,
  command: ({ numbers }) => run('seq', 200_000).into(numbers),
})
const double = step({
  name: 'double',
  image: 'i',
  inputs: { numbers: text },
  outputs: { doubled: text },
  streams: ['numbers', 'doubled'],
  needs,
  command: ({ numbers, doubled }) => pipe(['cat', numbers], ['awk', '{print 2 * $1}']).into(doubled),
})
const total = step({
  name: 'total',
  image: 'i',
  inputs: { numbers: text },
  outputs: { sum: text },
  streams: ['numbers'],
  needs,
  command: ({ numbers, sum }) => run('awk', '{s += $1} END {printf "%.0f", s}', numbers).into(sum),
})
const shell = (name: string, script: string, streams: readonly ('from' | 'to')[] = ['from', 'to'], more: object = {}) =>
  step({
    name,
    image: 'i',
    inputs: { from: text },
    outputs: { to: text },
    streams,
    needs,
    command: ({ from, to }) => run('sh', '-c', script, 'sh', from, to),
    ...more,
  })
const read = (placed: Placed | readonly Placed[] | undefined) => readFileSync((placed as Placed).path, 'utf8')
const groups = (events: readonly { event: string }[]) => events.flatMap(event => ('group' in event ? [event.group] : []))

test('a chain streams, and writes only what is wanted', async () => {
  const told = await ran({ sum: total({ numbers: double({ numbers: count({}).numbers }).doubled }).sum })
  expect(read(told.results.sum)).toBe('40000200000')
  expect(groups(told.events)).toEqual(['total', 'total', 'total'])
  expect([...told.entries.keys()]).toEqual(['total'])
  const succeeded = told.events.filter(event => event.event === 'succeeded')
  expect(succeeded.map(event => event.step)).toEqual(['count', 'double', 'total'])
  for (const event of succeeded) expect(event.usage?.peakMemory).toBeGreaterThan(0)
})
test('a step that takes its pipe away lets nobody wait for ever', async () => {
  const writer = shell('writer', 'cat "$1" >/dev/null; rm "$2"; echo found >"$2"')
  const reader = shell('reader', 'cat "$1" >"$2"')
  const { failures, results } = await ran({ read: reader({ from: writer({ from: count({}).numbers }).to }).to })
  // Who is faster decides whether the file in the pipe's place is found.
  expect(results.read === undefined ? failures[0] : read(results.read)).toMatch(/^(found\n$|Step (writer|reader) )/)
})
test('the copy of a link goes where the runner said, whatever a step puts there', async () => {
  const theirs = path.join(scratch(), 'theirs')
  writeFileSync(theirs, 'theirs')
  // At once, before the copying begins; and the pipe behind it as well.
  const script = `for file in out/to.txt link/to.txt.tee; do rm -f $file; ln -s ${theirs} $file; done; cat "$1" >"$2"`
  const { to } = shell('writer', script)({ from: count({}).numbers })
  const { failures } = await ran({ to, sum: total({ numbers: to }).sum })
  expect(failures[0]).toMatch(/^Step (writer|total)/)
  expect(readFileSync(theirs, 'utf8')).toBe('theirs')
})
test('streamed and unfused runs have the same keys, bytes and cache', async () => {
  const results = () => ({ sum: total({ numbers: double({ numbers: count({}).numbers }).doubled }).sum })
  const files = await ran(results(), { stream: false })
  expect(groups(files.events)).toEqual([])
  const again = await ran(results(), { store: files.store })
  expect(again.events.map(event => event.event).filter(event => event === 'started')).toEqual([])
  const streamed = await ran(results())
  expect(read(streamed.results.sum)).toBe(read(files.results.sum))
  expect(streamed.entries.get('total')?.record.key).toBe(files.entries.get('total')?.record.key)
})
test('a file that is also a result, or read by others, is teed: all readers get the same bytes', async () => {
  const numbers = count({}).numbers
  const told = await ran({ numbers, sum: total({ numbers }).sum, doubled: total({ numbers: double({ numbers }).doubled }).sum })
  expect(told.failures).toEqual([])
  expect(read(told.results.numbers).split('\n').length).toBe(200_001)
  expect([read(told.results.sum), read(told.results.doubled)].map(Number)).toEqual([20000100000, 40000200000])
  expect(told.entries.has('count')).toBe(true)
  expect(groups(told.events).length).toBeGreaterThan(0)
})
test('a link is uncompressed, a file and a tee have the level of the step', async () => {
  const pack = step({
    name: 'pack',
    image: 'i',
    inputs: {},
    outputs: { packed: text },
    streams: ['packed'],
    needs,
    command: ({ packed, compression }) => run('printf', word`level ${compression(packed, 6)}`).into(packed),
  })
  const show = shell('show', 'cat "$1" >"$2"', ['from'])
  expect(read((await made({ out: show({ from: pack({}).packed }).to })).out)).toBe('level 0')
  const { packed } = pack({})
  const both = await made({ packed, out: show({ from: packed }).to })
  expect([read(both.packed), read(both.out)]).toEqual(['level 6', 'level 6'])
})
test('a failure in the middle names the step that failed, and keeps nothing', async () => {
  const broken = shell('broken', 'head -c 1000 "$1" >"$2"; echo the disk is on fire >&2; exit 3')
  const told = await ran({ sum: total({ numbers: broken({ from: double({ numbers: count({}).numbers }).doubled }).to }).sum })
  expect(told.failures.length).toBe(1)
  expect(told.failures[0]).toMatch(/^Step broken ended with status 3\./)
  expect(told.failures[0]).toContain('the disk is on fire')
  expect([...told.entries.keys()]).toEqual([])
  expect(told.events.filter(event => event.event === 'skipped').map(event => event.step)).toEqual(['count', 'double', 'total'])
})
test('a writer that fails half way fails the reader that was content', async () => {
  const half = step({
    name: 'half',
    image: 'i',
    inputs: {},
    outputs: { to: text },
    streams: ['to'],
    needs,
    command: ({ to }) => run('sh', '-c', 'seq 1000 >"$1"; kill -9 $$', 'sh', to),
  })
  const told = await ran({ sum: total({ numbers: half({}).to }).sum })
  expect(told.failures[0]).toMatch(/^Step half was ended by signal 9\./)
  expect(told.results.sum).toBeUndefined()
})
test('a reader that stops early fails the writer, unless it may', async () => {
  const peek = shell('peek', 'head -n 1 "$1" >"$2"', ['from'])
  const told = await ran({ out: peek({ from: count({}).numbers }).to })
  expect(told.failures[0]).toContain('peek stopped reading before the end of its input "from". If it may, say stopsEarly in its step.')
  const may = shell('peek', 'head -n 1 "$1" >"$2"', ['from'], { stopsEarly: ['from'] })
  expect(read((await made({ out: may({ from: count({}).numbers }).to })).out)).toBe('1\n')
})
test('a reader that never opens its input, and a writer that never opens its output, hang nobody', async () => {
  const blind = shell('blind', 'echo done >"$2"', ['from'])
  expect((await ran({ out: blind({ from: count({}).numbers }).to })).failures[0]).toContain('blind stopped reading')
  const mute = step({ name: 'mute', image: 'i', inputs: {}, outputs: { to: text }, streams: ['to'], needs, command: () => run('true') })
  const told = await ran({ out: total({ numbers: mute({}).to }).sum })
  expect(told.failures[0]).toMatch(/^Step mute ended well, but its output "to" is empty: to\.txt\. An empty file is no result\./)
})
test('a writer that writes nothing into a link is refused as one that leaves an empty file is; one byte is enough', async () => {
  const writer = (script: string) => shell('writer', script)({ from: count({}).numbers }).to
  const told = await ran({ out: total({ numbers: writer('cat "$1" >/dev/null; : >"$2"') }).sum })
  expect(told.failures[0]).toMatch(/^Step writer ended well, but its output "to" is empty: to\.txt\./)
  expect(told.events.filter(event => event.event === 'skipped').map(event => event.step)).toEqual(['count', 'total'])
  expect(told.entries.size).toBe(0)
  expect(read((await made({ out: total({ numbers: writer('cat "$1" >/dev/null; printf 7 >"$2"') }).sum })).out)).toBe('7')
})
test('a reader that stops early leaves the file that others want whole', async () => {
  const peek = shell('peek', 'head -n 1 "$1" >"$2"', ['from'], { stopsEarly: ['from'] })
  const { numbers } = count({})
  const both = await made({ numbers, out: peek({ from: numbers }).to })
  expect(read(both.numbers).length).toBe(1_288_895)
  expect(read(both.out)).toBe('1\n')
})
test('a reader that opens its stream twice, also behind a tee, hangs nobody: the second time it is empty', async () => {
  const twice = shell('twice', 'cat "$1" "$1" | wc -l >"$2"', ['from'])
  const numbers = count({}).numbers
  expect(Number(read((await made({ out: twice({ from: numbers }).to })).out))).toBe(200_000)
  expect(Number(read((await made({ numbers, out: twice({ from: numbers }).to })).out))).toBe(200_000)
})
test('a writer that hangs is ended with its group by its time limit', async () => {
  const hang = step({
    name: 'hang',
    image: 'i',
    inputs: {},
    outputs: { to: text },
    streams: ['to'],
    needs: { ...needs, time: seconds(1) },
    command: ({ to }) => sequence(run('sleep', 60), run('touch', to)),
  })
  const told = await ran({ sum: total({ numbers: hang({}).to }).sum })
  expect(told.failures[0]).toContain('Step hang ran longer than its limit of 1.0 s')
})
test('steps are not joined where one waits for another: a second input, a condition', async () => {
  const both = step({
    name: 'both',
    image: 'i',
    inputs: { a: text, b: text },
    outputs: { to: text },
    streams: ['a'],
    needs,
    command: ({ a, b, to }) => run('cat', a, b).into(to),
  })
  const numbers = count({}).numbers
  const told = await ran({ out: both({ a: numbers, b: total({ numbers }).sum }).to })
  expect(told.failures).toEqual([])
  const gate = total({ numbers })
  expect((await ran({ out: total({ numbers: after(numbers, gate.sum) }).sum })).failures).toEqual([])
})
test('memory of a group is the sum of its steps; what does not fit runs through files', async () => {
  const big = (name: string) => shell(name, 'cat "$1" >"$2"', ['from', 'to'], { needs: { cpu: 1, memory: gib(1) } })
  const chain = { out: big('b')({ from: big('a')({ from: count({}).numbers }).to }).to }
  expect(groups((await ran(chain, { memory: gib(4) })).events)).toEqual(['b', 'b', 'b'])
  expect(groups((await ran(chain, { memory: gib(1.5) })).events)).toEqual(['a', 'a'])
})
test('inside an each, every branch streams; what a branch reads from outside is a file', async () => {
  const list = step({
    name: 'list',
    image: 'i',
    inputs: {},
    outputs: { all: many(text) },
    needs,
    command: ({ all }) => run('sh', '-c', 'for n in 1 2 10; do echo $n >"$1/$n.txt"; done', 'sh', all),
  })
  const numbers = count({}).numbers
  const add = step({
    name: 'add',
    image: 'i',
    inputs: { one: text, numbers: text },
    outputs: { to: text },
    streams: ['to', 'numbers'],
    needs,
    command: ({ one, numbers, to }) => pipe(['head', '-n', 2, numbers], ['cat', one, '-']).into(to),
  })
  const { sums } = each(list({}).all, one => ({ sums: total({ numbers: add({ one, numbers: double({ numbers }).doubled }).to }).sum }))
  const join = step({
    name: 'join',
    image: 'i',
    inputs: { texts: many(text) },
    outputs: { to: text },
    needs,
    command: ({ texts, to }) => run('cat', texts).into(to),
  })
  const told = await ran({ out: join({ texts: sums }).to })
  expect(told.failures).toEqual([])
  expect(read(told.results.out)).toBe('7816')
})
test('early cut-off: what follows an output that came out equal is not run again', async () => {
  const noted = (note: string): Ref<typeof text> => shell('noted', `: ${note}; cat "$1" >"$2"`, [])({ from: count({}).numbers }).to
  const first = await ran({ sum: total({ numbers: noted('one') }).sum })
  const second = await ran({ sum: total({ numbers: noted('two') }).sum }, { store: first.store })
  expect(
    second.events.flatMap(event => (event.event === 'started' || event.event === 'cached' ? [[event.event, event.step]] : [])),
  ).toEqual([
    ['cached', 'count'],
    ['started', 'noted'],
    ['cached', 'total'],
  ])
  const third = await ran({ sum: total({ numbers: noted('two') }).sum }, { store: first.store })
  expect(third.events.filter(event => event.event === 'started')).toEqual([])
  expect(read(third.results.sum)).toBe(read(first.results.sum))
})
test('nothing is left behind in the work folder', async () => {
  const told = await ran({ sum: total({ numbers: double({ numbers: count({}).numbers }).doubled }).sum })
  const work = path.join(told.store.root, 'work', 'test')
  expect(existsSync(work) ? readdirSync(work) : []).toEqual([])
})

test('the log of a step that wrote no file lies with the last of its chain', async () => {
  const noisy = shell('noisy', 'echo careful >&2; cat "$1" >"$2"')
  const told = await ran({ sum: total({ numbers: noisy({ from: count({}).numbers }).to }).sum })
  const { folder, record } = told.entries.get('total')!
  expect(record.group).toEqual(['count', 'noisy', 'total'])
  expect(readFileSync(path.join(folder, 'stderr.1.log'), 'utf8')).toBe('careful\n')
})
