import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { source } from '../../core/define/pipeline.ts'
import { placedAt } from '../../core/graph/place.ts'
import { scratch } from '../../core/testing.ts'
import { kind } from '../../core/vocabulary/kind.ts'
import { noticeLines, resultLines } from './ending.ts'
import { publications, type ResultFile } from './layout.ts'

const bam = kind('bam', { extension: '.bam', companions: ['.bai'] })
const page = kind('html', { extension: '.html' })
const ref = source('x', bam, { '': { url: 'x', sha256: 'a' }, '.bai': { url: 'y', sha256: 'b' } })
const html = source('p', page, { '': { url: 'p', sha256: 'c' } })
const at = (base: string) => placedAt(base, bam)
const results = { bams: { s1: ref, s2: ref }, one: ref, qc: { page: html, other: html } }
const made = { bams: { s1: at('/e/a'), s2: at('/e/b') }, one: at('/e/1'), qc: { page: placedAt('/e/p', page), other: undefined } }
const files = publications(results, made, { bams: name => `bams/${name}/${name}`, one: 'calls/one' })

test('the results that matter, with their places from here; several by their folder, none that was not made', () => {
  expect(resultLines('out', files, { one: 'Calls', bams: 'Alignments', qc: { page: 'Report', other: 'Other' } })).toEqual([
    'Calls            out/calls/one.bam',
    'Alignments       out/bams/ (2 files)',
    'Report           out/qc/page.html',
    'How it was made  out/pipeline_info/',
  ])
  expect(resultLines('/far/out', files, { one: 'Calls' })[0]).toBe('Calls            /far/out/calls/one.bam')
})
test('without highlights, or none of them made: every file where there are few, else how many in each folder', () => {
  const plain = ['bams/s1/s1.bam', 'bams/s1/s1.bam.bai', 'bams/s2/s2.bam', 'bams/s2/s2.bam.bai', 'calls/one.bam', 'calls/one.bam.bai']
  expect(resultLines('out', files, undefined)).toEqual([...plain, 'qc/page.html'])
  expect(resultLines('out', files, { qc: { other: 'Other' } })).toEqual([...plain, 'qc/page.html'])
  const many = [...files, ...Array.from({ length: 9 }, (_, n): ResultFile => ({ ...files[0]!, to: `bams/${n}.bam` }))]
  expect(resultLines('out', many, undefined)).toEqual(['bams/  13 files', 'calls/  2 files', 'qc/page.html'])
})
test('notices are shown, warnings in colour, without control characters, and not endlessly', async () => {
  const folder = scratch()
  const notice = (name: string, text: string): ResultFile => {
    writeFileSync(path.join(folder, name), text)
    return { from: path.join(folder, name), to: name, result: 'told', name, format: 'notice', main: true }
  }
  const told = await noticeLines(
    'out',
    [
      ...files,
      notice('losses.txt', '9 reads in, 8 kept\nWarning: sample \u001b[2Jx has a depth of 0.1\n'),
      notice('long.txt', 'a line\n'.repeat(50)),
    ],
    (colour, text) => `<${colour} ${text}>`,
  )
  expect(told.slice(0, 4)).toEqual(['', '9 reads in, 8 kept', '<yellow Warning: sample  [2Jx has a depth of 0.1>', ''])
  expect(told).toHaveLength(4 + 41)
  expect(told.at(-1)).toBe('… 10 more lines in out/long.txt')
})
