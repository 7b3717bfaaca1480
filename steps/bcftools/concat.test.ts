import { vcf } from 'trireme-bio/kinds'
import { content, folder, hla, phage, variantsIn, vcfFile } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { concat } from './concat.ts'

const at = folder()
const part = (name: string, ...places: readonly (readonly [string, number])[]) =>
  given(
    name,
    vcf({}),
    vcfFile(
      at,
      name,
      places.map(([contig, position]) => [contig, position, 'A', 'C', 50, '0/1']),
    )[''],
  )

it('puts parts together and sorts where a part begins before the one before it ends', async () => {
  const parts = [part('one', [phage, 10], [phage, 105]), part('two', [phage, 103], [phage, 150]), part('three'), part('four', [hla, 5])]
  const { whole } = await made(concat({ parts }))
  expect(variantsIn(whole.path).map(line => line.split(' ')[0])).toEqual([
    `${phage}:10`,
    `${phage}:103`,
    `${phage}:105`,
    `${phage}:150`,
    `${hla}:5`,
  ])
  expect(content(whole.path)).not.toContain('##bcftools')
})
it('takes one part', async () => {
  expect(variantsIn((await made(concat({ parts: [part('one', [phage, 10])] }))).whole.path).length).toBe(1)
})
