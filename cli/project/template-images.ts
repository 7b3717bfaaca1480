// What `trireme init --template image-classification` writes beside the images. test/package.test.ts compiles and runs it.

const cells = `import { pipeline } from 'trireme-bio'
import { imageArchive, imageSheet } from 'trireme-bio/kinds'
import { highlights, layout } from 'trireme-bio/pipelines/classification'
import { imageClassification } from 'trireme-bio/pipelines/image-classification'

/** The package's pipeline, with what suits these images; your editor knows its other parameters. */
export const cells = pipeline({
  name: 'cells',
  about: 'Tell resting cells from dividing ones, on SYNTHETIC images',
  inputs: { sheet: imageSheet, images: imageArchive },
  params: { epochs: imageClassification.spec.params.epochs.unwrap().default(6).describe('Passes over the images that are learnt from') },
  layout,
  highlights,
  build: ({ sheet, images, epochs }) =>
    imageClassification({
      sheet,
      images,
      epochs,
      size: 96,
      augment: 'd4',
      patches: 8, // of each image in an epoch
      batch: 8,
      warmup: 2,
      lr: 0.01,
      groups: 'dish',
      positive: 'dividing',
      dataAbout: 'Forty SYNTHETIC images of cells in twenty dishes, drawn by a program. Figures say that the pipeline works, and nothing about real cells.',
    }),
})
`
const cellsTest = `import { imageArchive, imageSheet } from 'trireme-bio/kinds'
import { given } from 'trireme-bio/testing'
import { expect, test } from 'vitest'
import { cells } from './cells.ts'

// Wiring only: nothing runs, so any file stands for the images.
const files = { sheet: given('sheet', imageSheet, 'sheet.csv'), images: given('images', imageArchive, 'sheet.csv') }

test('one network is trained, and its card written', () => {
  const { metrics, model } = cells(files)
  expect(Object.keys(metrics)).toHaveLength(1)
  expect(Object.keys(model)).toContain('card')
})
test('to pass over no image is refused', () => {
  expect(() => cells({ ...files, epochs: 0 })).toThrow('epochs')
})
`
/** The one command of the project. */
export const cellsRun = 'npx trireme run cells --images images --sheet sheet.csv --out results'
const readme = `Forty SYNTHETIC images of cells, \`images/\`, and what each is, \`sheet.csv\`: a first try of image classification with Trireme.

    npm install && ${cellsRun}

Half a minute later \`results/model/card.md\` says what was learnt. Put your own images and sheet in their place, change \`pipelines/cells.ts\`, and run it again.
`
/** By path in the project. */
export const imageFiles: Readonly<Record<string, string>> = {
  'pipelines/cells.ts': cells,
  'pipelines/cells.test.ts': cellsTest,
  'README.md': readme,
}
