import { asset, gib, hours, run, sameAs, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { anyBam, anyCram, indexedBam, json, normalisedFasta } from 'trireme-bio/kinds'
import { node, samtools } from 'trireme-bio/tools'
import { sampleName } from 'trireme-bio/values'
import { z } from 'zod'

const shared = {
  about: "Take in a user's alignments: check reference and sample, make read groups unique, add mate scores, sort",
  edam: ['operation_0336', 'operation_3802'],
  tools: [node, samtools],
  image: images.reads,
  params: {
    sample: sampleName.describe('Sample that every read group must be of'),
    group: z
      .string()
      .regex(/^[!-.0-[\]-~]+$/, 'expected printable ASCII without spaces, slashes and backslashes, such as patient:sample:lane')
      .describe('What the names of all read groups begin with, unique over all files that are called together'),
  },
  assets: { script: asset(import.meta.url, './import.script.mjs') },
  outputs: { imported: indexedBam({ reference: sameAs('reference') }), report: json },
  needs: { cpu: 2, memory: [gib(2), gib(4)], time: hours(12) },
} as const

// What enters is of no known reference: the script compares contig names, lengths and, where the header has them, MD5 sums. It looks at every
// record once and then rewrites every record: its read group gets a name of its own over all files. Mates get the scores that duplicate
// marking needs (fixmate -m) unless all have them; what is sorted already is not sorted again. See docs/decisions/0052-alignments-are-read.md.
export const importBam = step({
  ...shared,
  name: 'samtools-import-bam',
  inputs: { alignments: anyBam, reference: normalisedFasta({}) },
  tag: ({ sample }) => sample,
  command: ({ script, alignments, reference, imported, report, sample, group, cpu, memory }) =>
    run('node', script, 'take', alignments, reference, sample, group, imported, report, cpu, memory.mib(0.6, { per: 'cpu' })),
})
export const importCram = step({
  ...shared,
  name: 'samtools-import-cram',
  inputs: { alignments: anyCram, reference: normalisedFasta({}) },
  tag: ({ sample }) => sample,
  command: ({ script, alignments, reference, imported, report, sample, group, cpu, memory }) =>
    run('node', script, 'take', alignments, reference, sample, group, imported, report, cpu, memory.mib(0.6, { per: 'cpu' })),
})
