import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { json } from 'trireme-bio/kinds'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { pool } from './summary.script.ts'
import { summary } from './summary.ts'

const report = (sample: string, tp: number, fp: number, fn: number) => ({
  sample,
  rows: [{ stratum: 'all', type: 'snp', tp, fp, fn, genotypesSame: tp }],
  perhapsSameHaplotype: { within: 20, pairs: fn },
})

it('adds counts before it divides, so that a large sample weighs more than a small one', () => {
  const { samples, pooled, perhapsSameHaplotype } = pool([report('one', 98, 1, 2), report('two', 1, 1, 0)])
  expect(samples.map(({ sample, f1 }) => [sample, f1?.toFixed(4)])).toEqual([
    ['one', '0.9849'],
    ['two', '0.6667'],
  ])
  expect(pooled).toEqual([
    {
      sample: '(pooled)',
      stratum: 'all',
      type: 'snp',
      tp: 99,
      fp: 2,
      fn: 2,
      precision: 99 / 101,
      recall: 99 / 101,
      f1: 198 / 202,
      genotypesSame: 99,
      genotypeConcordance: 1,
    },
  ])
  expect(perhapsSameHaplotype).toEqual({ within: 20, pairs: 2 })
})

it('refuses to count a sample twice', () => {
  expect(() => pool([report('one', 1, 0, 0), report('one', 1, 0, 0)])).toThrow(
    'Two reports are of sample "one". Each sample should be pooled once.',
  )
})

it('writes a table for people beside those for programs', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'truth-summary-'))
  const reports = [report('one', 98, 0, 2), report('two', 100, 0, 0)].map((content, n) => {
    const file = path.join(folder, `${n}.json`)
    writeFileSync(file, JSON.stringify(content))
    return given(`report${n}`, json, file)
  })
  const { text, table, headline } = await made(summary({ reports }))
  expect(readFileSync(text.path, 'utf8').split('\n')).toEqual([
    'sample    stratum  type   TP  FP  FN  precision  recall      F1  genotypes',
    'one       all      snp    98   0   2     1.0000  0.9800  0.9899     1.0000',
    'two       all      snp   100   0   0     1.0000  1.0000  1.0000     1.0000',
    '(pooled)  all      snp   198   0   2     1.0000  0.9900  0.9950     1.0000',
    '',
    '2 false negative(s) have a false positive within 20 bases; whether these are one haplotype written in two ways is a question for RTG vcfeval or hap.py.',
    '',
  ])
  expect(readFileSync(headline.path, 'utf8')).toBe(
    'Accuracy: SNPs precision 1.0000, recall 0.9900, F1 0.9950 (198 of 200 found, 0 wrong)\n',
  )
  expect(readFileSync(table.path, 'utf8').split('\n')).toHaveLength(5)
})
