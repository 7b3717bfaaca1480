import { gib, hours, many, pipe, sameAs, sequence, step, type Word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { bed, indexedBam, indexedFasta, vcf } from 'trireme-bio/kinds'
import { bcftools, freebayes, samtools } from 'trireme-bio/tools'
import { region, zeroBased } from 'trireme-bio/values'
import { z } from 'zod'

const inputs = { bams: many(indexedBam({ reference: sameAs('reference') })), reference: indexedFasta({}) }
const outputs = { calls: vcf({ reference: sameAs('reference') }) }
const params = {
  ploidy: z
    .literal([1, 2])
    .default(2)
    .describe(
      'Copies of every contig: 1 for phages and bacteria, 2 for humans, whose X, Y and mitochondria are then called as two copies, too',
    ),
  minMappingQuality: z
    .number()
    .int()
    .min(0)
    .default(1)
    .describe('Reads of lower mapping quality are left out; 1 is the default of freebayes (-m)'),
  minBaseQuality: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('Alleles of lower base quality are left out; 0 is the default of freebayes (-q)'),
  minAlternateFraction: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .describe('An allele needs this share of the reads of one sample; 0.05 is the default of freebayes (-F)'),
  minAlternateCount: z
    .number()
    .int()
    .min(1)
    .default(2)
    .describe('An allele needs so many reads of one sample; 2 is the default of freebayes (-C)'),
}
const shared = {
  tools: [freebayes, samtools, bcftools],
  image: images.variants,
  edam: ['operation_3227'],
  needs: { cpu: 1, memory: [gib(2), gib(8), gib(16)], time: hours(24) },
} as const
interface Settings {
  readonly ploidy: number
  readonly minMappingQuality: number
  readonly minBaseQuality: number
  readonly minAlternateFraction: number
  readonly minAlternateCount: number
}
const words = (settings: Settings): readonly Word[] => [
  ...['--samples', 'tmp/samples.txt', '--ploidy', settings.ploidy, '-m', settings.minMappingQuality, '-q', settings.minBaseQuality],
  ...['-F', settings.minAlternateFraction, '-C', settings.minAlternateCount],
]
/** Keeps columns in the order of the BAMs: left to itself, freebayes 1.3.6 orders samples by the hash of their files' paths. */
const listed = ['awk', '-F', '\t', '!seen[$1]++ { print $1 > "tmp/samples.txt" }'] as const
/** The header holds the date, the command line and the genome's path. */
const bare = ['sed', '1,/^#CHROM/{/^##fileDate=/d;/^##commandline=/d;/^##reference=/d;}'] as const
const packed = ['bcftools', 'view', '--no-version', '-O', 'z', '-o'] as const

export const call = step({
  ...shared,
  name: 'freebayes-call',
  about: 'Call variants of samples over a region, by haplotype, all samples together',
  inputs,
  params: { region: region.describe('Where to call, such as chr20:1-5000000'), ...params },
  outputs,
  streams: ['calls'],
  tag: ({ region }) => region,
  command: ({ bams, reference, calls, region, ...settings }) =>
    sequence(
      pipe(['samtools', 'samples', bams], listed),
      pipe(['freebayes', '-f', reference, '--region', zeroBased(region), ...words(settings), bams], bare, [...packed, calls, '-']),
    ),
})
export const callTargets = step({
  ...shared,
  name: 'freebayes-call-targets',
  about: 'Call variants of samples over the regions of a BED, by haplotype, all samples together',
  inputs: { ...inputs, targets: bed },
  params,
  outputs,
  streams: ['calls'],
  command: ({ bams, reference, calls, targets, ...settings }) =>
    sequence(
      pipe(['samtools', 'samples', bams], listed),
      pipe(['freebayes', '-f', reference, '--targets', targets, ...words(settings), bams], bare, [...packed, calls, '-']),
    ),
})
