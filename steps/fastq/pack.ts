import { asset, hours, mib, run, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { fastq, fastqPair, plainFastq, plainFastqPair } from 'trireme-bio/kinds'

const shared = {
  edam: ['operation_0335'],
  tools: [],
  image: images.reads,
  assets: { script: asset(import.meta.url, './pack.sh') },
  needs: { cpu: 2, memory: mib(64), time: hours(12) },
} as const

/** Programs tell a packed file by its name or by its bytes; packed they agree. */
export const pack = step({
  ...shared,
  name: 'fastq-pack',
  about: 'Pack the two files of a FASTQ pair by gzip',
  inputs: { reads: plainFastqPair },
  outputs: { packed: fastqPair },
  command: ({ script, reads, packed }) => run('bash', script, reads.first, packed.first, reads.second, packed.second),
})
export const packSingle = step({
  ...shared,
  name: 'fastq-pack-single',
  about: 'Pack a FASTQ file of single reads by gzip',
  inputs: { reads: plainFastq },
  outputs: { packed: fastq },
  command: ({ script, reads, packed }) => run('bash', script, reads, packed),
})
