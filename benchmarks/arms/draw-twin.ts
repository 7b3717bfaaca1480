// Draws all images of the SYNTHETIC twin of idr0042: node draw-twin.js [EVERY]; what it took and what was drawn goes to figures.json
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { roster } from '../../datasets/idr0042/roster.ts'
import { meanColour, patientAuc } from '../../datasets/idr0042-twin/mean-colours.ts'
import { classes, imageName } from '../../steps/idr/tables/study.ts'
import { painter } from '../../steps/idr/twin/draw.ts'

const paint = painter(42)
const hash = createHash('sha256')
const every = Number(process.argv[2] ?? 1)
const images = roster().filter((_, n) => n % every === 0)
const coloured = []
let cpu = 0
for (const { patient, file, diagnosis, set, dataset } of images) {
  const label = diagnosis === classes[0] ? 0 : 1
  const roi = Number(imageName.exec(file)?.[2])
  const before = process.cpuUsage()
  const image = paint({ patient, roi, failing: label === 1 })
  const { user, system } = process.cpuUsage(before)
  cpu += user + system
  hash.update(image)
  const row = {
    image: file,
    group: patient,
    label,
    class: classes[label],
    split: dataset === 'training' ? 'train' : 'test',
    scored: diagnosis !== 'heart tissue pathology',
    extra: { roi: String(roi), set },
  } as const
  coloured.push({ row, colour: meanColour(image) })
}
writeFileSync(
  'figures.json',
  JSON.stringify({ cpuMsPerImage: cpu / 1000 / images.length, meanColourAuc: patientAuc(coloured), sha256: hash.digest('hex') }),
)
