import { createHash } from 'node:crypto'
import { roster } from '../../datasets/idr0042/roster.ts'
import { meanColour, patientAuc } from '../../datasets/idr0042-twin/mean-colours.ts'
import { imageName } from '../../steps/idr/tables/study.ts'
import { painter } from '../../steps/idr/twin/draw.ts'
import type { Benchmark } from '../harness/benchmark.ts'
import { rowOf } from './rows.ts'

export interface TwinFigures {
  readonly images: number
  /** CPU time an image, of this thread alone. */
  readonly cpuMsPerImage: number
  /** Of the bytes of all images, one after another. */
  readonly sha256: string
  /** Of patients, by mean red, green and blue alone: a negative control. */
  readonly meanColourAuc: number
}
/** Digest of the pixels of all images, one after another. */
const promised = 'f787f00e172b8fd4c567b179f6c86b93510027628b26c93f8f42fc4b0c71f496'

export function measureTwin(seed = 42): TwinFigures {
  const paint = painter(seed)
  const hash = createHash('sha256')
  const images = roster()
  const coloured = []
  let cpu = 0
  for (const { patient, file, diagnosis, set, dataset } of images) {
    const label = diagnosis === 'not chronic heart failure' ? 0 : 1
    const roi = Number(imageName.exec(file)?.[2])
    const before = process.cpuUsage()
    const image = paint({ patient, roi, failing: label === 1 })
    const { user, system } = process.cpuUsage(before)
    cpu += user + system
    hash.update(image)
    const row = {
      image: file,
      patient,
      roi,
      label,
      split: dataset === 'training' ? 'train' : 'test',
      scored: diagnosis !== 'heart tissue pathology',
      set,
    } as const
    coloured.push({ row, colour: meanColour(image) })
  }
  return {
    images: images.length,
    cpuMsPerImage: cpu / 1000 / images.length,
    sha256: hash.digest('hex'),
    meanColourAuc: patientAuc(coloured),
  }
}

export const drawing: Benchmark = {
  name: 'idr-twin',
  about: 'Drawing the SYNTHETIC twin of idr0042, 2,299 images: cost, the same bytes, and that colour alone does not tell the classes',
  programs: {},
  measure: async () => {
    const { cpuMsPerImage, sha256, meanColourAuc } = measureTwin()
    return {
      timed: {},
      rows: [
        rowOf('CPU an image', 'ms', [cpuMsPerImage], { most: 17 }),
        rowOf('digest of all pixels, drawn and promised', 'differences', [sha256 === promised ? 0 : 1], { most: 0 }),
        rowOf('patient AUC by mean red, green and blue alone', 'AUC', [meanColourAuc], { most: 0.75 }),
      ],
    }
  },
}
