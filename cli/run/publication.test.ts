import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { projectWith, trireme } from '../../test/project.ts'

// What a run may not do to the files of its user.

const source = `
import { after, from, kind, many, mib, pipeline, rows, run, step } from 'trireme-bio'
import { sampleName } from 'trireme-bio/values'
const text = kind('text', { extension: '.txt' })
const indexed = kind('indexed', { extension: '.txt', companions: ['.idx'] })
const needs = { cpu: 1, memory: mib(64) }
const upper = step({
  name: 'upper', image: 'any', needs, inputs: { words: text }, outputs: { loud: text },
  command: ({ words, loud }) => run('sh', '-c', 'tr a-z A-Z <"$1"', 'sh', words).into(loud),
})
const look = step({
  name: 'look', image: 'any', needs, inputs: { words: indexed }, outputs: { loud: text },
  command: ({ words, loud }) => run('sh', '-c', 'tr a-z A-Z <"$1"', 'sh', words).into(loud),
})
const parts = step({
  name: 'parts', image: 'any', needs, inputs: { words: text }, outputs: { all: many(text) },
  command: ({ words, all }) => run('sh', '-c', 'for w in $(cat "$1"); do echo $w >$2/$w.txt; done', 'sh', words, all),
})
const check = step({
  name: 'check', image: 'any', needs, inputs: { words: text }, outputs: { report: text },
  command: ({ words, report }) => run('grep', '-v', 'bad', words).into(report),
})
export const checked = pipeline({
  name: 'checked',
  inputs: { rows: rows({ sample: sampleName, words: from(text, 'file') }) },
  build: ({ rows }) => {
    const louds = Object.fromEntries(rows.map(row => [row.sample, upper({ words: row.words }).loud]))
    const checks = Object.fromEntries(rows.map(row => [row.sample, check({ words: row.words }).report]))
    return { loud: Object.fromEntries(rows.map(({ sample }) => [sample, after(louds[sample]!, checks[sample]!)])), unchecked: louds }
  },
})
export const words = pipeline({
  name: 'words',
  inputs: { rows: rows({ sample: sampleName, words: from(text, 'file') }) },
  layout: { loud: sample => 'loud/' + sample },
  build: ({ rows }) => ({ loud: Object.fromEntries(rows.map(row => [row.sample, upper({ words: row.words }).loud])) }),
})
export const one = pipeline({ name: 'one', inputs: { words: text }, layout: { loud: 'loud/A' }, build: ({ words }) => ({ loud: upper({ words }).loud }) })
export const looked = pipeline({ name: 'looked', inputs: { words: indexed }, layout: { loud: 'd/x.txt' }, build: ({ words }) => ({ loud: look({ words }).loud }) })
export const listed = pipeline({ name: 'listed', inputs: { words: text }, build: ({ words }) => ({ all: parts({ words }).all }) })
`
const project = () => projectWith({ 'pipelines/words.ts': source, 'a.txt': 'first words\n', 'sheet.csv': 'sample,file\nA,a.txt\n' })
const runs = (folder: string) => readdirSync(path.join(folder, '.trireme/runs')).length

