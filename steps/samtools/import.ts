import { asset, gib, hours, run, sameAs, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { anyBam, anyCram, indexedBam, indexedFasta } from 'trireme-bio/kinds'
import { node, samtools } from 'trireme-bio/tools'
import { sampleName } from 'trireme-bio/values'

const shared = {
  about: "Take in a user's alignments: check reference and sample, add mate scores, sort",
  edam: ['operation_0336', 'operation_3802'],
  tools: [node, samtools],
  image: images.reads,
  params: { sample: sampleName.describe('Sample that every read group must be of') },
  assets: { script: asset(import.meta.url, './import.script.mjs') },
  outputs: { imported: indexedBam({ reference: sameAs('reference') }) },
  needs: { cpu: 2, memory: [gib(2), gib(4)], time: hours(12) },
} as const

// What enters is of no known reference: the script compares contig names, lengths and, where the header has them, MD5 sums.
// Mates get the scores that duplicate marking needs (fixmate -m) unless they have them; what is sorted already is not sorted again.
export const importBam = step({
  ...shared,
  name: 'samtools-import-bam',
  inputs: { alignments: anyBam, reference: indexedFasta({}) },
  tag: ({ sample }) => sample,
  command: ({ script, alignments, reference, imported, sample, cpu, memory }) =>
    run('node', script, alignments, reference, sample, imported, cpu, memory.mib(0.6, { per: 'cpu' })),
})
export const importCram = step({
  ...shared,
  name: 'samtools-import-cram',
  inputs: { alignments: anyCram, reference: indexedFasta({}) },
  tag: ({ sample }) => sample,
  command: ({ script, alignments, reference, imported, sample, cpu, memory }) =>
    run('node', script, alignments, reference, sample, imported, cpu, memory.mib(0.6, { per: 'cpu' })),
})
