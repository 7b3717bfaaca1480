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
it('finds what lies in deep data, and with a limit, indels as well as SNVs', async () => {
  /** 400 pairs in one place, and as many some bases on, which alone have the variants: as amplicons lie. */
  const at_ = (start: number, bases: (from: number) => string, name: string) => ({
    ...{ name, contig: phage, starts: [start, start + 120] as const },
    sequences: [bases(start), bases(start + 120)] as const,
  })
  const plain = (from: number) => genome[phage]!.slice(from - 1, from + 79)
  const [shallow, deep] = [
    Array.from({ length: 400 }, (_, n) => at_(600, plain, `a${n}`)),
    Array.from({ length: 400 }, (_, n) => at_(640, plain, `b${n}`)),
  ]
  // The deletion of the bases 661 to 664 in all reads of the second place.
  const text = samText([...shallow, ...deep], 's')
    .split('\n')
    .map(line => {
      const cells = line.split('\t')
      if (!line.startsWith('b') || cells[3] !== '640') return line
      return [
        ...cells.slice(0, 5),
        '21M4D59M',
        ...cells.slice(6, 9),
        `${plain(640).slice(0, 21)}${genome[phage]!.slice(664, 723)}`,
        ...cells.slice(10),
      ].join('\t')
    })
    .join('\n')
  const bam = given('deep', indexedBam({ reference: sameAs('genome') }), indexedBamFile(at, 'deep', text))
  const found = async (maxDepth?: number) => {
    const { pileup } = mpileup({ bams: [bam], reference, region: `${phage}:600-700`, ...(maxDepth !== undefined && { maxDepth }) })
    return variantsIn((await made(call({ pileup }))).calls.path).map(call => call.split(' ')[1]!.length)
  }
  expect(await found(250)).toEqual([]) // the default of bcftools
  expect([await found(), await found(0), await found(800)]).toEqual([[7], [7], [7]])
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
