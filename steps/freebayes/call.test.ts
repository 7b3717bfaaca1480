import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { sameAs } from 'trireme-bio'
import { bed, indexedBam, indexedFasta } from 'trireme-bio/kinds'
import { content, fastaFile, folder, genome, hla, indexedBamFile, other, pairs, phage, samText, variantsIn } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { call, callTargets } from './call.ts'

const at = folder()
const genomeFile = fastaFile(at)
const reference = given('genome', indexedFasta({ reference: sameAs('genome') }), { '': genomeFile, '.fai': `${genomeFile}.fai` })
const places = [
  [phage, 500],
  [phage, 520],
  [phage, 1000],
  [phage, 1020],
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

it('calls the first and the last base of a region, and no base outside', async () => {
  const { calls } = await made(call({ bams, reference, region: `${phage}:520-1000` }))
  expect(variantsIn(calls.path)).toEqual([places[1], places[2]].map(place => `${snp(place)} 1/1 0/0`))
})
it('takes contigs with colons in their names, and a ploidy of one', async () => {
  const { calls } = await made(call({ bams, reference, region: `${hla}:300-300`, ploidy: 1 }))
  expect(variantsIn(calls.path)).toEqual([`${snp(places[4])} 1 0`])
})
it('calls over the regions of a BED', async () => {
  const file = path.join(at, 'targets.bed')
  writeFileSync(file, `${phage}\t499\t500\n${phage}\t1019\t1020\n${hla}\t299\t300\n`)
  const { calls } = await made(callTargets({ bams, reference, targets: given('targets', bed, file) }))
  expect(variantsIn(calls.path)).toEqual([places[0], places[3], places[4]].map(place => `${snp(place)} 1/1 0/0`))
})
it('writes the same bytes twice, without date, command line and path', async () => {
  const calls = async () => (await made(call({ bams, reference, region: `${phage}:1-2000` }))).calls.path
  const [one, two] = [await calls(), await calls()]
  expect(readFileSync(one).equals(readFileSync(two))).toBe(true)
  expect(content(one)).not.toMatch(/##fileDate|##commandline|##reference|##bcftools/)
})
it('says so when a region lies outside its contig', async () => {
  await expect(made(call({ bams, reference, region: `${hla}:1-801` }))).rejects.toThrow('outside of reference sequence bounds')
})
