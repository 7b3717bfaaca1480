import { sameAs } from 'trireme-bio'
import { bam, indexedFasta } from 'trireme-bio/kinds'
import { content, fastaFile, folder, indexedBamFile, pairs, samText } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { stats } from './stats.ts'

const at = folder()
const genome = fastaFile(at)
const reference = given('genome', indexedFasta({ reference: sameAs('genome') }), { '': genome, '.fai': `${genome}.fai` })
const sorted = indexedBamFile(at, 'sorted', samText(pairs(), 's'))['']
const alignments = given('alignments', bam({ sorted: 'coordinate', reference: sameAs('genome') }), sorted)

it('reports without the command line, the same with one core and with two', async () => {
  const [one, two] = [await made(stats({ alignments, reference }), { cpu: 1 }), await made(stats({ alignments, reference }), { cpu: 2 })]
  const report = content(one.report.path)
  expect(report).toContain('# This file was produced by samtools stats')
  expect(report).not.toContain('command line')
  expect(report).toContain(`SN\traw total sequences:\t${2 * pairs().length}`)
  expect(content(two.report.path)).toBe(report)
})
