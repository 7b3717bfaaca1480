import { mib, run, sameAs, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { bed, depthReport, indexedBam } from 'trireme-bio/kinds'
import { samtools } from 'trireme-bio/tools'

const shared = {
  edam: ['operation_2238'],
  tools: [samtools],
  image: images.reads,
  outputs: { report: depthReport },
  streams: ['report'],
  needs: { cpu: 1, memory: mib(512) },
} as const

// Neither counts duplicates, nor reads that the sequencer failed, nor second places of a read.
export const depth = step({
  ...shared,
  name: 'samtools-depth',
  about: 'Mean depth of every contig, and the share of its bases that any read covers',
  inputs: { alignments: indexedBam({}) },
  command: ({ alignments, report }) => run('samtools', 'coverage', alignments).into(report),
})
export const depthTargets = step({
  ...shared,
  name: 'samtools-depth-targets',
  about: 'Bases of reads over every region of a BED, and how many bases of it any read covers',
  inputs: { alignments: indexedBam({ reference: sameAs('alignments') }), targets: bed },
  command: ({ alignments, targets, report }) => run('samtools', 'bedcov', '-d', 1, targets, alignments).into(report),
})
