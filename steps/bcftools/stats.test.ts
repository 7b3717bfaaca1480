import { sameAs } from 'trireme-bio'
import { indexedFasta, vcf } from 'trireme-bio/kinds'
import { content, fastaFile, folder, genome, other, phage, vcfFile } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { stats } from './stats.ts'

it('reports without command line and path', async () => {
  const at = folder()
  const genomeFile = fastaFile(at)
  const reference = given('genome', indexedFasta({ reference: sameAs('genome') }), { '': genomeFile, '.fai': `${genomeFile}.fai` })
  const files = vcfFile(at, 'calls', [[phage, 10, genome[phage]![9]!, other(phage, 10), 50, '0/1']])
  const calls = given('calls', vcf({ reference: sameAs('genome') }), files[''])
  const report = content((await made(stats({ calls, reference, name: 'cohort' }))).report.path)
  expect(report).toContain('\nID\t0\tcohort\n')
  expect(report).toContain('number of SNPs:\t1\n')
  expect(report).not.toMatch(/command line|in\/calls/)
})
