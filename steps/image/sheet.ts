import { asset, many, mib, optional, run, step, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { imageArchive, imageSheet, imageTable, notice } from 'trireme-bio/kinds'
import { node } from 'trireme-bio/tools'
import { z } from 'zod'

const column = z.string().min(1)

export const sheet = step({
  name: 'image-sheet',
  about: 'Check a sheet of images, or the folders that name their classes, against the images that are there',
  edam: ['operation_3695'],
  tools: [node],
  image: images.imaging,
  /** One sheet or none: then images lie in `CLASS/001.png`, or in `train/CLASS/001.png` and so on. */
  inputs: { sheet: many(imageSheet), archive: imageArchive },
  params: {
    imageColumn: column.default('image').describe("The sheet's column of images: paths, ends of paths, or addresses"),
    labelColumn: column.default('label').describe("The sheet's column of classes, which are words"),
    groupColumn: column.optional().describe("The sheet's column of what images belong to, such as patients; group, where it has one"),
    splitColumn: column.optional().describe("The sheet's column of parts (train, validation, test); split, where it has one"),
    positive: z.string().min(1).optional().describe('Of two classes the positive one; the last in order by default'),
    absent: z
      .enum(['refuse', 'leave-out'])
      .default('refuse')
      .describe('Rows of the sheet whose images are not there: refused, or passed over and counted'),
    classes: z.array(z.string().min(1)).optional().describe('Classes that are wanted, instead of all; images of others are left out'),
  },
  assets: { script: asset(import.meta.url, './sheet.script.mjs') },
  outputs: { table: imageTable, told: optional(notice) },
  needs: { cpu: 1, memory: mib(1024) },
  command: ({ script, sheet, archive, table, told, imageColumn, labelColumn, groupColumn, splitColumn, positive, absent, classes }) =>
    run(
      'node',
      script,
      ...['--archive', archive, '--table', table, '--told', told],
      ...[word`--image=${imageColumn}`, word`--label=${labelColumn}`],
      ...(groupColumn === undefined ? [] : [word`--group=${groupColumn}`]),
      ...(splitColumn === undefined ? [] : [word`--split=${splitColumn}`]),
      ...(positive === undefined ? [] : [word`--positive=${positive}`]),
      ...(absent === 'refuse' ? [] : [word`--absent=${absent}`]),
      ...(classes ?? []).map(each => word`--class=${each}`),
      ...['--', sheet],
    ),
})
