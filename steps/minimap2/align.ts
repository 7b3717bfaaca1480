import { gib, hours, pipe, sameAs, step, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { bam, fastqPair, indexedFasta } from 'trireme-bio/kinds'
import { minimap2, samtools } from 'trireme-bio/tools'
import { readGroup, readGroupLine } from 'trireme-bio/values'
import { z } from 'zod'

export const align = step({
  name: 'minimap2-align',
  about: 'Align read pairs with minimap2',
  edam: ['operation_3198'],
  tools: [minimap2, samtools],
  image: images.reads,
  inputs: { reads: fastqPair, reference: indexedFasta({}) },
  params: {
    readGroup: readGroup.describe('Read group that all reads of the pair get'),
    preset: z.enum(['sr', 'map-hifi', 'map-ont']).default('sr').describe('Preset of minimap2 (-x); sr is for short paired reads'),
  },
  outputs: { aligned: bam({ sorted: 'unsorted', reference: sameAs('reference') }) },
  streams: ['aligned'],
  tag: ({ readGroup }) => readGroup.ID,
  needs: { cpu: 4, memory: [gib(2), gib(16)], time: hours(12) },
  // -Y as in bwa/mem.ts. The genome is indexed on the fly: seconds for a small one, some minutes for man.
  command: ({ reads, reference, aligned, readGroup, preset, cpu, compression }) =>
    pipe(
      ['minimap2', '-a', '-x', preset, '-Y', '-t', cpu, '-R', readGroupLine(readGroup), reference, reads.first, reads.second],
      ['grep', '-v', '^@PG'],
      ['samtools', 'view', '--no-PG', '-O', word`bam,level=${compression(aligned, 1)}`, '-o', aligned, '-'],
    ),
})
