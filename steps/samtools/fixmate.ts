import { gib, run, sameAs, step, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { bam } from 'trireme-bio/kinds'
import { samtools } from 'trireme-bio/tools'

export const fixmate = step({
  name: 'samtools-fixmate',
  about: 'Fill in mate positions, insert sizes and the mate scores that duplicate marking needs',
  edam: ['operation_3096'],
  tools: [samtools],
  image: images.reads,
  // Mates must follow one another, as an aligner writes them.
  inputs: { aligned: bam({ sorted: 'unsorted' }) },
  outputs: { fixed: bam({ sorted: 'unsorted', reference: sameAs('aligned') }) },
  streams: ['aligned', 'fixed'],
  needs: { cpu: 1, memory: gib(1) },
  command: ({ aligned, fixed, cpu, compression }) =>
    run('samtools', 'fixmate', '-@', cpu, '--no-PG', '-m', '-O', word`bam,level=${compression(fixed, 1)}`, aligned, fixed),
})
