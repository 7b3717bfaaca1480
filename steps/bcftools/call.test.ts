import { sameAs } from 'trireme-bio'
import { indexedBam, indexedFasta } from 'trireme-bio/kinds'
import { mpileup } from 'trireme-bio/steps/bcftools/mpileup'
import { content, fastaFile, folder, indexedBamFile, other, pairs, phage, samText, variantsIn } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { call } from './call.ts'

const at = folder()
const genomeFile = fastaFile(at)
const reference = given('genome', indexedFasta({ reference: sameAs('genome') }), { '': genomeFile, '.fai': `${genomeFile}.fai` })
/** Every other pair carries the SNP: a heterozygote. */
const mixed = pairs([{ contig: phage, position: 700, to: other(phage, 700) }], 20).concat(
  pairs([], 20).map(pair => ({ ...pair, name: `r${pair.name}` })),
)
const bams = [given('s', indexedBam({ reference: sameAs('genome') }), indexedBamFile(at, 's', samText(mixed, 's')))]
const { pileup } = mpileup({ bams, reference, region: `${phage}:1-2000` })

it('calls by the ploidy it is told', async () => {
  const genotypes = async (ploidy: 1 | 2) =>
    variantsIn((await made(call({ pileup, ploidy }))).calls.path).map(line => line.split(' ').at(-1))
  expect(await genotypes(2)).toEqual(['0/1'])
  expect(['0', '1', undefined]).toContain((await genotypes(1))[0])
})
it('writes no path, command line or date', async () => {
  const vcf = content((await made(call({ pileup }))).calls.path)
  expect(vcf).not.toMatch(/##reference|##bcftools|Date=/)
  expect(vcf).toContain('##FORMAT=<ID=AD,')
})
it('knows ploidies of one and two', () => {
  // @ts-expect-error there is no ploidy 3
  expect(() => call({ pileup, ploidy: 3 })).toThrow('Parameter "ploidy" of step "bcftools-call"')
})
