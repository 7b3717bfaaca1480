import { mib, pipe, sameAs, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { alignmentReport, bam, indexedFasta } from 'trireme-bio/kinds'
import { samtools } from 'trireme-bio/tools'

export const stats = step({
  name: 'samtools-stats',
  about: 'Statistics of alignments: coverage, insert sizes, error rates by cycle',
  edam: ['operation_2238'],
  tools: [samtools],
  image: images.reads,
  inputs: { alignments: bam({ sorted: 'coordinate', reference: sameAs('reference') }), reference: indexedFasta({}) },
  outputs: { report: alignmentReport },
  streams: ['alignments', 'report'],
  needs: { cpu: 1, memory: mib(1024) },
  // The header repeats the command line, which holds the thread count.
  command: ({ alignments, reference, report, cpu }) =>
    pipe(['samtools', 'stats', '-@', cpu, '--ref-seq', reference, alignments], ['sed', '/^# The command line was:/d']).into(report),
})
