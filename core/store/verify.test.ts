import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { Placed } from '../graph/place.ts'
import { each, kind, many, mib, type Ref, run, step } from '../index.ts'
import { ran, scratch } from '../testing.ts'
import type { Entry } from './record.ts'
import { Store } from './store.ts'
import { verify } from './verify.ts'

const text = kind('text', { extension: '.txt' })
const needs = { cpu: 1, memory: mib(64) }
const say = (words: string) =>
  step({ name: 'say', image: 'i', inputs: {}, outputs: { said: text }, needs, command: ({ said }) => run('printf', words).into(said) })({})
    .said
const after = (name: string, note = '') =>
  step({
    name,
    image: 'i',
    inputs: { from: many(text) },
    outputs: { to: text },
    needs,
    command: ({ from, to }) => run('sh', '-c', `: ${note}; cat "$@"; printf ' ${name}'`, 'sh', from).into(to),
  })
const second = (from: Ref<typeof text>, note = '') => after('second', note)({ from: [from] }).to
const started = (told: { events: readonly { event: string; step?: string }[] }) =>
  told.events.flatMap(event => (event.event === 'started' ? [event.step] : []))
const damaged = (told: { events: readonly { event: string; step?: string; reason?: string }[] }) =>
  told.events.flatMap(event => (event.event === 'damaged' ? [[event.step, event.reason]] : []))
const read = (placed: Placed | undefined) => readFileSync(placed!.path, 'utf8')
const again = async (store: Store) => Store.open(store.root)

/** Writes other bytes of the same length over a file's first, with its time of modification as before. */
function flip(file: string): void {
  const { atime, mtime, mode } = statSync(file)
  chmodSync(file, 0o644)
  writeFileSync(file, `#${readFileSync(file, 'utf8').slice(1)}`)
  utimesSync(file, atime, mtime)
  chmodSync(file, mode)
}
/** As a disk does it: nothing tells that the file was written, since its record appears to be younger. */
function flipBelow(entry: Entry, file: string): void {
  flip(path.join(entry.folder, file))
  utimesSync(path.join(entry.folder, 'record.json'), new Date(), new Date())
}

