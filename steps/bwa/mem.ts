import { gib, hours, pipe, sameAs, step, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { bam, bwaIndex, fastqPair } from 'trireme-bio/kinds'
import { bwa, samtools } from 'trireme-bio/tools'
import { readGroup, readGroupLine, readGroupTag } from 'trireme-bio/values'
import { z } from 'zod'

export const mem = step({
  name: 'bwa-mem',
  about: 'Align read pairs with bwa mem',
  edam: ['operation_3198'],
  tools: [bwa, samtools],
  image: images.reads,
  inputs: { reads: fastqPair, index: bwaIndex({}) },
  params: {
    readGroup: readGroup.describe('Read group that all reads of the pair get'),
    minScore: z
      .number()
      .int()
      .min(0)
      .default(30)
      .describe('Alignments below this score are not written; 30 is the default of bwa mem (-T)'),
  },
  outputs: { aligned: bam({ sorted: 'unsorted', reference: sameAs('index') }) },
  streams: ['aligned'],
  tag: ({ readGroup }) => readGroupTag(readGroup),
  needs: { cpu: 4, memory: [gib(2), gib(8), gib(16)], time: hours(12) },
  // -K fixes the batches: without it they follow -t, and insert sizes, so the alignments, with them.
  // -Y soft-clips supplementary alignments, so that no bases are lost. The @PG line would hold paths and threads.
  command: ({ reads, index, aligned, readGroup, minScore, cpu, compression }) =>
    pipe(
      [
        'bwa',
        'mem',
        '-t',
        cpu,
        '-K',
        100_000_000,
        '-Y',
        '-T',
        minScore,
        '-R',
        readGroupLine(readGroup),
        index.stem,
        reads.first,
        reads.second,
      ],
      ['grep', '-v', '^@PG'],
      ['samtools', 'view', '--no-PG', '-O', word`bam,level=${compression(aligned, 1)}`, '-o', aligned, '-'],
    ),
})
