import { execFileSync, spawn } from 'node:child_process'
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { Placed } from '../graph/place.ts'
import { kind, mib, pipe, run, step } from '../index.ts'
import { ran, scratch } from '../testing.ts'
import { self } from './lock-file.ts'
import { readSealed } from './sealed.ts'
import { Store } from './store.ts'

const text = kind('text', { extension: '.txt' })
const needs = { cpu: 1, memory: mib(64) }
const say = (words: string) =>
  step({ name: 'say', image: 'i', inputs: {}, outputs: { said: text }, needs, command: ({ said }) => run('printf', words).into(said) })({})
    .said
const shout = step({
  name: 'shout',
  image: 'i',
  inputs: { text },
  outputs: { loud: text },
  needs,
  command: ({ text, loud }) => pipe(['cat', text], ['tr', 'a-z', 'A-Z']).into(loud),
})
const plan = () => ({ loud: shout({ text: say('hello') }).loud })
const started = (told: { events: readonly { event: string; step?: string }[] }) =>
  told.events.flatMap(event => (event.event === 'started' ? [event.step] : []))
const read = (placed: Placed | undefined) => readFileSync(placed!.path, 'utf8')

test('an entry is its outputs, its log and its record, read-only', async () => {
  const told = await ran(plan())
  const { folder, record } = told.entries.get('shout')!
  expect(readSealed(path.join(folder, 'record.json'))?.value).toEqual(record)
  expect(record.outputs).toEqual({
    loud: [{ name: 'loud.txt', size: 5, sha256: '3733cd977ff8eb18b987357e22ced99f46097f31ecb239e878ae63760e83e4d5' }],
  })
  expect(existsSync(path.join(folder, 'stderr.log'))).toBe(true)
  expect(() => writeFileSync(path.join(folder, 'loud.txt'), 'x', { flag: process.getuid?.() === 0 ? 'wx' : 'w' })).toThrow()
})
test.each([
  ['empty', ''],
  ['half', 'trireme-st'],
  ['zeros', '\0'.repeat(16)],
])('a store whose first file a power cut left %s is mended where it holds nothing but its own', async (_, left) => {
  const folder = scratch()
  await Store.open(folder)
  writeFileSync(path.join(folder, 'format'), left)
  await Store.open(folder)
  expect(readFileSync(path.join(folder, 'format'), 'utf8')).toBe('trireme-store 1\n')
  writeFileSync(path.join(folder, 'format'), left)
  writeFileSync(path.join(folder, 'thesis.tex'), '')
  await expect(Store.open(folder)).rejects.toThrow(
    `The file ${folder}/format is cut off, and beside it lies what no store holds: thesis.tex. If ${folder} is a store, remove that file and run again; if not, give another folder with --store.`,
  )
})
test('an entry whose power was cut is believed only after its digests were compared', async () => {
  const { store, entries } = await ran(plan())
  const { folder } = entries.get('shout')!
  chmodSync(path.join(folder, 'loud.txt'), 0o644)
  writeFileSync(path.join(folder, 'loud.txt'), 'HELL0')
  writeFileSync(path.join(store.root, 'journal.jsonl'), '')
  const again = await ran(plan(), { store: await Store.open(store.root) })
  expect(started(again)).toEqual(['shout'])
  expect(read(again.results.loud)).toBe('HELLO')
})
test('an entry that was taken away and came again half written is not believed for the line of the old one', async () => {
  const { store, entries } = await ran(plan())
  const { folder, record } = entries.get('shout')!
  const whole = readFileSync(path.join(folder, 'record.json'))
  store.remove([record.key])
  expect(existsSync(folder)).toBe(false)
  mkdirSync(folder)
  writeFileSync(path.join(folder, 'loud.txt'), '\0\0\0\0\0')
  writeFileSync(path.join(folder, 'record.json'), whole)
  const again = await ran(plan(), { store: await Store.open(store.root) })
  expect(started(again)).toEqual(['shout'])
  expect(read(again.results.loud)).toBe('HELLO')
  expect(started(await ran(plan(), { store: await Store.open(store.root) }))).toEqual([])
})
test('a journal that is cut short, full of garbage or gone loses nothing', async () => {
  const { store } = await ran(plan())
  const journal = path.join(store.root, 'journal.jsonl')
  const whole = readFileSync(journal, 'utf8')
  for (const text of ['', whole.slice(0, -30), `${whole}\0\0garbage{"key":`, '\n\n\n']) {
    writeFileSync(journal, text)
    const again = await ran(plan(), { store: await Store.open(store.root) })
    expect(started(again)).toEqual([])
  }
  expect(started(await ran(plan(), { store: await Store.open(store.root) }))).toEqual([])
})
test('a damaged record is no entry', async () => {
  const { store, entries } = await ran(plan())
  const record = path.join(entries.get('shout')!.folder, 'record.json')
  chmodSync(record, 0o644)
  writeFileSync(record, '{"format":1,"key":')
  expect(started(await ran(plan(), { store: await Store.open(store.root) }))).toEqual(['shout'])
})
test('a store of another version, a read-only one, and a full one say so', async () => {
  const root = scratch()
  mkdirSync(root, { recursive: true })
  writeFileSync(path.join(root, 'format'), 'trireme-store 9\n')
  await expect(Store.open(root)).rejects.toThrow(
    `The store ${root} is of format "trireme-store 9", this version reads "trireme-store 1". Use another folder with --store, or the version that made it.`,
  )
  await expect(Store.open('/proc/nowhere')).rejects.toThrow('The store /proc/nowhere cannot be written:')
})
test('a first file with a changed byte is written anew in a store, and nowhere else', async () => {
  const { store } = await ran(plan())
  const mark = path.join(store.root, 'format')
  for (const damaged of ['trhreme-store 1\n', 'trireme-store q\n', 'trireme-store 1*']) {
    writeFileSync(mark, damaged)
    expect(started(await ran(plan(), { store: await Store.open(store.root) }))).toEqual([])
    expect(readFileSync(mark, 'utf8')).toBe('trireme-store 1\n')
  }
  const other = scratch()
  writeFileSync(path.join(other, 'format'), 'trhreme-store 1\n')
  await expect(Store.open(other)).rejects.toThrow(`The store ${other} is of format "trhreme-store 1"`)
})
test('what a killed runner left is cleared: its folder, its processes, its claims', async () => {
  const store = await Store.open(scratch())
  const dead = { ...self, pid: 2 ** 22 + 1 }
  const left = store.workFolder('dead')
  mkdirSync(left, { recursive: true })
  symlinkSync(JSON.stringify(dead), path.join(left, '.owner'))
  const orphan = spawn('sleep', ['60'], { env: { ...process.env, TRIREME_RUNNER: `${JSON.stringify(dead)}#1#` }, detached: true })
  const gone = new Promise(done => orphan.on('exit', (_, signal) => done(signal)))
  symlinkSync(JSON.stringify(dead), path.join(store.root, 'claims', 'a'.repeat(64)))
  await store.begin('next')
  expect(existsSync(left)).toBe(false)
  expect(await gone).toBe('SIGKILL')
  expect([store.claim('a'.repeat(64)), store.claim('a'.repeat(64))]).toEqual([true, false])
})
test('a claim of a runner that lives is waited for, and what it made is taken', async () => {
  const { store } = await ran({ said: say('hello') })
  const other = spawn('sleep', ['60'])
  const first = await ran(plan(), { store: await Store.open(scratch()) })
  const key = first.entries.get('shout')!.record.key
  const stat = readFileSync(`/proc/${other.pid}/stat`, 'utf8')
  const claim = path.join(store.root, 'claims', key)
  symlinkSync(JSON.stringify({ ...self, pid: other.pid, started: Number(stat.replace(/^.*\) /s, '').split(' ')[19]) }), claim)
  const waiting = ran(plan(), { store })
  await new Promise(done => setTimeout(done, 300))
  const made = store.entryFolder(key)
  mkdirSync(path.dirname(made), { recursive: true })
  execFileSync('cp', ['-r', first.entries.get('shout')!.folder, made])
  other.kill()
  const told = await waiting
  expect(told.state).toBe('succeeded')
  expect(started(told)).toEqual([])
})
test('two runners on one store make everything once', async () => {
  const root = scratch()
  const slow = step({
    name: 'slow',
    image: 'i',
    inputs: {},
    outputs: { said: text },
    needs,
    command: ({ said }) => run('sh', '-c', 'sleep 0.2; echo $$ >"$1"', 'sh', said),
  })
  const [a, b] = await Promise.all([Store.open(root), Store.open(root)])
  const both = await Promise.all([
    ran({ out: shout({ text: slow({}).said }).loud }, { store: a, run: 'a' }),
    ran({ out: shout({ text: slow({}).said }).loud }, { store: b, run: 'b' }),
  ])
  expect(both.map(told => told.state)).toEqual(['succeeded', 'succeeded'])
  expect(read(both[0].results.out)).toBe(read(both[1].results.out))
})
test('a line appended by hand to the digests, or half a line, is passed over', async () => {
  const { store } = await ran(plan())
  appendFileSync(path.join(store.root, 'journal.jsonl'), '{"key":"00')
  const next = await ran({ other: shout({ text: say('other') }).loud }, { store: await Store.open(store.root) })
  expect(next.failures).toEqual([])
  expect(started(await ran({ other: shout({ text: say('other') }).loud }, { store: await Store.open(store.root) }))).toEqual([])
})
