import { asset, mib, named, run, step, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { duplicateReport, fastpReport, flagstatReport, json } from 'trireme-bio/kinds'
import { node } from 'trireme-bio/tools'
import { sampleName } from 'trireme-bio/values'
import { z } from 'zod'

/**
 * Fails where two programs that saw the same reads of a sample counted differently: fastp has read as many as were checked, and the alignments
 * hold each read that went in once, but for duplicates that were removed. Whoever uses the alignments should wait for it: `after(alignments, compare({ … }).report)`.
 */
export const compare = step({
  name: 'counts-compare',
  about: "Compare what the programs on a sample's way counted: no read may get lost between them",
  edam: ['operation_0336'],
  tools: [node],
  image: images.reads,
  /** By lane: reports of the checks of reads, of fastp, of imports; a lane may be in the first two. `flags` are of all lanes together. `removed` has the sample's report where duplicates were left out. */
  inputs: {
    checked: named(json),
    trimmed: named(fastpReport),
    imported: named(json),
    removed: named(duplicateReport),
    flags: flagstatReport,
  },
  params: {
    sample: sampleName,
    empty: z.enum(['keep', 'refuse']).default('keep').describe('What happens where a lane has no reads: it goes on, or is refused'),
  },
  assets: { script: asset(import.meta.url, './compare.script.mjs') },
  outputs: { report: json },
  tag: ({ sample }) => sample,
  needs: { cpu: 1, memory: mib(256) },
  command: ({ script, checked, trimmed, imported, removed, flags, report, sample, empty }) =>
    run('node', script, report, flags, sample, empty, [
      ...Object.entries(checked).flatMap(([lane, file]) => [word`checked=${lane}`, file]),
      ...Object.entries(trimmed).flatMap(([lane, file]) => [word`trimmed=${lane}`, file]),
      ...Object.entries(imported).flatMap(([lane, file]) => [word`imported=${lane}`, file]),
      ...Object.entries(removed).flatMap(([sample, file]) => [word`removed=${sample}`, file]),
    ]),
})
