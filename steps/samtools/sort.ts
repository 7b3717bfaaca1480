import { gib, run, sameAs, step, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { anyBam, bam } from 'trireme-bio/kinds'
import { samtools } from 'trireme-bio/tools'

export const sort = step({
  name: 'samtools-sort',
  about: 'Sort alignments by coordinate',
  edam: ['operation_3802'],
  tools: [samtools],
  image: images.reads,
  inputs: { unsorted: anyBam },
  outputs: { sorted: bam({ sorted: 'coordinate', reference: sameAs('unsorted') }) },
  streams: ['unsorted', 'sorted'],
  needs: { cpu: 2, memory: [gib(2), gib(4)] },
  // -m is per thread. What does not fit is spilled to scratch: the outcome is the same.
  command: ({ unsorted, sorted, cpu, memory, compression }) =>
    run(
      'samtools',
      'sort',
      '-@',
      cpu,
      '-m',
      word`${memory.mib(0.8, { per: 'cpu' })}M`,
      '--no-PG',
      '-l',
      compression(sorted, 1),
      '-T',
      'tmp/sort',
      '-o',
      sorted,
      unsorted,
    ),
})
