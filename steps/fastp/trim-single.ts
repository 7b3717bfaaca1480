import { asset, gib, hours, run, sequence, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { fastpReport, fastq, html, leftFastq } from 'trireme-bio/kinds'
import { fastp } from 'trireme-bio/tools'

/** Reads without mates: adapters are known by what many reads end with. No read is dropped for its quality. */
export const trimSingle = step({
  name: 'fastp-trim-single',
  about: 'Trim adapters of single reads, and report on quality',
  edam: ['operation_3192', 'operation_3218'],
  tools: [fastp],
  image: images.reads,
  inputs: { reads: fastq },
  assets: { settle: asset(import.meta.url, './settle.sh') },
  outputs: { trimmed: leftFastq, report: fastpReport, page: html },
  needs: { cpu: 2, memory: gib(1), time: hours(12) },
  // As in trim.ts: always two threads, and reports without dates and command line.
  command: ({ reads, trimmed, report, page, settle }) =>
    sequence(
      run('fastp', '-w', 2, '--dont_eval_duplication', '-Q', '-i', reads, '-o', trimmed, '-j', report, '-h', page),
      run('bash', settle, report, page, trimmed),
    ),
})
