import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { scratch } from '../testing.ts'
import { readLines, sealedLine } from './sealed.ts'
import { Digests, isSettled } from './source-digests.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
/** Longer than a step of this file system's clock. */
const settle = () => new Promise(done => setTimeout(done, 150))
const setUp = async (text = 'ACGT') => {
  const folder = scratch()
  const file = path.join(folder, 'ref.fa')
  writeFileSync(file, text)
  await settle()
  const digests = Digests.open(folder)
  const noted = () => readFileSync(path.join(folder, 'digests.jsonl'), 'utf8')
  return { folder, file, digests, noted }
}

test('a file is read once, however often it is asked for, and by whom', async () => {
  const { folder, file, digests } = await setUp()
  expect(await digests.of(file)).toBe(sha256('ACGT'))
  const [line] = readLines(path.join(folder, 'digests.jsonl'))
  writeFileSync(path.join(folder, 'digests.jsonl'), sealedLine({ ...line, sha256: 'f'.repeat(64) }))
  expect(await Digests.open(folder).of(file)).toBe('f'.repeat(64))
})
test('a line in which a byte is not as it was written is not believed: the file is read again', async () => {
  const { folder, file, digests, noted } = await setUp()
  await digests.of(file)
  for (const damaged of [
    noted().replace(sha256('ACGT'), 'f'.repeat(64)),
    noted().slice(0, -20),
    `["${digests.mark(file)}","${'f'.repeat(64)}"]\n`,
  ]) {
    writeFileSync(path.join(folder, 'digests.jsonl'), damaged)
    expect(await Digests.open(folder).of(file)).toBe(sha256('ACGT'))
  }
})
test('changed in place, with its size and its time of modification as before: read again', async () => {
  const { file, digests } = await setUp()
  const stamp = path.join(path.dirname(file), 'stamp')
  await digests.of(file)
  execFileSync('touch', ['-r', file, stamp])
  writeSync(openSync(file, 'r+'), 'C')
  execFileSync('touch', ['-r', stamp, file])
  expect(statSync(file, { bigint: true }).mtimeNs).toBe(statSync(stamp, { bigint: true }).mtimeNs)
  expect(await digests.of(file)).toBe(sha256('CCGT'))
})
test('what was changed a moment ago is not remembered: it may change again within one step of the clock', async () => {
  const { file, digests, folder } = await setUp()
  for (const text of ['AAAA', 'CCCC', 'GGGG', 'TTTT']) {
    writeFileSync(file, text)
    expect(await digests.of(file)).toBe(sha256(text))
  }
  expect(() => readFileSync(path.join(folder, 'digests.jsonl'))).toThrow('ENOENT')
})
test('where times have no fractions, a step of the clock may be two seconds long', () => {
  const at = (ms: number) => ({ ctimeNs: BigInt(ms) * 1_000_000n })
  expect([isSettled(at(1_000_500), 1_000_550), isSettled(at(1_000_500), 1_000_700)]).toEqual([false, true])
  expect([isSettled(at(1_000_000), 1_002_000), isSettled(at(1_000_000), 1_002_600)]).toEqual([false, true])
  expect(isSettled(at(9_000_500), 1_000_000)).toBe(false) // the clock of another machine
})
test('what is read through a link is the file that counts', async () => {
  const { folder, file, digests } = await setUp()
  const other = path.join(folder, 'other.fa')
  const link = path.join(folder, 'link.fa')
  writeFileSync(other, 'TTTT')
  utimesSync(other, statSync(file).atime, statSync(file).mtime)
  symlinkSync(file, link)
  await settle()
  expect(await digests.of(link)).toBe(sha256('ACGT'))
  const since = digests.mark(link)
  rmSync(link)
  symlinkSync(other, link)
  expect(await digests.of(link)).toBe(sha256('TTTT'))
  expect(await digests.state(link, sha256('ACGT'), since)).toBe('changed')
})
test('compared again: the same, touched, changed, gone', async () => {
  const { folder, file, digests } = await setUp()
  const known = await digests.of(file)
  const spare = path.join(folder, 'spare')
  copyFileSync(file, spare)
  const since = digests.mark(file)
  const state = () => digests.state(file, known, since)
  expect(await state()).toBe('same')
  linkSync(file, path.join(folder, 'second name'))
  expect(await state()).toBe('touched')
  writeFileSync(file, 'CCGT')
  expect(await state()).toBe('changed')
  writeFileSync(file, '')
  expect(await state()).toBe('changed')
  rmSync(file)
  expect(await state()).toBe('gone')
  renameSync(spare, file)
  expect(await state()).toBe('touched') // put back, but another file in between
  expect(await digests.state(file, known, digests.mark(file))).toBe('same')
})
test('a file that is written to all the time while it is read is refused', async () => {
  const { file, digests } = await setUp('A'.repeat(1 << 22))
  const handle = openSync(file, 'r+')
  const busy = setInterval(() => writeSync(handle, 'CG', Math.floor(Math.random() * 1000)), 1)
  await expect(digests.of(file).finally(() => clearInterval(busy))).rejects.toThrow(
    `${file} changes while it is read: something still writes to it. Wait until it is whole, and give the same command again.`,
  )
})
test('a store that cannot be written: digests are right, and are made again the next time', async () => {
  const { file, folder } = await setUp()
  const digests = Digests.open(path.join(folder, 'none'))
  expect([await digests.of(file), await digests.of(file)]).toEqual([sha256('ACGT'), sha256('ACGT')])
})
