import { asset, mib, run, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { fastqPair, json } from 'trireme-bio/kinds'
import { node } from 'trireme-bio/tools'

/**
 * Fails on what aligners let pass: bwa 0.7.17 warns of a mate with fewer reads and exits 0.
 * Whoever uses the reads should wait for it: `after(reads, check({ reads }).report)`.
 */
export const check = step({
  name: 'fastq-check',
  about: 'Check that two FASTQ files are whole, well-formed and mates of each other',
  edam: ['operation_0336'],
  tools: [node],
  image: images.reads,
  inputs: { reads: fastqPair },
  assets: { script: asset(import.meta.url, './check.script.mjs') },
  outputs: { report: json },
  needs: { cpu: 1, memory: mib(256) },
  command: ({ script, reads, report }) => run('node', script, reads.first, reads.second, report),
})
