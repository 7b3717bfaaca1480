import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { scratch } from '../../core/testing.ts'
import { writeCompiled } from './compiled.ts'

const [one, two] = ['1'.repeat(64), '2'.repeat(64)]
const compiled = (text: string, object: string, name = 'words.yaml') => ({
  manifests: new Map([
    [name, text],
    [name.replace(/yaml$/, 'sources.tsv'), `sources of ${text}`],
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
    /^([0-9a-f]{64} {2}(words\.(?:yaml|sources\.tsv)|objects\/2{64})\n){3}$/,
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
  writeFileSync(path.join(folder, 'words.sources.tsv'), 'the samplesheet')
  await refused('words.sources.tsv is there already, and no compilation wrote it')
  expect(readFileSync(path.join(folder, 'words.sources.tsv'), 'utf8')).toBe('the samplesheet')
  rmSync(path.join(folder, 'words.sources.tsv'))
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
  const sources = (name: string) => readFileSync(path.join(folder, `${name}.sources.tsv`), 'utf8')
  expect([sources('words'), sources('other')]).toEqual(['sources of first anew', 'sources of other'])
})
test('two compilations into one folder at once: all files of both, and both in the list', async () => {
  const folder = scratch()
  const names = ['a', 'b', 'c'].map(name => `${name}.yaml`)
  await Promise.all(names.map((name, n) => write(folder, compiled(name, String(n).repeat(64), name))))
  const listed = readFileSync(path.join(folder, 'compiled.sha256'), 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => line.slice(66))
  expect(listed).toHaveLength(9)
  for (const name of listed) expect(readFileSync(path.join(folder, name), 'utf8')).not.toBe('')
  expect(readdirSync(folder).filter(name => name.startsWith('.'))).toEqual([])
})
test('a link in the place of the folder for objects is not followed', async () => {
  const [folder, elsewhere] = [scratch(), scratch()]
  symlinkSync(elsewhere, path.join(folder, 'objects'))
  await expect(write(folder, compiled('first', one))).rejects.toThrow(`${folder}/objects is no folder, or a link, which is not followed`)
  expect([readdirSync(folder), readdirSync(elsewhere)]).toEqual([['objects'], []])
})
