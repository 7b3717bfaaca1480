import { readFileSync } from 'node:fs'
import { vcf } from 'trireme-bio/kinds'
import { folder, phage, vcfFile } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { index } from './index.ts'

it('puts the index beside a copy of the variants', async () => {
  const files = vcfFile(folder(), 'calls', [[phage, 10, 'A', 'C', 50, '0/1']])
  const { indexed } = await made(index({ calls: given('calls', vcf({}), files['']) }))
  expect(readFileSync(indexed.path).equals(readFileSync(files['']))).toBe(true)
  expect(readFileSync(indexed.companions['.tbi']!).equals(readFileSync(files['.tbi']))).toBe(true)
})
