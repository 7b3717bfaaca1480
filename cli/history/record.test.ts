import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Store } from '../../core/store/store.ts'
import { scratch } from '../../core/testing.ts'
import { archiveName, digestOf, fetchedName } from '../../steps/image/gather/names.ts'
import { listRuns } from '../actions/runs.ts'
import { sweep } from './free-space.ts'
import { eventsOf, findRun, Recorder, runsOf } from './record.ts'

let store: Store
let said = ''
beforeEach(async () => {
  store = await Store.open(scratch())
  said = ''
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation(text => {
      said += text
      return true
    })
})
afterEach(() => vi.restoreAllMocks())

const at = '2026-01-01T12:00:00.000Z'
const key = 'a'.repeat(64)
function record(id: string, given: Readonly<Record<string, unknown>> = {}): string {
  const recorder = new Recorder(store, { id, pipeline: 'small', command: ['run', 'small'], arguments: given, out: 'results' })
  recorder.sink({ at, event: 'planned', step: 'sort', key, name: 'sort', cpu: 1, memory: 1 })
  recorder.sink({ at, event: 'succeeded', step: 'sort', key, seconds: 1 })
  recorder.end('succeeded')
  return path.join(store.runFolder(id), 'run.json')
}
test('every cut and many a change of a record is told, and no other run is hidden by it', async () => {
  const file = record('20260101-120000-aaaa')
  record('20260101-120000-bbbb')
  const whole = readFileSync(file)
  for (let length = 0; length < whole.length - 1; length++) {
    writeFileSync(file, whole.subarray(0, length))
    expect((await runsOf(store)).map(({ id }) => id)).toEqual(['20260101-120000-bbbb'])
  }
  expect(said).toBe(
    `${file} is damaged and was passed over: it is cut off, or changed. "trireme clean" removes it, with what no other run needs.\n`,
  )
  for (let at = 0; at < whole.length; at++) {
    const flipped = Buffer.from(whole)
    flipped[at]! ^= 1
    writeFileSync(file, flipped)
    const [, other] = await runsOf(store)
    // Without the word "digest" it is taken for a record of an older version: as it was written.
    if (other) expect(other).toEqual(JSON.parse(whole.toString().replace(/,"digest":"\w+"/, '')))
  }
  for (const [before, after] of [
    ['"id"', '"ie"'],
    ['"state": "succeeded"', '"state": "succaeded"'],
    [key, 'x'],
    ['aaaa"', 'aaab"'],
  ] as const) {
    writeFileSync(file, whole.toString().replace(before, after))
    expect((await runsOf(store)).map(({ id }) => id)).toEqual(['20260101-120000-bbbb'])
  }
  writeFileSync(file, whole)
  expect(await runsOf(store)).toHaveLength(2)
})
test('a damaged record is named by whoever asks for that run, shown in the list, and removed by clean', async () => {
  const file = record('20260101-120000-aaaa')
  record('20260101-120000-bbbb')
  writeFileSync(file, '')
  const fault =
    `The record of the run 20260101-120000-aaaa is damaged: ${file}: it is cut off, or changed. What it made is kept: give its command again. ` +
    '"trireme clean" removes the damaged one, with what no other run needs.'
  await expect(findRun(store, 'aaaa')).rejects.toThrow(fault)
  expect((await findRun(store, 'last')).id).toBe('20260101-120000-bbbb')
  await listRuns({ store: store.root, last: '10' })
  expect(said).toMatch(/^20260101-120000-aaaa +damaged$/m)
  expect(said).toContain(`${file}: it is cut off, or changed\n`)
  await sweep(store, {}, false)
  expect(readdirSync(path.join(store.root, 'runs'))).toEqual(['20260101-120000-bbbb'])
  writeFileSync(path.join(store.runFolder('20260101-120000-bbbb'), 'run.json'), '{')
  await expect(findRun(store, 'last')).rejects.toThrow('The record of the run 20260101-120000-bbbb is damaged')
})
test('a folder without a record is of a run that never began: nobody speaks of it, and clean removes it', async () => {
  mkdirSync(store.runFolder('20260101-120000-aaaa'))
  expect(await runsOf(store)).toEqual([])
  expect(said).toBe('')
  await sweep(store, {}, false)
  expect(existsSync(store.runFolder('20260101-120000-aaaa'))).toBe(false)
})
test('of archives of folders the latest of each that a kept run was given stays', async () => {
  const at = path.join(store.root, 'gathered')
  mkdirSync(at)
  const names = [...['old', 'new'].map(state => archiveName('/data/a', digestOf(state))), archiveName('/data/b', digestOf('b'))] as const
  const [dead, alive] = [fetchedName('/data/a'), `${names[2]}.7.part`]
  for (const [n, name] of [...names, dead, alive].entries()) {
    if (name === dead) mkdirSync(path.join(at, name))
    else writeFileSync(path.join(at, name), 'x')
    if (name !== alive) utimesSync(path.join(at, name), n, n)
  }
  record('20260101-120000-aaaa', { images: '/data/a' })
  expect(await sweep(store, {}, true)).toMatchObject({ archives: 3, bytes: 2 })
  await sweep(store, {}, false)
  expect(readdirSync(at).sort()).toEqual([names[1], alive].sort())
  await sweep(store, { last: 0 }, false)
  expect(readdirSync(at)).toEqual([alive])
})
test('the half of an event that a run was cut off in is passed over; a damaged one before it is told', async () => {
  const file = path.join(path.dirname(record('20260101-120000-aaaa')), 'events.jsonl')
  const whole = readFileSync(file, 'utf8')
  appendFileSync(file, '{"at":"2026')
  expect(await eventsOf(store, '20260101-120000-aaaa')).toHaveLength(2)
  expect(said).toBe('')
  writeFileSync(file, whole.replace('"planned"', '"planted"'))
  expect((await eventsOf(store, '20260101-120000-aaaa')).map(({ event }) => event)).toEqual(['succeeded'])
  expect(said).toBe(`${file} is damaged: a line was passed over, so what it tells of the run is not all.\n`)
})
