import { sameAs } from 'trireme-bio'
import { anyFasta, vcf } from 'trireme-bio/kinds'
import { normalise } from 'trireme-bio/steps/genome/normalise'
import { fastaFile, folder, genome, hla, phage, type Variant, variantsIn, vcfFile } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { leaveAmbiguous } from './ambiguous.ts'

it('leaves out what a code allows, and that alone', async () => {
  const at = folder()
  const coded = [...genome[phage]!]
  for (const [position, code] of [
    [100, 'R'],
    [200, 'b'],
    [300, '-'],
    [400, 'R'],
    [500, 'Y'],
  ] as const)
    coded[position - 1] = code
  const { normalised } = normalise({ genome: given('genome', anyFasta, fastaFile(at, { ...genome, [phage]: coded.join('') })) })
  const records: readonly Variant[] = [
    [phage, 100, 'A', 'G', 50, '1/1'],
    [phage, 101, 'A', 'G', 50, '1/1'],
    [phage, 200, 'C', 'A', 50, '1/1'],
    [phage, 200, 'C', 'T', 50, '0/1'],
    [phage, 400, 'A', 'C', 50, '1/1'],
    [phage, 400, 'A', 'AG', 50, '1/1'],
    [phage, 500, 'C', 'G', 50, '1/1'],
    [hla, 100, 'A', 'G', 50, '1/1'],
  ]
  const calls = given('calls', vcf({ reference: sameAs('genome') }), vcfFile(at, 'calls', records)[''])
  const { kept } = await made(leaveAmbiguous({ calls, reference: normalised }))
  const left = [records[0], records[3]]
  expect(variantsIn(kept.path)).toEqual(
    records
      .filter(record => !left.includes(record))
      .map(([contig, position, ref, alt, , genotype]) => `${contig}:${position} ${ref}>${alt} ${genotype}`),
  )
})
