import { asset, mib, run, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { fastq, fastqPair, json } from 'trireme-bio/kinds'
import { node } from 'trireme-bio/tools'
import { z } from 'zod'

const shared = {
  edam: ['operation_0336'],
  tools: [node],
  image: images.reads,
  params: {
    empty: z
      .enum(['keep', 'refuse'])
      .default('refuse')
      .describe('What happens to packed files that hold no read: they pass, or are refused; a file of no byte is refused always'),
  },
  assets: { script: asset(import.meta.url, './check.script.mjs') },
  outputs: { report: json },
  needs: { cpu: 1, memory: mib(256) },
} as const
const allowing = (empty: 'keep' | 'refuse') => (empty === 'keep' ? ['--may-be-empty'] : [])

/**
 * Fails on what aligners let pass: bwa 0.7.17 warns of a mate with fewer reads and exits 0, and takes the U of RNA for N.
 * Whoever uses the reads should wait for it: `after(reads, check({ reads }).report)`.
 */
export const check = step({
  ...shared,
  name: 'fastq-check',
  about: 'Check that two FASTQ files are whole, well-formed and mates of each other',
  inputs: { reads: fastqPair },
  command: ({ script, reads, report, empty }) => run('node', script, allowing(empty), report, reads.first, reads.second),
})
/** The same for reads without mates. */
export const checkSingle = step({
  ...shared,
  name: 'fastq-check-single',
  about: 'Check that a FASTQ file of single reads is whole and well-formed',
  inputs: { reads: fastq },
  command: ({ script, reads, report, empty }) => run('node', script, allowing(empty), report, reads),
})
