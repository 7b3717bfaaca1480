import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { imagePairs, imageTable, packedImages } from 'trireme-bio/kinds'
import { given, made, ran, scratch } from 'trireme-bio/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { idrSpeedup } from '../benchmarks/idr-speedup.ts'
import { tables } from '../datasets/idr0042-twin/make.ts'
import { table as select } from '../steps/idr/table.ts'
import { twin } from '../steps/idr/twin.ts'
import { duplicates } from '../steps/image/duplicates.ts'
import { relabel } from '../steps/image/relabel.ts'
import type { SplitReport } from '../steps/image/split/report.ts'
import { split } from '../steps/image/split.ts'
import { parsePairs } from '../steps/image-pairs.ts'
import { type ImageRow, parseTable, tableText } from '../steps/image-table.ts'
import type { Report } from '../steps/metrics/classifier.script.ts'
import { classifier } from '../steps/metrics/classifier.ts'
import { uniform } from '../steps/statistics.ts'
import { train } from '../steps/torch/train.ts'
import { validate } from '../steps/torch/validate.ts'
import { copies, type Pixels, packedOf } from './planted.ts'

// Ways in which a test is told the answers, or has none: groups in two parts, and copies of training images, whatever was done to them, are
// refused, naming what was planted and nothing else; shuffled labels do not reach the floor of the shipped comparison. TRIREME_LEAKS=20 plants
// twenty of each; else there is one.

const draws = Number(process.env.TRIREME_LEAKS ?? 1)
const seeds = Array.from({ length: draws }, (_, n) => n + 1)
const side = 250
/** Trainings as long as the comparison's where there are many. */
const work = draws > 1 ? { epochs: 4, patches: 31 } : { epochs: 1, patches: 8 }
const floor = idrSpeedup.quality!['patient AUC']!.floor! // it has one

let rows: readonly ImageRow[]
const honest = new Map<string, Pixels>()
let packed: Packed
type Packed = Parameters<typeof train>[0]['images']
beforeAll(async () => {
  const { images } = select({ ...tables(), train: 24, test: 12, rois: 2 })
  const drawn = await made({ table: images, packed: twin({ table: images }).packed })
  const read = parseTable(readFileSync(drawn.table.path, 'utf8'))
  if (typeof read === 'string') throw new Error(read)
  rows = read
  const pixels = readFileSync(drawn.packed.parts.pixels!).subarray(-rows.length * side * side * 3)
  for (const [n, { image }] of rows.entries()) honest.set(image, pixels.subarray(n * side * side * 3, (n + 1) * side * side * 3))
  packed = given('packed', packedImages, packedOf(scratch(), side, honest))
}, 300_000)

const tableOf = (rows: readonly ImageRow[]) => {
  const file = path.join(scratch(), 'table.tsv')
  writeFileSync(file, tableText(rows))
  return given('table', imageTable, file)
}
async function pairsOf(images: ReadonlyMap<string, Pixels>) {
  const { pairs } = await made(duplicates({ packed: given('packed', packedImages, packedOf(scratch(), side, images)) }))
  const found = parsePairs(readFileSync(pairs.path, 'utf8'))
  if (typeof found === 'string') throw new Error(found)
  return { found, pairs: given('pairs', imagePairs, pairs.path) }
}
/** So many of them, each once, in an order that chance decides. */
const drawn = <T>(list: readonly T[], count: number, next: () => number): readonly T[] =>
  list
    .map(item => [next(), item] as const)
    .sort(([a], [b]) => a - b)
    .slice(0, count)
    .map(([, item]) => item)
const namesIn = (part: string) => rows.flatMap(({ image, split }) => (split === part ? [image] : []))

describe.each(seeds)('draw %d', seed => {
  test('images were divided, not patients', async () => {
    const moved = new Set(drawn(namesIn('train'), 5, uniform(seed)))
    const divided = rows.map(row => (moved.has(row.image) ? { ...row, split: 'test' as const } : row))
    await expect(made(split({ table: tableOf(divided), pairs: [] }))).rejects.toThrow(
      /has the group "\d+" in two parts: .* All images of a group belong to one, or the test asks for what was learnt/,
    )
  })
  test('copies of training images are in the test', async () => {
    const next = uniform(seed)
    const changes = Object.values(copies)
    const [from, to] = ['train', 'test'].map(part => drawn(namesIn(part), changes.length, next)) as [string[], string[]]
    const images = new Map(honest)
    for (const [n, change] of changes.entries()) images.set(to[n]!, await change(honest.get(from[n]!)!, side, next))
    const { found, pairs } = await pairsOf(images)
    const planted = from.map((name, n) => [name, to[n]!].sort().join(' '))
    expect(found.map(({ image, other }) => [image, other].sort().join(' ')).sort()).toEqual(planted.sort())
    const { failures } = await ran(split({ table: tableOf(rows), pairs: [pairs] }))
    expect(failures[0]).toContain(
      `${changes.length} sets of images that show the same are in two parts (${2 * changes.length} images), so that the test`,
    )
    for (const [n, name] of from.entries()) expect(failures[0]).toContain(`${name} (train) and ${to[n]} (test), `)
  }, 600_000)
  test('labels are shuffled over patients', async () => {
    const { divided } = split({ table: tableOf(rows), pairs: [] })
    const { relabelled } = relabel({ table: divided, seed })
    const { checkpoint } = train({ images: packed, table: relabelled, own: [], weights: [], ...work, seed })
    const { predictions } = validate({ images: packed, table: relabelled, checkpoint, own: [] })
    const { metrics } = await made(classifier({ predictions }))
    const report: Report = JSON.parse(readFileSync(metrics.path, 'utf8')) // written by metrics/classifier
    expect(report.test.group?.auc.value).toBeLessThan(floor)
  }, 900_000)
})
test('what is as it should be passes', async () => {
  const { pairs } = await pairsOf(honest)
  const { report } = await made(split({ table: tableOf(rows), pairs: [pairs], validation: 0.2 }))
  const { checks, duplicates }: SplitReport = JSON.parse(readFileSync(report.path, 'utf8')) // the step wrote it
  expect(duplicates).toEqual({ compared: (72 * 71) / 2, exact: 0, near: 0, acrossParts: 0, action: 'none' })
  expect(checks).toContain(
    '2,556 pairs of images were compared, also turned, mirrored, cropped, recompressed and stained otherwise: no two show the same.',
  )
}, 600_000)
