import { readFileSync } from 'node:fs'
import { fasta } from 'trireme-bio/kinds'
import { fastaFile, folder } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { faidx } from './faidx.ts'

it('puts the index beside a copy of the genome', async () => {
  const file = fastaFile(folder())
  const { indexed } = await made(faidx({ genome: given('genome', fasta, file) }))
  expect(readFileSync(indexed.path, 'utf8')).toBe(readFileSync(file, 'utf8'))
  expect(readFileSync(indexed.companions['.fai']!, 'utf8')).toBe(readFileSync(`${file}.fai`, 'utf8'))
})
