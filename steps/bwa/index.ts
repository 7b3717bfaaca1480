import { gib, hours, run, sameAs, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { bwaIndex, fasta } from 'trireme-bio/kinds'
import { bwa } from 'trireme-bio/tools'

export const index = step({
  name: 'bwa-index',
  about: 'Index a genome for bwa',
  edam: ['operation_3211'],
  tools: [bwa],
  image: images.reads,
  inputs: { genome: fasta },
  outputs: { index: bwaIndex({ reference: sameAs('genome') }) },
  // A genome of n bases takes about 5.4 n bytes of memory (bwa's manual): 1 GiB serves bacteria and fungi, 20 GiB serves man.
  needs: { cpu: 1, memory: [gib(1), gib(20)], time: hours(6) },
  command: ({ genome, index }) => run('bwa', 'index', '-p', index.stem, genome),
})
