import { gib, many, run, sameAs, step, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { bam } from 'trireme-bio/kinds'
import { samtools } from 'trireme-bio/tools'

export const merge = step({
  name: 'samtools-merge',
  about: 'Merge the sorted alignments of one sample',
  edam: ['operation_3436'],
  tools: [samtools],
  image: images.reads,
  inputs: { lanes: many(bam({ sorted: 'coordinate' })) },
  outputs: { merged: bam({ sorted: 'coordinate', reference: sameAs('lanes') }) },
  streams: ['merged'],
  needs: { cpu: 2, memory: gib(1) },
  // Read groups and programs of equal ID become one (-c, -p): samtools would rename them with a suffix drawn by the clock.
  command: ({ lanes, merged, cpu, compression }) =>
    run(
      'samtools',
      'merge',
      '-@',
      cpu,
      '--no-PG',
      '-c',
      '-p',
      '-s',
      1,
      '-O',
      word`bam,level=${compression(merged, 1)}`,
      '-o',
      merged,
      lanes,
    ),
})
