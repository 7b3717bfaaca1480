import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { kind, mib, run, step } from '../index.ts'
import { ran } from '../testing.ts'
import { recordIn, type StepRecord } from './record.ts'
import { appendLines, sealedText } from './sealed.ts'
import { Store } from './store.ts'
import { verify } from './verify.ts'

const text = kind('text', { extension: '.txt' })
const twice = step({
  name: 'twice',
  image: 'i',
  inputs: {},
  outputs: { made: text, also: text },
  needs: { cpu: 1, memory: mib(64) },
  command: ({ made, also }) => run('sh', '-c', 'echo made >"$1"; echo also >"$2"', 'sh', made, also),
})
const plan = () => ({ made: twice({}).made })
async function madeOnce() {
  const { store, entries } = await ran(plan())
  const entry = entries.get('twice')!
  const file = path.join(entry.folder, 'record.json')
  const whole = readFileSync(file, 'utf8')
  const write = (text: string) => {
    chmodSync(file, 0o644) // read-only to all but root
    writeFileSync(file, text)
  }
  const again = async () => {
    const told = await ran(plan(), { store: await Store.open(store.root) })
    const events = told.events.flatMap(event => (event.event === 'damaged' ? [event.reason] : event.event === 'started' ? ['started'] : []))
    return { events, made: told.results.made && readFileSync(told.results.made.path, 'utf8') }
  }
  return { store, entry, whole, write, again }
}
/** As an older version wrote it. */
const formerly = (record: StepRecord): string => `${JSON.stringify({ ...record, format: 1 }, null, 1)}\n`

test('a changed byte of a record is found, whatever it says', async () => {
  const { whole, write, again } = await madeOnce()
  for (const changed of [
    whole.replace('"made": [', '"lade": ['),
    whole.replace('"label": "twice"', '"label": "twins"'),
    whole.replace('"seconds": ', '"seconds":  '),
  ]) {
    write(changed)
    expect(await again()).toEqual({ events: ['its record cannot be read', 'started'], made: 'made\n' })
    expect(await again()).toEqual({ events: [], made: 'made\n' })
  }
})
test('a record that is whole, but another than the journal knows, is not believed', async () => {
  const { store, entry, write, again } = await madeOnce()
  const reason = 'its record is another than the one that was written'
  write(sealedText({ ...entry.record, label: 'another' }))
  expect((await verify(await Store.open(store.root))).damaged).toMatchObject([{ label: 'another', fault: reason }])
  expect((await again()).events).toEqual(['started'])
  const remade = (await Store.open(store.root)).look(entry.record.key)!
  write(sealedText({ ...remade.record, label: 'another' }))
  expect(await again()).toEqual({ events: [reason, 'started'], made: 'made\n' })
})
test('an entry that another runner set aside and made again meanwhile is believed', async () => {
  const { store, entry, write } = await madeOnce()
  const { key, same } = entry.record
  const late = await Store.open(store.root)
  const text = sealedText({ ...entry.record, run: 'another' })
  write(text)
  appendLines(path.join(store.root, 'journal.jsonl'), [{ key, gone: true }])
  expect((await late.find(key))?.record.run).toBe('another') // compared with its digests
  expect(late.faults.size).toBe(0)
  const later = await Store.open(store.root)
  appendLines(path.join(store.root, 'journal.jsonl'), [{ key, same, record: recordIn(text)!.digest }])
  expect((await later.find(key))?.record.run).toBe('another')
})
test('a record of an older version is read, its outputs are compared once, and it is told as unproved', async () => {
  const { store, entry, write, again } = await madeOnce()
  write(formerly(entry.record))
  writeFileSync(path.join(store.root, 'journal.jsonl'), `{"key":"${entry.record.key}","same":"${entry.record.same}"}\n`) // as an older version wrote it
  expect(await again()).toEqual({ events: [], made: 'made\n' })
  expect(await verify(await Store.open(store.root))).toMatchObject({ entries: 1, damaged: [], unproved: 1 })
  write(formerly({ ...entry.record, label: 'another' }))
  expect((await again()).events).toEqual(['its record is another than the one that was written', 'started'])
  expect(await verify(await Store.open(store.root))).toMatchObject({ entries: 1, damaged: [], unproved: 0 })
})
test('an older record whose outputs are not as it says is not believed', async () => {
  const { store, entry, write, again } = await madeOnce()
  write(formerly({ ...entry.record, outputs: { ...entry.record.outputs, made: entry.record.outputs.also! } }))
  writeFileSync(path.join(store.root, 'journal.jsonl'), '')
  expect(await again()).toEqual({ events: ['its record cannot be read', 'started'], made: 'made\n' })
})
test('what was made again of other contents under the same key does not stand for the former contents', async () => {
  const { store, entry } = await madeOnce()
  const { key, same } = entry.record
  const former = 'f'.repeat(64)
  appendLines(path.join(store.root, 'journal.jsonl'), [
    { key, same: former, record: recordIn(readFileSync(`${entry.folder}/record.json`, 'utf8'))!.digest },
  ])
  const later = await Store.open(store.root)
  expect(await later.findSame(former)).toBeUndefined()
  expect((await later.findSame(same))?.record.key).toBe(key)
})
test('files of a record are its own outputs, within the entry', async () => {
  const { entry } = await madeOnce()
  const readWith = (outputs: Readonly<Record<string, readonly string[]>>) => {
    const files = (names: readonly string[]) => names.map(name => ({ name, size: 1, sha256: 'a'.repeat(64) }))
    const all = Object.fromEntries(Object.entries(outputs).map(([port, names]) => [port, files(names)]))
    return recordIn(sealedText({ ...entry.record, outputs: all })) !== undefined
  }
  const good = [
    {},
    { made: [] },
    { made: ['made.bam', 'made.bam.bai'] },
    { made: ['made_1.fq', 'made_2.fq'] },
    { all: ['all/1.txt', 'all/..2.txt', 'all/...'] },
  ]
  expect(good.filter(outputs => !readWith(outputs))).toEqual([])
  const bad = [
    ...[
      '/etc/passwd',
      '../made.txt',
      'also.txt',
      'made/../../x',
      'made/..',
      'made/.',
      'made/',
      'made',
      'made/a/b',
      './made.txt',
      'made\0.txt',
      '',
    ],
  ].map(name => ({ made: [name] }))
  expect(
    [...bad, { record: ['record.json'] }, { made: ['made.txt', 'made.txt'] }, { a: ['ab.txt'], ab: ['ab.txt'] }].filter(readWith),
  ).toEqual([])
})
