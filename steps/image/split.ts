import { asset, many, mib, run, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { imagePairs, imageTable, notice, splitReport, splitTable } from 'trireme-bio/kinds'
import { node } from 'trireme-bio/tools'
import { z } from 'zod'

const share = z.number().min(0).lt(1)

/** Which images are learnt from, chosen by and judged: drawn where the table does not say it, checked where it does. */
export const split = step({
  name: 'image-split',
  about: 'Divide images into train, validation and test by group, or check how they were divided',
  edam: ['operation_3695'],
  tools: [node],
  image: images.imaging,
  inputs: {
    table: imageTable,
    /** What steps/image/duplicates found; [] where nobody looked. */
    pairs: many(imagePairs),
  },
  params: {
    test: share
      .gt(0)
      .default(0.2)
      .describe("Share of each class's groups that are judged at the end; only where the table has no test part"),
    validation: share
      .default(0)
      .describe("Share of each class's other groups that are judged after each epoch; only where the table has no validation part"),
    seed: z.int().min(0).max(4_294_967_295).default(0).describe('Another seed draws other groups'),
    duplicates: z
      .enum(['refuse', 'allow'])
      .default('refuse')
      .describe('Images that show the same: in given parts refused, in drawn ones kept together; or only named'),
  },
  assets: { script: asset(import.meta.url, './split.script.mjs') },
  outputs: { divided: splitTable, report: splitReport, told: notice },
  needs: { cpu: 1, memory: mib(512) },
  command: ({ script, table, pairs, divided, report, told, ...at }) =>
    run(
      'node',
      script,
      ['--table', table, '--divided', divided, '--report', report, '--told', told],
      ['--test', at.test, '--validation', at.validation, '--seed', at.seed, '--duplicates', at.duplicates],
      pairs,
    ),
})
