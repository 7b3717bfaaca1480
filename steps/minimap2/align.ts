import { gib, hours, pipe, sameAs, step, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { bam, fastqPair, indexedFasta } from 'trireme-bio/kinds'
import { minimap2, samtools } from 'trireme-bio/tools'
import { readGroup, readGroupLine, readGroupTag } from 'trireme-bio/values'

export const align = step({
  name: 'minimap2-align',
  about: 'Align short read pairs with minimap2',
  edam: ['operation_3198'],
  tools: [minimap2, samtools],
  image: images.reads,
  inputs: { reads: fastqPair, reference: indexedFasta({}) },
  params: { readGroup: readGroup.describe('Read group that all reads of the pair get') },
  outputs: { aligned: bam({ sorted: 'unsorted', reference: sameAs('reference') }) },
  streams: ['aligned'],
  tag: ({ readGroup }) => readGroupTag(readGroup),
  needs: { cpu: 4, memory: [gib(2), gib(16)], time: hours(12) },
  // sr is the preset for short reads that takes two files as mates. -Y as in bwa/mem.ts. The genome is indexed on the fly: seconds for a
  // small one, some minutes for a human one.
  command: ({ reads, reference, aligned, readGroup, cpu, compression }) =>
    pipe(
      ['minimap2', '-a', '-x', 'sr', '-Y', '-t', cpu, '-R', readGroupLine(readGroup), reference, reads.first, reads.second],
      ['grep', '-v', '^@PG'],
      ['samtools', 'view', '--no-PG', '-O', word`bam,level=${compression(aligned, 1)}`, '-o', aligned, '-'],
    ),
})
