import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { seededObservation, textOf } from '../../test/seeded-record.ts'
import { codeOf, isAncestor, isIgnored } from './commit.ts'
import { meter } from './measure.ts'
import type { Result } from './older/result.ts'
import { table } from './older/table.ts'
import type { Observed } from './record.ts'
import { readRecords } from './records.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
let checkout: string
const git = (...words: string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...words], { cwd: checkout, encoding: 'utf8' }).trim()
const put = (name: string, text: string) => {
  mkdirSync(path.dirname(path.join(checkout, name)), { recursive: true })
  writeFileSync(path.join(checkout, name), text)
}
beforeEach(() => {
  checkout = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'trireme-records-')))
  git('init', '-q', '-b', 'main')
  put('code.ts', 'one')
  git('add', '-A')
  git('commit', '-q', '-m', 'one')
})
afterEach(() => rmSync(checkout, { recursive: true }))
const result = (version: string): Result => ({
  format: 1,
  benchmark: 'accuracy',
  when: '2026-01-02T03:04:05.000Z',
  version,
  quick: false,
  seed: 1,
  machine: { cpu: 'c', cores: 2, memory: 1, system: 's' },
  versions: {},
  load: 0,
  arms: {},
  rows: [{ what: 'F1', unit: 'share', value: 0.5, target: { least: 0.4 }, met: true }],
  warnings: [],
})

test('every record in the repository proves itself, and is of code that can be had', () => {
  const records = readRecords(path.join(root, 'benchmarks/results'), root)
  expect(records.length).toBeGreaterThan(10)
  expect(records.flatMap(({ file, faults }) => faults.map(fault => `${file}: ${fault}`))).toEqual([])
})
test('records of changed code and of commits outside the history are found', () => {
  const old = git('rev-parse', '--short', 'HEAD')
  git('checkout', '-q', '-b', 'other')
  put('code.ts', 'other')
  git('commit', '-q', '-a', '-m', 'other')
  const other = git('rev-parse', '--short', 'HEAD')
  git('checkout', '-q', 'main')
  const faults = Object.fromEntries(
    [`0.1.0 ${old}`, `0.1.0 ${old}-dirty`, `0.1.0 ${other}`, '0.1.0 abcdef0', '0.1.0'].map((version, n) => {
      put(`results-${n}/accuracy.json`, JSON.stringify(result(version)))
      return [version, readRecords(path.join(checkout, `results-${n}`), checkout).flatMap(({ faults }) => faults)]
    }),
  )
  expect(faults).toEqual({
    [`0.1.0 ${old}`]: [],
    [`0.1.0 ${old}-dirty`]: [`its code was commit ${old} with changes that are in no commit`],
    [`0.1.0 ${other}`]: [`its commit, ${other}, is not in the history of what is checked out`],
    '0.1.0 abcdef0': ['its commit, abcdef0, is not in the history of what is checked out'],
    '0.1.0': ['its version, "0.1.0", names no commit'],
  })
  put('named/accuracy-dirty.json', JSON.stringify(result(`0.1.0 ${old}`)))
  expect(readRecords(path.join(checkout, 'named'), checkout)).toMatchObject([{ faults: ['its name says that its code was changed'] }])
  put('named/accuracy-dirty.json', '{}')
  expect(readRecords(path.join(checkout, 'named'), checkout)[0]!.faults[0]).toMatch(/^It is JSON, but no record/)
  const lost = (code: Observed['code']) => {
    put('new/a.json', textOf({ ...seededObservation(), code }))
    return readRecords(path.join(checkout, 'new'), checkout).flatMap(({ faults }) => faults)
  }
  expect(lost({ version: '1', commit: old })).toEqual([])
  expect(lost({ version: '1', commit: other })).toEqual([`its commit, ${other}, is not in the history of what is checked out`])
  expect(lost({ version: '1', why: 'a.ts differs' })).toEqual(['its code is in no commit: a.ts differs'])
})
test('a record that Git passes over is found', () => {
  const file = 'benchmarks/results/c-2-cores/lost.json'
  put(file, '{}')
  expect(isIgnored(checkout, file)).toBe(false)
  put('.git/info/exclude', 'results/\n')
  expect(isIgnored(checkout, file)).toBe(true)
  put('.git/info/exclude', '/results/\n')
  expect(isIgnored(checkout, file)).toBe(false)
  rmSync(path.join(checkout, file))
})
test('only a clean commit on a branch can be gone back to', () => {
  const commit = git('rev-parse', '--short=12', 'HEAD')
  expect(codeOf(checkout)).toEqual({ state: 'a commit', commit })
  put('benchmarks/results/c-2-cores/a.json', '{}') // the record before
  expect(codeOf(checkout)).toEqual({ state: 'a commit', commit })
  put('code.ts', 'two')
  expect(codeOf(checkout)).toMatchObject({ changed: true, why: `code.ts differs from commit ${commit}` })
  put('new.ts', 'untracked code is measured too')
  expect(codeOf(checkout)).toMatchObject({ changed: true, why: `code.ts and 1 more differ from commit ${commit}` })
  rmSync(path.join(checkout, 'new.ts'))
  git('checkout', '-q', '--detach')
  git('commit', '-q', '-a', '-m', 'on no branch')
  const detached = git('rev-parse', '--short=12', 'HEAD')
  expect(codeOf(checkout)).toMatchObject({ changed: false, why: `commit ${detached} is on no branch` })
  git('branch', 'now')
  expect(codeOf(checkout)).toEqual({ state: 'a commit', commit: detached })
})
test('a folder within another checkout is none, and a shallow one has no history to ask', () => {
  put('inner/package.json', '{}')
  expect(codeOf(path.join(checkout, 'inner'))).toMatchObject({ why: 'this is no Git checkout, or Git cannot read it' })
  expect(isAncestor(path.join(checkout, 'inner'), 'abcdef0')).toBeUndefined()
  git('clone', '-q', '--depth', '1', `file://${checkout}`, 'shallow')
  expect(isAncestor(path.join(checkout, 'shallow'), 'abcdef0')).toBeUndefined()
  expect(isAncestor(checkout, 'abcdef0')).toBe(false)
})
test.skipIf(process.platform !== 'linux')("what others take is told apart from one's own (skipped: not Linux)", async () => {
  const used = meter()
  const burn = 'while (process.cpuUsage().user < 400_000) ;' // microseconds of CPU, however busy the machine
  execFileSync(process.execPath, ['-e', burn])
  const own = used()
  expect(own.own).toBeGreaterThan(0.35)
  expect(own.wall).toBeGreaterThan(0.35)
  expect(own.others).toBeGreaterThanOrEqual(0)
})
test("other programs' CPU stands in the table where it is more than a few per cent", () => {
  const of = (others: number) => table({ ...result('0.1.0 abcdef0'), usage: { wall: 100, own: 90, others } })
  expect(of(5)).not.toContain('other programs')
  expect(of(50)).toContain("| other programs' CPU meanwhile | 50.0            | seconds |        | 25 % of the machine |")
  expect(table(result('0.1.0 abcdef0'))).not.toContain('other programs')
})
