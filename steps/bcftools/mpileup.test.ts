import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { sameAs } from 'trireme-bio'
import { bed, indexedBam, indexedFasta } from 'trireme-bio/kinds'
import { call } from 'trireme-bio/steps/bcftools/call'
import { fastaFile, folder, genome, hla, indexedBamFile, other, pairs, phage, samText, variantsIn } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { mpileup, mpileupTargets } from './mpileup.ts'

const at = folder()
const genomeFile = fastaFile(at)
const reference = given('genome', indexedFasta({ reference: sameAs('genome') }), { '': genomeFile, '.fai': `${genomeFile}.fai` })
const places = [
  [phage, 500],
  [phage, 501],
  [phage, 1000],
  [phage, 1001],
  [hla, 300],
] as const
const changes = places.map(([contig, position]) => ({ contig, position, to: other(contig, position) }))
const bams = ['one', 'two'].map(sample =>
  given(
    sample,
    indexedBam({ reference: sameAs('genome') }),
    indexedBamFile(at, sample, samText(pairs(sample === 'one' ? changes : []), sample)),
  ),
)
const snp = ([contig, position]: readonly [string, number]) =>
  `${contig}:${position} ${genome[contig]![position - 1]}>${other(contig, position)}`
const called = async (region: string) => variantsIn((await made(call({ pileup: mpileup({ bams, reference, region }).pileup }))).calls.path)

it('calls the first and the last base of a region, and no base outside', async () => {
  expect(await called(`${phage}:501-1000`)).toEqual([places[1], places[2]].map(place => `${snp(place)} 1/1 0/0`))
})
it('takes contigs with colons in their names', async () => {
  expect(await called(`${hla}:300-300`)).toEqual([`${snp(places[4])} 1/1 0/0`])
})
it('calls over the regions of a BED, which count from 0', async () => {
  const file = path.join(at, 'targets.bed')
  writeFileSync(file, `${phage}\t499\t500\n${phage}\t1000\t1001\n${hla}\t299\t300\n`)
  const { pileup } = mpileupTargets({ bams, reference, targets: given('targets', bed, file) })
  expect(variantsIn((await made(call({ pileup }))).calls.path)).toEqual(
    [places[0], places[3], places[4]].map(place => `${snp(place)} 1/1 0/0`),
  )
})
it('writes the same bytes twice', async () => {
  const pileup = async () => readFileSync((await made(mpileup({ bams, reference, region: `${phage}:1-2000` }))).pileup.path)
  expect((await pileup()).equals(await pileup())).toBe(true)
})
it('refuses a BAM of another reference', () => {
  const foreign = given('foreign', indexedBam({ reference: sameAs('mouse') }), indexedBamFile(at, 'foreign', samText(pairs(), 's')))
  // @ts-expect-error the BAM is of "mouse", the reference "genome"
  expect(() => mpileup({ bams: [foreign], reference, region: `${phage}:1-2000` })).toThrow(/asks for reference "genome".*, got "mouse"/)
})
it('refuses a region that is none', () => {
  expect(() => mpileup({ bams, reference, region: 'chr1' })).toThrow(
    'expected contig:start-end with 1 ≤ start ≤ end, such as chr20:1-5000000',
  )
})
