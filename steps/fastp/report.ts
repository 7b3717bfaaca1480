import { gib, run, sequence, step, type Word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { fastpReport, fastq, fastqPair, html } from 'trireme-bio/kinds'
import { fastp } from 'trireme-bio/tools'

const shared = {
  edam: ['operation_3218'],
  tools: [fastp],
  image: images.reads,
  outputs: { report: fastpReport, page: html },
  needs: { cpu: 1, memory: gib(1) },
} as const
// Without -o and -O fastp writes no reads. -Q, -L and -G: no read counts as dropped, no end as cut. Adapters are looked for, as the share of
// reads that hold some says whether trimming is worth asking for. One thread, as nobody
// waits for it but the reports; always, as in trim.ts.
const reported = (reads: readonly Word[], report: Word, page: Word) =>
  sequence(
    run('fastp', '-w', 1, '--dont_eval_duplication', '-Q', '-L', '-G', reads, '-j', report, '-h', page),
    // Both reports end with the command line, the page with dates too.
    run('sed', '-i', 's/^\\t"command": .*/\\t"command": "fastp"/', report),
    run('sed', '-i', '-E', 's/ at [0-9]{4}-[0-9]{2}-[0-9]{2} +[0-9]{2}:[0-9]{2}:[0-9]{2} ?//g; s,<p>fastp .* </p>,<p>fastp</p>,', page),
  )

export const report = step({
  ...shared,
  name: 'fastp-report',
  about: 'Report on the quality of reads and on adapters in them; the reads stay as they are',
  inputs: { reads: fastqPair },
  command: ({ reads, report, page }) => reported(['-i', reads.first, '-I', reads.second], report, page),
})
export const reportSingle = step({
  ...shared,
  name: 'fastp-report-single',
  about: 'Report on the quality of single reads and on adapters in them; the reads stay as they are',
  inputs: { reads: fastq },
  command: ({ reads, report, page }) => reported(['-i', reads], report, page),
})