test('a file that was written to is found by the next run, whatever its time of modification, and made again', async () => {
  const first = await ran({ out: second(say('hello')) })
  flip(path.join(first.entries.get('second')!.folder, 'to.txt'))
  const next = await ran({ out: second(say('hello')) }, { store: await again(first.store) })
  expect(damaged(next)).toEqual([['second', 'the content of its file to.txt has changed since it was made']])
  expect(started(next)).toEqual(['second'])
  expect(read(next.results.out)).toBe('hello second')
})
test('a file that is gone, or cut short, is found by the next run', async () => {
  const first = await ran({ out: second(say('hello')) })
  const { folder } = first.entries.get('second')!
  chmodSync(path.join(folder, 'to.txt'), 0o644) // read-only to all but root
  truncateSync(path.join(folder, 'to.txt'), 3)
  const next = await ran({ out: second(say('hello')) }, { store: await again(first.store) })
  expect(damaged(next)).toEqual([['second', 'its file to.txt has 3 bytes instead of 12']])
  rmSync(path.join(folder, 'to.txt'))
  const last = await ran({ out: second(say('hello')) }, { store: await again(first.store) })
  expect([damaged(last), started(last)]).toEqual([[['second', 'its file to.txt is gone']], ['second']])
})
test('a bit that the disk flipped is found before a step reads it, and its maker runs again first', async () => {
  const first = await ran({ out: second(say('hello')) })
  flipBelow(first.entries.get('say')!, 'said.txt')
  const idle = await ran({ out: second(say('hello')) }, { store: await again(first.store) })
  expect([damaged(idle), started(idle)]).toEqual([[], []]) // nothing reads it
  const next = await ran({ out: second(say('hello'), 'changed') }, { store: await again(first.store) })
  expect(damaged(next)).toEqual([['say', 'the content of its file said.txt has changed since it was made']])
  expect(started(next)).toEqual(['say', 'second'])
  expect(read(next.results.out)).toBe('hello second')
})
test('of several steps that read a damaged file, all wait for it; what it needs in turn is made too', async () => {
  const chain = (note: string) => {
    const middle = second(say('hello'))
    const leaves = ['a', 'b', 'c'].map(name => after(name, note)({ from: [middle, say('x')] }).to)
    return { all: after('all', note)({ from: leaves }).to }
  }
  const first = await ran(chain('1'), { cpu: 4 })
  flipBelow(first.entries.get('second')!, 'to.txt')
  rmSync(first.entries.get('say')?.folder ?? '', { recursive: true, force: true })
  for (const { folder, record } of first.entries.values()) if (record.label.startsWith('say')) flipBelow({ folder, record }, 'said.txt')
  const next = await ran(chain('2'), { store: await again(first.store), cpu: 4 })
  expect(next.failures).toEqual([])
  expect(next.state).toBe('succeeded')
  expect(read(next.results.all)).toBe(read(first.results.all))
  expect(started(next).filter(label => label === 'second')).toEqual(['second'])
  expect(started(next).filter(label => label === 'all')).toEqual(['all'])
})
test('where a damaged file cannot be made again, what needs it does not run, nor a list without it', async () => {
  const flag = path.join(scratch(), 'flag')
  const once = step({
    name: 'once',
    image: 'i',
    inputs: {},
    outputs: { said: text },
    needs,
    command: ({ said }) => run('sh', '-c', 'test ! -e "$1" && echo once >"$2" && touch "$1"', 'sh', flag, said),
  })
  const results = (note: string) => ({
    one: after('one', note)({ from: [once({}).said, say('x')] }).to,
    two: after('two', note)({ from: [once({}).said, say('x')] }).to,
  })
  const first = await ran(results('1'))
  expect(first.failures).toEqual([])
  flipBelow(first.entries.get('once')!, 'said.txt')
  const next = await ran(results('2'), { store: await again(first.store), cpu: 1 })
  expect(next.failures.length).toBe(1)
  expect(next.failures[0]).toContain('Step once ended with status 1.')
  expect(next.results).toEqual({ one: undefined, two: undefined })
  expect(next.events.flatMap(event => (event.event === 'skipped' ? [event.step] : [])).sort()).toEqual(['one', 'two'])
})
test('a damaged file of a list is found below an each', async () => {
  const list = step({
    name: 'list',
    image: 'i',
    inputs: {},
    outputs: { all: many(text) },
    needs,
    command: ({ all }) => run('sh', '-c', 'for n in 1 2; do echo $n >"$1/$n.txt"; done', 'sh', all),
  })
  const results = (note: string) => {
    const { done } = each(list({}).all, one => ({ done: second(one, note) }))
    return { out: after('join', note)({ from: done }).to }
  }
  const first = await ran(results('1'))
  flipBelow(first.entries.get('list')!, 'all/2.txt')
  const next = await ran(results('2'), { store: await again(first.store) })
  expect([next.failures, damaged(next).map(([step]) => step)]).toEqual([[], ['list']])
  expect(read(next.results.out)).toBe(read(first.results.out))
})
test('a step that writes into its input is found out by the next that reads it', async () => {
  const vandal = after('vandal')
  const rude = step({
    name: 'rude',
    image: 'i',
    inputs: { from: text },
    outputs: { to: text },
    needs,
    // What it may not do as a user, it may as root.
    command: ({ from, to }) => run('sh', '-c', 'chmod u+w "$1"; echo spoilt >"$1"; echo done >"$2"', 'sh', from, to),
  })
  const hello = say('hello')
  const spoilt = rude({ from: hello }).to
  const told = await ran({ out: vandal({ from: [hello, spoilt] }).to })
  expect(damaged(told)).toEqual([['say', 'its file said.txt has 7 bytes instead of 5']])
  expect(started(told)).toEqual(['say', 'rude', 'say', 'vandal'])
  expect(read(told.results.out)).toBe('hellodone\n vandal')
})
test('a store that was copied, all its times new, is compared once and then believed', async () => {
  const first = await ran({ out: second(say('hello')) })
  for (const { folder } of first.entries.values())
    for (const name of ['said.txt', 'to.txt'])
      if (existsSync(path.join(folder, name))) utimesSync(path.join(folder, name), new Date(), new Date())
  const store = await again(first.store)
  const { entries } = await ran({ out: second(say('hello')) }, { store })
  expect([...entries.values()].map(entry => store.untouched(entry))).toEqual([true, true])
  expect([...entries.values()].map(({ record }) => record.started)).toEqual([...first.entries.values()].map(({ record }) => record.started))
})
test('verify finds what nothing else would, moves it away, keeps the rest and the order of runs', async () => {
  const first = await ran({ out: second(say('hello')), other: second(say('bye'), 'other') }, { cpu: 1 }) // in this order
  const journal = path.join(first.store.root, 'journal.jsonl')
  const lines = () => readFileSync(journal, 'utf8').trim().split('\n').length
  expect(await verify(await again(first.store))).toEqual({ entries: 4, bytes: 5 + 12 + 3 + 10, damaged: [], unproved: 0 })
  const labels = [...first.entries.keys()]
  const [says, seconds] = ['say', 'second'].map(name => labels.filter(label => label.startsWith(name)))
  flipBelow(first.entries.get(says![0]!)!, 'said.txt')
  const record = path.join(first.entries.get(seconds![0]!)!.folder, 'record.json')
  chmodSync(record, 0o644)
  writeFileSync(record, '{')
  writeFileSync(journal, 'garbage')
  const found = await verify(await again(first.store))
  expect(found.entries).toBe(4)
  expect(found.damaged.map(({ label, fault }) => [label, fault]).sort()).toEqual(
    [
      [says![0], 'the content of its file said.txt has changed since it was made'],
      [undefined, 'its record cannot be read'],
    ].sort(),
  )
  for (const { place } of found.damaged) expect(readdirSync(place!)).toContain('record.json')
  expect(lines()).toBe(2)
  const next = await ran({ out: second(say('hello')), other: second(say('bye'), 'other') }, { store: await again(first.store) })
  expect(started(next)).toEqual([says![0], seconds![0]])
  expect(next.failures).toEqual([])
})
test('what a comparison that was killed had begun to write is removed by the next one, an hour later', async () => {
  const { store } = await ran({ said: say('x') })
  const [old, young] = ['.journal.jsonl.1.00000000.part', '.journal.jsonl.2.00000000.part'].map(name => path.join(store.root, name))
  for (const file of [old!, young!]) writeFileSync(file, '{')
  utimesSync(old!, new Date(Date.now() - 3_600_000), new Date(Date.now() - 3_600_000))
  await verify(store)
  expect([existsSync(old!), existsSync(young!)]).toEqual([false, true])
})