test('an input is not written over, nor is a sheet; nothing has run', () => {
  const folder = project()
  const at = (name: string) => path.join(folder, name)
  expect(trireme(folder, 'run', 'words', '--rows', 'sheet.csv').status).toBe(0)
  const { status, stderr } = trireme(folder, 'run', 'one', '--words', 'results/loud/A.txt')
  expect([status, stderr]).toEqual([
    7,
    'The results cannot be written to results, since files would be lost:\n' +
      '  results/loud/A.txt is the input words of this run, and the result "loud" would be written there\n' +
      'Nothing has run. Give another --out, or move these files away.\n',
  ])
  expect(readFileSync(at('results/loud/A.txt'), 'utf8')).toBe('FIRST WORDS\n')
  linkSync(at('results/loud/A.txt'), at('other name.txt'))
  expect(trireme(folder, 'run', 'one', '--words', 'other name.txt', '--overwrite').stderr).toContain(
    `results/loud/A.txt is the same file as ${folder}/other name.txt, the input words of this run`,
  )
  rmSync(at('other name.txt'))
  writeFileSync(at('results/loud/A.txt'), 'sample,file\nA,../../a.txt\n')
  expect(trireme(folder, 'run', 'words', '--rows', 'results/loud/A.txt', '--overwrite').stderr).toContain(
    'results/loud/A.txt is the sheet rows of this run',
  )
  expect(runs(folder)).toBe(1)
  const plan = trireme(folder, 'plan', 'one', '--words', 'results/loud/A.txt')
  expect([plan.status, plan.stderr]).toEqual([0, expect.stringContaining('A run would be refused. The results cannot be written')])
  expect(trireme(folder, 'run', 'one', '--words', 'results/loud/A.txt', '--out', 'other').status).toBe(0)
})
test('a file beside an input counts as the input does, and so does the folder that a result would need', () => {
  const folder = project()
  mkdirSync(path.join(folder, 'results'))
  writeFileSync(path.join(folder, 'results/d'), 'words\n')
  writeFileSync(path.join(folder, 'results/d.idx'), 'index\n')
  symlinkSync('results/d', path.join(folder, 'in.txt'))
  symlinkSync('results/d.idx', path.join(folder, 'in.txt.idx'))
  expect(trireme(folder, 'run', 'looked', '--words', 'in.txt').stderr).toContain(
    `results/d is the same file as ${folder}/in.txt, the input words of this run, and the result "loud" would be written below it`,
  )
  rmSync(path.join(folder, 'results'), { recursive: true })
  mkdirSync(path.join(folder, 'results/d'), { recursive: true })
  writeFileSync(path.join(folder, 'results/d/x.txt.txt'), 'index\n')
  for (const name of ['in.txt', 'in.txt.idx']) rmSync(path.join(folder, name))
  writeFileSync(path.join(folder, 'in.txt'), 'words\n')
  symlinkSync('results/d/x.txt.txt', path.join(folder, 'in.txt.idx'))
  expect(trireme(folder, 'run', 'looked', '--words', 'in.txt', '--overwrite').stderr).toContain(
    `results/d/x.txt.txt is the same file as ${folder}/in.txt.idx, the input words of this run`,
  )
})
test('a later run replaces what an earlier one published; what its user changed or put there is refused before anything runs', () => {
  const folder = project()
  const result = path.join(folder, 'results/loud/A.txt')
  const go = (...more: string[]) => trireme(folder, 'run', 'words', '--rows', 'sheet.csv', ...more)
  go()
  writeFileSync(path.join(folder, 'a.txt'), 'other words\n')
  expect(go().status).toBe(0)
  expect(readFileSync(result, 'utf8')).toBe('OTHER WORDS\n')
  writeFileSync(result, 'MY WORDS\n')
  const { status, stderr } = go()
  expect([status, stderr]).toEqual([
    7,
    expect.stringContaining('results/loud/A.txt has been changed since a run published it; the result "loud" would'),
  ])
  expect(stderr).toContain('--overwrite replaces such files, but no input.')
  expect([runs(folder), readFileSync(result, 'utf8')]).toEqual([2, 'MY WORDS\n'])
  expect(go('--overwrite').status).toBe(0)
  expect(readFileSync(result, 'utf8')).toBe('OTHER WORDS\n')
  mkdirSync(path.join(folder, 'mine/loud'), { recursive: true })
  writeFileSync(path.join(folder, 'mine/loud/A.txt'), 'mine')
  expect(go('--out', 'mine').stderr).toContain('mine/loud/A.txt is there already, and no run published it')
})
test('where places are known only when a list is written: checked before the first file is published', () => {
  const folder = project()
  mkdirSync(path.join(folder, 'results/all'), { recursive: true })
  writeFileSync(path.join(folder, 'results/all/words.txt'), 'mine')
  const { status, stderr } = trireme(folder, 'run', 'listed', '--words', 'a.txt')
  expect([status, stderr]).toEqual([7, expect.stringContaining('What was made is kept: the same command goes on from there.')])
  expect(readdirSync(path.join(folder, 'results/all'))).toEqual(['words.txt'])
  rmSync(path.join(folder, 'results/all/words.txt'))
  expect(trireme(folder, 'run', 'listed', '--words', 'a.txt').stdout).toContain('nothing had to run')
})
test.skipIf(process.platform !== 'linux')('folders that cannot be: told at once, before a store is made (skipped: not Linux)', () => {
  const folder = project()
  for (const place of ['/proc/x', '/dev/null', 'a.txt', 'a.txt/deeper', '.trireme']) {
    const { status, stderr } = trireme(folder, 'run', 'words', '--rows', 'sheet.csv', '--out', place)
    expect([status, stderr]).toEqual([7, expect.stringMatching(`^The results cannot be written to ${place}: .*\\. Give a`)])
  }
  expect(existsSync(path.join(folder, '.trireme'))).toBe(false)
})
test('--publish-partial: what a check refused is not published, what an earlier run left in its place is told, and so is all until nothing is missing', () => {
  const folder = project()
  const at = (name: string) => path.join(folder, name)
  const go = (...more: string[]) => trireme(folder, 'run', 'checked', '--rows', 'two.csv', ...more)
  writeFileSync(at('two.csv'), 'sample,file\nA,a.txt\nB,b.txt\nC,c.txt\n')
  for (const name of ['b', 'c']) writeFileSync(at(`${name}.txt`), `words of ${name}\n`)
  expect(go().status).toBe(0)
  rmSync(at('results/loud/C.txt'))
  for (const name of ['b', 'c']) writeFileSync(at(`${name}.txt`), `bad words of ${name}\n`)
  expect(go().stderr).toContain('Nothing was published.')
  const partial = go('--publish-partial')
  expect([partial.status, partial.stderr]).toEqual([
    1,
    expect.stringContaining('What was made is in results, and what is missing there is told in results/INCOMPLETE.txt.'),
  ])
  const texts = (folder: string) => readdirSync(at(`results/${folder}`)).map(name => readFileSync(at(`results/${folder}/${name}`), 'utf8'))
  // Nothing of this run's B is under the name that was to wait for its check: what lies there is the earlier run's.
  expect(texts('loud')).toEqual(['FIRST WORDS\n', 'WORDS OF B\n'])
  expect(texts('unchecked')).toEqual(['FIRST WORDS\n', 'BAD WORDS OF B\n', 'BAD WORDS OF C\n'])
  const info = JSON.parse(readFileSync(at('results/pipeline_info/run.json'), 'utf8'))
  expect([info.state, info.files.map((file: { path: string }) => file.path)]).toEqual([
    'failed',
    ['loud/A.txt', 'unchecked/A.txt', 'unchecked/B.txt', 'unchecked/C.txt'],
  ])
  expect(readFileSync(at('results/INCOMPLETE.txt'), 'utf8')).toBe(
    `This folder holds only a part of what the run ${info.id} of checked was to make, since steps of it failed: check:B, check:C.
  Step check:B ended with status 1.
  Step check:C ended with status 1.

Not made, or refused by a check:
  loud/B.txt   what lies there is of an earlier run
  loud/C.txt

Take nothing of them from here. The run that makes them all removes this file.
`,
  )
  for (const name of ['b', 'c']) writeFileSync(at(`${name}.txt`), `good words of ${name}\n`)
  expect(go().status).toBe(0)
  expect(texts('loud')).toEqual(['FIRST WORDS\n', 'GOOD WORDS OF B\n', 'GOOD WORDS OF C\n'])
  expect(existsSync(at('results/INCOMPLETE.txt'))).toBe(false)
})
