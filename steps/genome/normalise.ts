import { asset, mib, optional, run, sameAs, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { anyFasta, json, normalisedFasta, notice } from 'trireme-bio/kinds'
import { node } from 'trireme-bio/tools'

/** Last base that a .bai and a .tbi can index: 2^29 - 1. */
const longest = 536_870_911

/**
 * Upper case, A, C, G, T, N alone, one line length, plain text: tools differ on all else. What was changed stands in the report.
 * Refuses what cannot be mended: names given twice, contigs without bases, proteins, files that are cut off.
 */
export const normalise = step({
  name: 'genome-normalise',
  about: 'Check a genome, bring it into one form and index it',
  edam: ['operation_0336', 'operation_0227'],
  tools: [node],
  image: images.reads,
  inputs: { genome: anyFasta },
  assets: { script: asset(import.meta.url, './normalise.script.mjs') },
  outputs: { normalised: normalisedFasta({ reference: sameAs('genome') }), report: json, told: optional(notice) },
  needs: { cpu: 1, memory: mib(512) },
  command: ({ script, genome, normalised, report, told }) => run('node', script, genome, normalised, report, told, longest),
})
