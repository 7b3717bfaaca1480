import { gib, hours, run, sequence, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { fastpReport, fastqPair, html } from 'trireme-bio/kinds'
import { fastp } from 'trireme-bio/tools'

export const report = step({
  name: 'fastp-report',
  about: 'Report on the quality of reads and on adapters in them; the reads stay as they are',
  edam: ['operation_3218'],
  tools: [fastp],
  image: images.reads,
  inputs: { reads: fastqPair },
  outputs: { report: fastpReport, page: html },
  needs: { cpu: 2, memory: gib(1), time: hours(12) },
  // Without -o and -O fastp writes no reads. -Q, -L and -G: no read counts as dropped, no end as cut. Adapters are looked for, as the share of
  // reads that hold some says whether trimming is worth asking for. Always two threads, as in trim.ts.
  command: ({ reads, report, page }) =>
    sequence(
      run('fastp', '-w', 2, '--dont_eval_duplication', '-Q', '-L', '-G', '-i', reads.first, '-I', reads.second, '-j', report, '-h', page),
      // Both reports end with the command line, the page with dates too.
      run('sed', '-i', 's/^\\t"command": .*/\\t"command": "fastp"/', report),
      run('sed', '-i', '-E', 's/ at [0-9]{4}-[0-9]{2}-[0-9]{2} +[0-9]{2}:[0-9]{2}:[0-9]{2} ?//g; s,<p>fastp .* </p>,<p>fastp</p>,', page),
    ),
})
