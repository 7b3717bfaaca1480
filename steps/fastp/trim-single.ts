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
  assets: { fill: asset(import.meta.url, './fill.sh') },
  outputs: { trimmed: leftFastq, report: fastpReport, page: html },
  needs: { cpu: 2, memory: gib(1), time: hours(12) },
  // As in trim.ts: always two threads, and reports without dates and command line.
  command: ({ reads, trimmed, report, page, fill }) =>
    sequence(
      run('fastp', '-w', 2, '--dont_eval_duplication', '-Q', '-i', reads, '-o', trimmed, '-j', report, '-h', page),
      run('bash', fill, trimmed),
      run('sed', '-i', 's/^\\t"command": .*/\\t"command": "fastp"/', report),
      run('sed', '-i', '-E', 's/ at [0-9]{4}-[0-9]{2}-[0-9]{2} +[0-9]{2}:[0-9]{2}:[0-9]{2} ?//g; s,<p>fastp .* </p>,<p>fastp</p>,', page),
    ),
})
