import { asset, hours, mib, run, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { fastqPair, interleavedFastq } from 'trireme-bio/kinds'

export const separate = step({
  name: 'fastq-separate',
  about: 'Give each mate of an interleaved FASTQ a file of its own',
  edam: ['operation_3359'],
  tools: [],
  image: images.reads,
  inputs: { reads: interleavedFastq },
  assets: { script: asset(import.meta.url, './separate.sh') },
  outputs: { separated: fastqPair },
  needs: { cpu: 2, memory: mib(64), time: hours(12) },
  command: ({ script, reads, separated }) => run('bash', script, reads, separated.first, separated.second),
})
