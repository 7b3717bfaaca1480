import { asset, mib, named, responseFile, run, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { barcodeReport, depthReport, duplicateReport, fastpReport, flagstatReport, json, notice, tsv } from 'trireme-bio/kinds'
import { node } from 'trireme-bio/tools'
import { z } from 'zod'

const share = z.number().min(0).max(1)

/** Reports by the name of their lane or sample; any may be {}, and what only they know is then not told. */
export const summary = step({
  name: 'reads-summary',
  about: 'What became of the reads of every sample: one table, and warnings in words where much was lost',
  edam: ['operation_2238'],
  tools: [node],
  image: images.reads,
  inputs: {
    checks: named(json),
    imports: named(json),
    trimming: named(fastpReport),
    flags: named(flagstatReport),
    duplicates: named(duplicateReport),
    depths: named(depthReport),
    barcodes: named(barcodeReport),
  },
  params: {
    lanes: z
      .array(z.object({ sample: z.string(), lane: z.string().optional(), name: z.string() }))
      .describe('Lanes of each sample, by the names that their reports have; rows that gave alignments have no report'),
    trimmed: z.boolean().describe('Whether reads went on as fastp left them; otherwise it only reported'),
    removed: z.boolean().describe('Whether the alignments lack the duplicates that were found; otherwise they are marked'),
    maxDepth: z.number().int().min(0).default(0).describe('Reads of a sample that calling looked at in one place, 0 for all'),
    fewKept: share.default(0.8).describe('Warn where a smaller share of the reads is left after trimming'),
    manyAdapters: share.default(0.1).describe('Warn where a larger share of the reads holds adapters and none were trimmed'),
    fewMapped: share.default(0.8).describe('Warn where a smaller share of the reads is mapped'),
    manyFailed: share.default(0.2).describe("Warn where a larger share of the reads failed the sequencer's own checks (flag 0x200)"),
    lowMappingQuality: z
      .number()
      .min(0)
      .default(10)
      .describe('Warn where the mean mapping quality is below this; by targets it is not known'),
    manyDuplicates: share.default(0.5).describe('Warn where a larger share of the mapped reads are duplicates'),
    shallow: z.number().min(0).default(10).describe('Warn where the mean depth is below this'),
  },
  assets: { script: asset(import.meta.url, './summary.script.mjs') },
  outputs: { text: notice, table: tsv },
  needs: { cpu: 1, memory: mib(512) },
  command: ({ script, text, table, lanes, checks, imports, trimming, flags, duplicates, depths, barcodes, ...at }) => {
    const { trimmed, removed, maxDepth, fewKept, manyAdapters, fewMapped, manyFailed, lowMappingQuality, manyDuplicates, shallow } = at
    const settings = {
      trimmed,
      removed,
      maxDepth,
      fewKept,
      manyAdapters,
      fewMapped,
      manyFailed,
      lowMappingQuality,
      manyDuplicates,
      shallow,
    }
    const reports = { checks, imports, trimming, flags, duplicates, depths, barcodes }
    const named = Object.entries(reports).flatMap(([what, files]) => Object.entries(files).flatMap(([name, file]) => [what, name, file]))
    const words = responseFile([...lanes.map(lane => JSON.stringify(lane)), '--', ...named])
    return run('node', script, text, table, JSON.stringify(settings), words)
  },
})
