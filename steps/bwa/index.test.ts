import { readFileSync } from 'node:fs'
import { fasta } from 'trireme-bio/kinds'
import { fastaFile, folder, hla, phage } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { index } from './index.ts'

it('writes five files that name the contigs', async () => {
  const genome = given('genome', fasta, fastaFile(folder()))
  const { index: made1 } = await made(index({ genome }))
  expect(Object.keys(made1.parts)).toEqual(['amb', 'ann', 'bwt', 'pac', 'sa'])
  const ann = readFileSync(made1.parts.ann!, 'utf8')
  expect(ann).toContain(`0 ${phage} some words`)
  expect(ann).toContain(`0 ${hla} some words`)
})
