import { mib, run, sameAs, sequence, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { fasta, indexedFasta } from 'trireme-bio/kinds'
import { samtools } from 'trireme-bio/tools'

export const faidx = step({
  name: 'samtools-faidx',
  about: 'Index a genome for random access',
  edam: ['operation_0227'],
  tools: [samtools],
  image: images.reads,
  inputs: { genome: fasta },
  outputs: { indexed: indexedFasta({ reference: sameAs('genome') }) },
  needs: { cpu: 1, memory: mib(256) },
  // The index must lie beside its file, so the file is cloned; on file systems that can, that copies nothing.
  command: ({ genome, indexed }) => sequence(run('cp', '--reflink=auto', genome, indexed), run('samtools', 'faidx', indexed)),
})
