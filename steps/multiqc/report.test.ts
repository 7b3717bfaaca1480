import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { anyBam, fastqPair, variantReport } from 'trireme-bio/kinds'
import { trim } from 'trireme-bio/steps/fastp/trim'
import { flagstat } from 'trireme-bio/steps/samtools/flagstat'
import { bamFile, content, fastqFiles, folder, pairs, samText } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { report } from './report.ts'

const at = folder()
const flags = (sample: string) => flagstat({ alignments: given(sample, anyBam, bamFile(at, sample, samText(pairs(), sample))) }).report
const { report: trimmed } = trim({ reads: given('reads', fastqPair, fastqFiles(at, 'reads')) })
const results = () =>
  report({
    trimming: { 'one_1.lane': trimmed, 'one:1.lane': trimmed },
    alignments: {},
    flags: { 'one_1.fastq': flags('one'), two: flags('two') },
    calls: {},
  })

it('names samples as it is told, and writes the same bytes twice', async () => {
  const [one, two] = [await made(results()), await made(results())]
  const rows = content(one.table.path)
    .trimEnd()
    .split('\n')
    .map(line => line.split('\t')[0])
  expect(rows).toEqual(['Sample', 'one:1.lane', 'one_1.fastq', 'one_1.lane', 'two'])
  expect(readFileSync(one.page.path).equals(readFileSync(two.page.path))).toBe(true)
  expect(content(one.page.path)).not.toMatch(/generated on|tmp\/found/)
})
it('says so when there is nothing it knows', async () => {
  const file = path.join(at, 'other.txt')
  writeFileSync(file, 'no report\n')
  await expect(made(report({ trimming: {}, alignments: {}, flags: {}, calls: { x: given('x', variantReport, file) } }))).rejects.toThrow(
    'MultiQC found no report that it knows. Give it reports of fastp, samtools stats, samtools flagstat or bcftools stats.',
  )
})
