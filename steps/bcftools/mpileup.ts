import { gib, hours, many, pipe, run, sameAs, step, type Word, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { bcf, bed, indexedBam, indexedFasta } from 'trireme-bio/kinds'
import { bcftools } from 'trireme-bio/tools'
import { intervalOf, region } from 'trireme-bio/values'
import { z } from 'zod'

const inputs = { bams: many(indexedBam({ reference: sameAs('reference') })), reference: indexedFasta({}) }
const outputs = { pileup: bcf({ reference: sameAs('reference') }) }
const params = {
  maxDepth: z
    .number()
    .int()
    .min(0)
    .max(1_000_000)
    .default(8000)
    .describe('Reads of a file looked at in one place, 0 for all; the default of bcftools, 250, misses variants of deep data (-d, -L)'),
  minMappingQuality: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('Reads of lower mapping quality are skipped; 0 is the default of bcftools (-q)'),
  minBaseQuality: z
    .number()
    .int()
    .min(0)
    .default(1)
    .describe('Bases of lower quality are skipped; 1 is the default of bcftools since 1.13 (-Q)'),
}
const shared = {
  tools: [bcftools],
  image: images.variants,
  edam: ['operation_3227'],
  needs: { cpu: 1, memory: [gib(1), gib(4)], time: hours(12) },
} as const
interface Settings {
  readonly maxDepth: number
  readonly minMappingQuality: number
  readonly minBaseQuality: number
}
/** More than any place has: int32 times the number of files must hold it. */
const all = 1_000_000
// Above -L no indels are looked for. It lies above -d, which lets through the first read of every further position: 2,001 reads at -d 2000 were one too
// many for -L 2000, and the indel there was lost. AD and DP by sample are what people filter on. Samples are told apart by the SM of their read groups.
const words = ({ maxDepth, minMappingQuality, minBaseQuality }: Settings): readonly Word[] => [
  ...['--no-version', '-d', maxDepth || all, '-L', (maxDepth || all) + 10_000],
  ...['-q', minMappingQuality, '-Q', minBaseQuality, '-a', 'FORMAT/AD,FORMAT/DP'],
]

export const mpileup = step({
  ...shared,
  name: 'bcftools-mpileup',
  about: 'Genotype likelihoods of samples over a region',
  inputs,
  params: { region: region.describe('Where to call, such as chr20:1-5000000'), ...params },
  outputs,
  streams: ['pileup'],
  tag: ({ region }) => region,
  // The region comes as a table on stdin: given as text (-r), bcftools 1.16 splits HLA-A*01:01:01:01 at its first colon.
  command: ({ bams, reference, pileup, region, compression, ...settings }) => {
    const { contig, start, end } = intervalOf(region)
    return pipe(
      ['printf', '%s\\t%d\\t%d\\n', contig, start, end],
      ['bcftools', 'mpileup', ...words(settings), '-f', reference, '-R', '-', '-O', word`b${compression(pileup, 1)}`, '-o', pileup, bams],
    )
  },
})
export const mpileupTargets = step({
  ...shared,
  name: 'bcftools-mpileup-targets',
  about: 'Genotype likelihoods of samples over the regions of a BED',
  inputs: { ...inputs, targets: bed },
  params,
  outputs,
  streams: ['pileup'],
  command: ({ bams, reference, pileup, targets, compression, ...settings }) =>
    run(
      'bcftools',
      'mpileup',
      ...words(settings),
      '-f',
      reference,
      '-R',
      targets,
      '-O',
      word`b${compression(pileup, 1)}`,
      '-o',
      pileup,
      bams,
    ),
})
