// The synthetic twin, whole: 2,299 images in the order of the study. Some 40 s on one core.
//   node dist/benchmarks/twin.js
import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { roster } from '../datasets/idr0042/roster.ts'
import { meanColour, patientAuc } from '../datasets/idr0042-twin/mean-colours.ts'
import { imageName } from '../steps/idr/tables/study.ts'
import { painter } from '../steps/idr/twin/draw.ts'

export interface TwinFigures {
  readonly images: number
  /** CPU time an image, of this thread alone. */
  readonly cpuMsPerImage: number
  /** Of the bytes of all images, one after another. */
  readonly sha256: string
  /** Of patients, by mean red, green and blue alone: a negative control. */
  readonly meanColourAuc: number
}
/** What is promised of it. */
export const promised = {
  sha256: 'f787f00e172b8fd4c567b179f6c86b93510027628b26c93f8f42fc4b0c71f496',
  cpuMsPerImage: { most: 17 },
  meanColourAuc: { most: 0.75 },
} as const

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

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const figures = measureTwin()
  const met = figures.sha256 === promised.sha256 && figures.cpuMsPerImage <= 17 && figures.meanColourAuc < 0.75
  process.stdout.write(`${JSON.stringify({ ...figures, met })}\n`)
  process.exitCode = met ? 0 : 1
}
