import { mib, run, sameAs, sequence, step, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { bam, indexedBam } from 'trireme-bio/kinds'
import { samtools } from 'trireme-bio/tools'

export const index = step({
  name: 'samtools-index',
  about: 'Index sorted alignments',
  edam: ['operation_0227'],
  tools: [samtools],
  image: images.reads,
  inputs: { sorted: bam({ sorted: 'coordinate' }) },
  outputs: { indexed: indexedBam({ reference: sameAs('sorted') }) },
  needs: { cpu: 1, memory: mib(512) },
  // The index must lie beside its file, so the file is cloned; on file systems that can, that copies nothing.
  command: ({ sorted, indexed, cpu }) =>
    sequence(run('cp', '--reflink=auto', sorted, indexed), run('samtools', 'index', '-@', cpu, indexed, word`${indexed}.bai`)),
})
