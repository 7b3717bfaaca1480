import { asset, many, mib, run, step, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { bed, indexedFasta } from 'trireme-bio/kinds'
import { node } from 'trireme-bio/tools'
import { z } from 'zod'

const shared = {
  edam: ['operation_3359'],
  tools: [node],
  image: images.variants,
  params: {
    count: z.number().int().min(1).max(5000).describe('Parts to make; fewer when the regions are too small'),
    minBases: z
      .number()
      .int()
      .min(1)
      .default(10_000)
      .describe('Bases that a part has at least: below some 10,000, starting a caller takes longer than its work'),
  },
  assets: { script: asset(import.meta.url, './split.script.mjs') },
  outputs: { parts: many(bed) },
  needs: { cpu: 1, memory: mib(512) },
} as const

// Lengths of contigs are known only when the genome is there, so parts are a list that a step writes: `each(parts, targets => …)`.
export const splitGenome = step({
  ...shared,
  name: 'bed-split-genome',
  about: 'Cut a genome into parts of equal size, to call in parallel',
  inputs: { reference: indexedFasta({}) },
  command: ({ script, reference, parts, count, minBases }) => run('node', script, word`${reference}.fai`, count, minBases, parts),
})
export const splitTargets = step({
  ...shared,
  name: 'bed-split-targets',
  about: 'Check the regions of a BED against the genome, merge them, and cut them into parts of equal size',
  inputs: { reference: indexedFasta({}), targets: bed },
  command: ({ script, reference, targets, parts, count, minBases }) =>
    run('node', script, word`${reference}.fai`, count, minBases, parts, targets),
})
