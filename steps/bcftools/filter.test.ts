import { vcf } from 'trireme-bio/kinds'
import { content, folder, phage, variantsIn, vcfFile } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { filter } from './filter.ts'

const file = vcfFile(folder(), 'calls', [
  [phage, 10, 'A', 'C', 20, '0/1'],
  [phage, 20, 'A', 'C', 20.5, '0/1'],
])
const calls = given('calls', vcf({}), file[''])
const positions = async (settings: { quality?: number; depth?: number }) =>
  variantsIn((await made(filter({ calls, ...settings }))).filtered.path).map(line => /:(\d+) /.exec(line)?.[1])

it('keeps what lies above the quality, and writes an index', async () => {
  expect(await positions({})).toEqual(['20'])
  expect(await positions({ quality: 1 })).toEqual(['10', '20'])
  expect((await made(filter({ calls }))).filtered.companions['.tbi']).toMatch(/\.vcf\.gz\.tbi$/)
})
it('keeps what has the depth', async () => {
  expect(await positions({ depth: 20 })).toEqual(['20'])
  expect(await positions({ depth: 21 })).toEqual([])
})
it('marks instead, when told so', async () => {
  const vcf = content((await made(filter({ calls, failing: 'marked' }))).filtered.path)
  expect(
    vcf
      .split('\n')
      .filter(line => line !== '' && !line.startsWith('#'))
      .map(line => line.split('\t')[6]),
  ).toEqual(['LowQual', 'PASS'])
  expect(vcf).not.toContain('##bcftools')
})
