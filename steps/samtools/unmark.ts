import { gib, run, sameAs, step, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { bam, indexedBam } from 'trireme-bio/kinds'
import { samtools } from 'trireme-bio/tools'

export const unmark = step({
  name: 'samtools-unmark',
  about: 'Take away marks of duplicates, which callers would pass over, and index the alignments',
  edam: ['operation_3219'],
  tools: [samtools],
  image: images.reads,
  inputs: { merged: bam({ sorted: 'coordinate' }) },
  outputs: { unmarked: indexedBam({ reference: sameAs('merged') }) },
  streams: ['merged'],
  needs: { cpu: 2, memory: gib(1) },
  command: ({ merged, unmarked, cpu }) =>
    run(
      ...(['samtools', 'view', '-@', cpu, '--no-PG', '-b', '--remove-flags', 'DUP', '--write-index'] as const),
      ...['-o', word`${unmarked}##idx##${unmarked}.bai`, merged],
    ),
})
