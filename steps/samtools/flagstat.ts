import { mib, run, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { anyBam, flagstatReport } from 'trireme-bio/kinds'
import { samtools } from 'trireme-bio/tools'

export const flagstat = step({
  name: 'samtools-flagstat',
  about: 'Count alignments by flag',
  edam: ['operation_2238'],
  tools: [samtools],
  image: images.reads,
  inputs: { alignments: anyBam },
  outputs: { report: flagstatReport },
  streams: ['alignments', 'report'],
  needs: { cpu: 1, memory: mib(256) },
  command: ({ alignments, report, cpu }) => run('samtools', 'flagstat', '-@', cpu, alignments).into(report),
})
