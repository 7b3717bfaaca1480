import { gib, hours, pipe, sameAs, step, type Word, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { bam, bwaIndex, fastq, fastqPair } from 'trireme-bio/kinds'
import { bwa, samtools } from 'trireme-bio/tools'
import { type ReadGroup, readGroup, readGroupLine, readGroupTag } from 'trireme-bio/values'
import { z } from 'zod'

const shared = {
  edam: ['operation_3198'],
  tools: [bwa, samtools],
  image: images.reads,
  params: {
    readGroup: readGroup.describe('Read group that all reads get'),
    minScore: z
      .number()
      .int()
      .min(0)
      .default(30)
      .describe('Alignments below this score are not written; 30 is the default of bwa mem (-T)'),
  },
  outputs: { aligned: bam({ sorted: 'unsorted', reference: sameAs('index') }) },
  streams: ['aligned'],
  tag: ({ readGroup }: { readonly readGroup: ReadGroup }) => readGroupTag(readGroup),
  needs: { cpu: 4, memory: [gib(2), gib(8), gib(16)], time: hours(12) },
} as const
// -K fixes the batches: without it they follow -t, and insert sizes, so the alignments, with them.
// -Y soft-clips supplementary alignments, so that no bases are lost. The @PG line would hold paths and threads.
const words = (cpu: Word, minScore: number, group: ReadGroup): readonly Word[] => [
  ...['-t', cpu, '-K', 100_000_000, '-Y', '-T', minScore, '-R', readGroupLine(group)],
]

export const mem = step({
  ...shared,
  name: 'bwa-mem',
  about: 'Align read pairs with bwa mem',
  inputs: { reads: fastqPair, index: bwaIndex({}) },
  command: ({ reads, index, aligned, readGroup, minScore, cpu, compression }) =>
    pipe(
      ['bwa', 'mem', words(cpu, minScore, readGroup), index.stem, reads.first, reads.second],
      ['grep', '-v', '^@PG'],
      ['samtools', 'view', '--no-PG', '-O', word`bam,level=${compression(aligned, 1)}`, '-o', aligned, '-'],
    ),
})
export const memSingle = step({
  ...shared,
  name: 'bwa-mem-single',
  about: 'Align single reads with bwa mem',
  inputs: { reads: fastq, index: bwaIndex({}) },
  command: ({ reads, index, aligned, readGroup, minScore, cpu, compression }) =>
    pipe(
      ['bwa', 'mem', words(cpu, minScore, readGroup), index.stem, reads],
      ['grep', '-v', '^@PG'],
      ['samtools', 'view', '--no-PG', '-O', word`bam,level=${compression(aligned, 1)}`, '-o', aligned, '-'],
    ),
})
