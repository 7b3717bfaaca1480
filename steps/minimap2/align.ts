import { gib, hours, pipe, sameAs, step, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { bam, fastq, fastqPair, indexedFasta } from 'trireme-bio/kinds'
import { minimap2, samtools } from 'trireme-bio/tools'
import { type ReadGroup, readGroup, readGroupLine, readGroupTag } from 'trireme-bio/values'

const shared = {
  edam: ['operation_3198'],
  tools: [minimap2, samtools],
  image: images.reads,
  params: { readGroup: readGroup.describe('Read group that all reads get') },
  outputs: { aligned: bam({ sorted: 'unsorted', reference: sameAs('reference') }) },
  streams: ['aligned'],
  tag: ({ readGroup }: { readonly readGroup: ReadGroup }) => readGroupTag(readGroup),
  needs: { cpu: 4, memory: [gib(2), gib(16)], time: hours(12) },
} as const
// sr is the preset for short reads that takes two files as mates. -Y as in bwa/mem.ts. The genome is indexed on the fly: seconds for a
// small one, some minutes for a human one.

export const align = step({
  ...shared,
  name: 'minimap2-align',
  about: 'Align short read pairs with minimap2',
  inputs: { reads: fastqPair, reference: indexedFasta({}) },
  command: ({ reads, reference, aligned, readGroup, cpu, compression }) =>
    pipe(
      ['minimap2', '-a', '-x', 'sr', '-Y', '-t', cpu, '-R', readGroupLine(readGroup), reference, reads.first, reads.second],
      ['grep', '-v', '^@PG'],
      ['samtools', 'view', '--no-PG', '-O', word`bam,level=${compression(aligned, 1)}`, '-o', aligned, '-'],
    ),
})
export const alignSingle = step({
  ...shared,
  name: 'minimap2-align-single',
  about: 'Align short single reads with minimap2',
  inputs: { reads: fastq, reference: indexedFasta({}) },
  command: ({ reads, reference, aligned, readGroup, cpu, compression }) =>
    pipe(
      ['minimap2', '-a', '-x', 'sr', '-Y', '-t', cpu, '-R', readGroupLine(readGroup), reference, reads],
      ['grep', '-v', '^@PG'],
      ['samtools', 'view', '--no-PG', '-O', word`bam,level=${compression(aligned, 1)}`, '-o', aligned, '-'],
    ),
})
