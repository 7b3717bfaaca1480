import { sameAs } from 'trireme-bio'
import { indexedVcf } from 'trireme-bio/kinds'
import { folder, phage, variantsIn, vcfFile } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { isec } from './isec.ts'

const at = folder()
const side = (name: string, ...records: readonly (readonly [number, string])[]) =>
  given(
    name,
    indexedVcf({ reference: sameAs('genome') }),
    vcfFile(
      at,
      name,
      records.map(([position, alt]) => [phage, position, 'A', alt, 50, '0/1']),
    ),
  )
const first = side('first', [10, 'C'], [20, 'C'], [30, 'C'])
const second = side('second', [20, 'C'], [30, 'G'], [40, 'C'])
const split = async (settings: { collapse?: 'snps' }) => {
  const done = await made(isec({ first, second, ...settings }))
  return Object.fromEntries(
    Object.entries(done).map(([port, { path }]) => [port, variantsIn(path).map(line => Number(/:(\d+) /.exec(line)?.[1]))]),
  )
}
it('splits by position and alleles', async () => {
  expect(await split({})).toEqual({ onlyFirst: [10, 30], onlySecond: [30, 40], sharedFirst: [20], sharedSecond: [20] })
})
it('takes all SNPs of one place as the same, when told so', async () => {
  expect(await split({ collapse: 'snps' })).toEqual({ onlyFirst: [10], onlySecond: [40], sharedFirst: [20, 30], sharedSecond: [20, 30] })
})
