import { asset, gib, run, sequence, step, type Word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { fastpReport, fastq, fastqPair, html } from 'trireme-bio/kinds'
import { fastp } from 'trireme-bio/tools'

const shared = {
  edam: ['operation_3218'],
  tools: [fastp],
  image: images.reads,
  assets: { settle: asset(import.meta.url, './settle.sh') },
  outputs: { report: fastpReport, page: html },
  needs: { cpu: 1, memory: gib(1) },
} as const
// Without -o and -O fastp writes no reads. -Q, -L and -G: no read counts as dropped, no end as cut. Adapters are looked for, as the share of
// reads that hold some says whether trimming is worth asking for. One thread, as nobody waits for it but the reports; always, as in trim.ts.
const reported = (reads: readonly Word[], report: Word, page: Word, settle: Word) =>
  sequence(
    run('fastp', '-w', 1, '--dont_eval_duplication', '-Q', '-L', '-G', reads, '-j', report, '-h', page),
    run('bash', settle, report, page),
  )

export const report = step({
  ...shared,
  name: 'fastp-report',
  about: 'Report on the quality of reads and on adapters in them; the reads stay as they are',
  inputs: { reads: fastqPair },
  command: ({ reads, report, page, settle }) => reported(['-i', reads.first, '-I', reads.second], report, page, settle),
})
export const reportSingle = step({
  ...shared,
  name: 'fastp-report-single',
  about: 'Report on the quality of single reads and on adapters in them; the reads stay as they are',
  inputs: { reads: fastq },
  command: ({ reads, report, page, settle }) => reported(['-i', reads], report, page, settle),
})
