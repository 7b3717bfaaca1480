import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { recordIn } from '../../core/store/record.ts'
import { unsealed } from '../../core/store/sealed.ts'
import { FragileStore, type Verdict } from './flips.ts'

// FLIPS=all flips a bit of every byte, and cuts every file at every length: an hour or two. FLIPS=50 does 50 of each in every file.
const all = process.env.FLIPS === 'all'
const asked = all ? Number.POSITIVE_INFINITY : Number(process.env.FLIPS ?? 0)

let store: FragileStore
const folder = mkdtempSync(path.join(inMemory() ?? os.tmpdir(), 'trireme-flips-'))
/** A folder whose syncs cost nothing. */
function inMemory(): string | undefined {
  try {
    accessSync('/dev/shm', constants.W_OK)
    return '/dev/shm'
  } catch {
    return undefined
  }
}
beforeAll(async () => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true) // a damaged file is told of
  store = new FragileStore(folder)
  await store.make()
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const bytesOf = (name: string) => readFileSync(path.join(store.whole, name))
function flipped(bytes: Buffer, at: number, bit: number): Buffer {
  const other = Buffer.from(bytes)
  other[at]! ^= 1 << bit
  return other
}
/** So many numbers below an end, far apart. */
const some = (count: number, end: number) => (count < end ? upTo(count).map(n => Math.floor(((n + 0.5) * end) / count)) : upTo(end))
const upTo = (end: number) => Array.from({ length: end }, (_, n) => n)
/** Flips and cuts files. @returns how often each thing became of it, and what must not */
async function torture(names: readonly string[], { flips, cuts }: { readonly flips: number; readonly cuts: number }) {
  const counts: Partial<Record<Verdict['outcome'], number>> = {}
  const faults: string[] = []
  const take = (what: string, { outcome, words }: Verdict) => {
    counts[outcome] = (counts[outcome] ?? 0) + 1
    const isOther = outcome === 'refused' && /is of format "trireme-store \d"/.test(words ?? '') // one bit makes a store of version 3 of this one
    if (outcome !== 'no matter' && outcome !== 'made again' && !isOther) faults.push(`${what}: ${outcome}, ${words}`)
  }
  for (const name of names) {
    const whole = bytesOf(name)
    for (const at of some(Math.max(flips, asked), whole.length))
      take(`${name}, bit ${at % 8} of byte ${at}`, await store.damaged(name, flipped(whole, at, at % 8)))
    for (const length of some(Math.max(cuts, asked), whole.length))
      take(`${name}, cut to ${length} bytes`, await store.damaged(name, whole.subarray(0, length)))
    if (asked > 0) process.stdout.write(`${name} ${JSON.stringify(counts)}\n`)
  }
  return { counts, faults }
}
const timeout = asked > 0 ? 24 * 3_600_000 : 180_000

test('every flipped bit of a record, and every cut, is found', { timeout }, () => {
  const records = store.files.filter(name => name.endsWith('/record.json'))
  const longest = records.reduce((a, b) => (bytesOf(b).length > bytesOf(a).length ? b : a))
  let flips = 0
  const believed: string[] = []
  for (const name of records) {
    const whole = bytesOf(name)
    expect(recordIn(whole.toString())).toBeDefined()
    for (const at of upTo(whole.length)) {
      for (const bit of name === longest ? upTo(8) : [at % 8]) {
        flips++
        if (recordIn(flipped(whole, at, bit).toString())) believed.push(`${name}, bit ${bit} of byte ${at}`)
      }
      if (at < whole.length - 1 && recordIn(whole.subarray(0, at).toString())) believed.push(`${name}, cut to ${at}`)
    }
  }
  expect(believed).toEqual([])
  expect(flips).toBeGreaterThan(30_000)
})
test('of every file of lines, a flipped bit costs its own line, and its neighbour at most', { timeout }, () => {
  const names = store.files.filter(name => name.endsWith('.jsonl') && !name.endsWith('events.jsonl'))
  expect(names.map(name => path.basename(name))).toEqual(['digests.jsonl', 'journal.jsonl', 'recipes.jsonl', 'recipes.jsonl'])
  for (const name of names) {
    const whole = bytesOf(name)
    const lines = (bytes: Buffer) =>
      bytes
        .toString()
        .split('\n')
        .filter(line => unsealed(line) !== undefined)
    const before = lines(whole)
    expect(before.length).toBeGreaterThan(0)
    const lost: number[] = []
    const invented: string[] = []
    for (const at of upTo(whole.length)) {
      const after = lines(flipped(whole, at, at % 8))
      lost.push(before.filter(line => !after.includes(line)).length)
      invented.push(...after.filter(line => !before.includes(line)))
    }
    expect([Math.max(...lost), invented]).toEqual([Math.min(2, before.length), []])
  }
})
test('a flipped bit or a cut in any small file gives no other result, version or digest, and stops nobody', { timeout }, async () => {
  const { counts, faults } = await torture(store.files, { flips: 3, cuts: 1 })
  expect(faults).toEqual([])
  expect([counts['made again'], counts['no matter']].every(count => count !== undefined && count > 20)).toBe(true)
})
test('nor in a record that an older version wrote, before it was compared', { timeout }, async () => {
  store.age()
  const { counts, faults } = await torture(
    store.files.filter(name => name.endsWith('/record.json') && bytesOf(name).length > 1400),
    { flips: 15, cuts: 1 },
  )
  expect(faults).toEqual([])
  expect(counts['made again']).toBeGreaterThan(0)
})
