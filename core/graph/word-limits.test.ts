import { mkdirSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { asset, kind, many, mib, named, responseFile, run, source, step, word } from '../index.ts'
import { ran, scratch } from '../testing.ts'

const text = kind('text', { extension: '.txt' })
const common = { image: 'i', outputs: { made: text }, needs: { cpu: 1, memory: mib(64) } }
const file = source('x', text, { url: '/x', sha256: '0'.repeat(64) })
const byName = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`name-of-a-sample-${n}`, file]))
const remedy = "Give such words by a file of one word a line, whose name is one word: run('program', …, responseFile([…]))."

const gather = step({
  ...common,
  name: 'gather',
  inputs: { reports: named(text) },
  command: ({ reports, made }) => run('cat', ...Object.entries(reports).flat()).into(made),
})
test('more words than the system takes are refused when the pipeline is planned, with their number and whose they are', () => {
  gather({ reports: byName(20_000) })
  expect(() => gather({ reports: byName(40_000) })).toThrow(
    `In the command of step "gather" there are 80,001 words of 2.3 MiB, 40,000 of them for the input "reports", and the system takes 2 MiB with the environment. ${remedy}`,
  )
})
test('so are the files of a list', () => {
  const join = step({ ...common, name: 'join', inputs: { parts: many(text) }, command: at => run('cat', at.parts).into(at.made) })
  expect(() => join({ parts: Array.from({ length: 100_000 }, () => file) })).toThrow(
    'In the command of step "join" there are 100,001 words of 2.6 MiB, 100,000 of them for the input "parts"',
  )
})
test('one word of more than 128 KiB is refused, also one of several pieces', () => {
  const tell = step({ ...common, name: 'tell', inputs: {}, params: { what: z.string() }, command: at => run('echo', word`a${at.what}`) })
  tell({ what: 'x'.repeat(131_070) })
  expect(() => tell({ what: 'x'.repeat(131_071) })).toThrow(
    `In the command of step "tell" a word has 131,072 bytes, and the system takes 131,071: a${'x'.repeat(39)}… ${remedy}`,
  )
  expect(() => tell({ what: '語'.repeat(50_000) })).toThrow('a word has 150,001 bytes')
})
const listed = step({
  ...common,
  name: 'listed',
  inputs: { reports: named(text) },
  params: { more: z.string().default('x') },
  command: ({ reports, more, made }) => run('cp', responseFile([...Object.entries(reports).flat(), word`more ${more}`]), made),
})
test('by a file there may be as many as there are; a line break in one is refused', () => {
  listed({ reports: byName(100_000), more: 'x'.repeat(200_000) })
  expect(() => listed({ reports: {}, more: 'a\nb' })).toThrow(
    'In the command of step "listed" a word of responseFile(…) has a line break, "more a\\nb", and such a file holds one word a line. Give that word in argv, or without the break.',
  )
})
test('what is no word is none in a file either, and the file is no text', () => {
  const wrong = (words: readonly never[]) => step({ ...common, name: 'wrong', inputs: {}, command: () => run('cat', responseFile(words)) })
  expect(() => wrong([undefined as never])({})).toThrow(
    'In the command of step "wrong" word 1 after "cat" is responseFile(…) with a word that is nothing, which is no word.',
  )
  expect(() => `${responseFile([])}`).toThrow('In a command responseFile(…) is put into text.')
})
test('a list that was not known before: the step fails at its start and says the same', { timeout: 60_000 }, async () => {
  const lines = step({
    ...common,
    name: 'lines',
    inputs: {},
    outputs: { all: many(text) },
    command: ({ all }) => run('bash', '-c', 'cd "$1" && seq 1000 | split -l 1 -a 5 --additional-suffix=.txt', 'bash', all),
  })
  const join = step({
    ...common,
    name: 'join',
    inputs: { parts: many(text) },
    command: ({ parts, made }) => run('cat', ...Array.from({ length: 90 }, () => parts)).into(made),
  })
  const { failures } = await ran({ made: join({ parts: lines({}).all }).made })
  expect(failures[0]).toMatch(
    /^Step join ended with status 12[67]\. In its command there are 90,001 words of 2\.\d MiB, 90,000 of them for the input "parts", and the system takes 2 MiB with the environment\. Give such words by a file/,
  )
})
test('a line break that only this machine has, in the path of a script: refused when its step would start', async () => {
  const folder = `${scratch()}/a\nb`
  mkdirSync(folder)
  writeFileSync(`${folder}/x.sh`, 'true\n')
  const script = asset(pathToFileURL(`${folder}/`).href, './x.sh')
  const own = step({
    ...common,
    name: 'own',
    inputs: {},
    assets: { script },
    command: at => run('cat', responseFile([at.script])).into(at.made),
  })
  await expect(ran({ made: own({}).made })).rejects.toThrow('In the command of step "own" a word of responseFile(…) has a line break')
})
