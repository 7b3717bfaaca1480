import { mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { scratch } from '../testing.ts'
import { isPart, partName, removeParts, writeWhole } from './whole-file.ts'

test('a file is replaced whole, and nothing is left beside it', () => {
  const folder = scratch()
  const file = path.join(folder, 'run.json')
  writeWhole(file, 'one')
  writeWhole(file, Buffer.from('two'))
  expect(readFileSync(file, 'utf8')).toBe('two')
  expect(readdirSync(folder)).toEqual(['run.json'])
})
test('the mode is as wanted, less the umask', () => {
  const file = path.join(scratch(), 'secret')
  writeWhole(file, 'x', { mode: 0o600 })
  expect(statSync(file).mode & 0o777).toBe(0o600)
  writeWhole(file, 'y')
  expect(statSync(file).mode & 0o777).toBe(0o666 & ~process.umask())
})
test('a link in its place is replaced, not written through', () => {
  const folder = scratch()
  writeFileSync(path.join(folder, 'mine'), 'mine')
  symlinkSync('mine', path.join(folder, 'file'))
  writeWhole(path.join(folder, 'file'), 'ours')
  expect(readFileSync(path.join(folder, 'mine'), 'utf8')).toBe('mine')
  expect(() => readlinkSync(path.join(folder, 'file'))).toThrow('EINVAL')
})
test('what cannot take its place leaves the old content and nothing beside it', () => {
  const folder = scratch()
  mkdirSync(path.join(folder, 'taken'))
  expect(() => writeWhole(path.join(folder, 'taken'), 'x')).toThrow(/EISDIR|ENOTEMPTY|EEXIST/)
  expect(() => writeWhole(path.join(folder, 'none', 'file'), 'x')).toThrow('ENOENT')
  expect(readdirSync(folder)).toEqual(['taken'])
})
test('what killed writers left is removed after a minute, and nothing else', () => {
  const folder = scratch()
  const [old, young] = [partName(path.join(folder, 'run.json')), partName(path.join(folder, 'run.json'))]
  for (const file of [old, young, path.join(folder, '.mine.part')]) writeFileSync(file, 'half')
  const hour = new Date(Date.now() - 3_600_000)
  for (const file of [old, path.join(folder, '.mine.part')]) utimesSync(file, hour, hour)
  removeParts(folder)
  expect(readdirSync(folder).sort()).toEqual(['.mine.part', path.basename(young)].sort())
})
test('names of unfinished files are known as such, also of long names', () => {
  expect(isPart(path.basename(partName('/a/run.json')))).toBe(true)
  expect(Buffer.byteLength(path.basename(partName(`/a/${'長'.repeat(80)}`)))).toBeLessThan(255)
  expect(['run.json', '.part', 'a.part', '.run.json.12.part', '.run.json.12.0123abcd.parts'].filter(isPart)).toEqual([])
})
