import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { scratch } from '../../core/testing.ts'
import { writeCompiled } from './compiled.ts'

const [one, two] = ['1'.repeat(64), '2'.repeat(64)]
const compiled = (text: string, object: string, name = 'words.yaml') => ({
  manifests: new Map([
    [name, text],
    ['sources.tsv', 'sources'],
  ]),
  objects: new Map([[`objects/${object}`, `the object of ${text}`]]),
})
const write = (folder: string, files: ReturnType<typeof compiled>) => writeCompiled(folder, files as never)

test('a later compilation replaces what an earlier one wrote, and takes its objects away; objects of others stay', async () => {
  const folder = scratch()
  await write(folder, compiled('first', one))
  const strange = 'f'.repeat(64) // a cache of somebody's, named by digests as well
  writeFileSync(path.join(folder, 'objects', strange), 'mine')
  await write(folder, compiled('second', two))
  expect(readFileSync(path.join(folder, 'words.yaml'), 'utf8')).toBe('second')
  expect(readdirSync(path.join(folder, 'objects'))).toEqual([two, strange])
  expect(readFileSync(path.join(folder, 'compiled.sha256'), 'utf8')).toMatch(
    /^([0-9a-f]{64} {2}(words\.yaml|sources\.tsv|objects\/2{64})\n){3}$/,
  )
})
test('what no compilation wrote, what was changed since, a link: refused, and nothing is written', async () => {
  const folder = scratch()
  const refused = async (words: string, files = compiled('first', one)) => {
    const before = readdirSync(folder, { recursive: true })
    await expect(write(folder, files)).rejects.toThrow(
      `The manifests cannot be written to ${folder}, since files would be lost:\n  ${folder}/${words}\nNothing was written. Give another -o, or move these files away.`,
    )
    expect(readdirSync(folder, { recursive: true })).toEqual(before)
  }
  writeFileSync(path.join(folder, 'sources.tsv'), 'the samplesheet')
  await refused('sources.tsv is there already, and no compilation wrote it')
  expect(readFileSync(path.join(folder, 'sources.tsv'), 'utf8')).toBe('the samplesheet')
  rmSync(path.join(folder, 'sources.tsv'))
  mkdirSync(path.join(folder, 'elsewhere'))
  writeFileSync(path.join(folder, 'elsewhere/mine'), 'mine')
  symlinkSync('elsewhere/mine', path.join(folder, 'words.yaml'))
  await refused('words.yaml is there already, and no compilation wrote it')
  rmSync(path.join(folder, 'words.yaml'))
  await write(folder, compiled('first', one))
  await write(folder, compiled('first', one))
  writeFileSync(path.join(folder, 'words.yaml'), 'first, and a node selector of mine')
  await refused('words.yaml has been changed since a compilation wrote it', compiled('second', two))
})
test('manifests of two pipelines in one folder: neither takes the objects of the other', async () => {
  const folder = scratch()
  await write(folder, compiled('first', one))
  await write(folder, compiled('other', two, 'other.yaml'))
  expect(readdirSync(path.join(folder, 'objects'))).toEqual([one, two])
  await write(folder, compiled('first anew', one))
  expect(readFileSync(path.join(folder, 'words.yaml'), 'utf8')).toBe('first anew')
})
