import { createWriteStream, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import sharp from 'sharp'
import { pack } from 'tar-stream'
import type { Ref } from 'trireme-bio'
import { imageArchive, imageSheet } from 'trireme-bio/kinds'
import { type LocalOptions, Store } from 'trireme-bio/local'
import { given, ran, scratch } from 'trireme-bio/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { imageClassification } from '../../pipelines/image-classification.ts'
import type { Report } from '../../steps/metrics/classifier.script.ts'
import { uniform } from '../../steps/statistics.ts'

// Images of three tints on noise, from several dishes, in several formats and sizes: as people have them.

const classes = ['budding', 'resting', 'swollen'] as const
const tints = { budding: [40, 0, -40], resting: [-40, 0, 40], swollen: [0, 40, -20] } as const
const formats = ['png', 'jpeg', 'tiff', 'webp'] as const
const images = classes.flatMap((label, c) =>
  Array.from({ length: 16 }, (_, n) => ({
    label,
    dish: `${label}-${Math.floor(n / 2)}`,
    format: formats[n % formats.length]!,
    side: 60 + 7 * (n % 5),
    seed: 1 + c * 100 + n,
  })),
)
async function drawn({ label, format, side, seed }: (typeof images)[number]): Promise<Buffer> {
  const next = uniform(seed)
  const shift = 20 * next()
  const pixels = Buffer.from(Array.from({ length: side * side * 3 }, (_, at) => 100 + shift + 60 * next() + tints[label][at % 3]!))
  return sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .toFormat(format)
    .toBuffer()
}
let store: Store
let archive: Ref<typeof imageArchive>
let sheet: Ref<typeof imageSheet>
beforeAll(async () => {
  store = await Store.open(scratch())
  const folder = scratch()
  const [tar, table] = [path.join(folder, 'cells.tar'), path.join(folder, 'cells.csv')]
  const members = pack()
  const written = pipeline(members, createWriteStream(tar))
  const rows: string[] = []
  for (const [n, image] of images.entries()) {
    const name = `cells/${n}.${image.format}`
    members.entry({ name }, await drawn(image))
    rows.push(`${name},${image.label},${image.dish},day ${n % 3}`)
  }
  members.finalize()
  await written
  writeFileSync(table, ['image,label,group,day', ...rows, ''].join('\n'))
  archive = given('cells', imageArchive, tar)
  sheet = given('sheet', imageSheet, table)
})
const brief = { size: 72, patch: 64, epochs: 4, patches: 8, batch: 8, warmup: 2, lr: 0.01, augment: 'd4' } as const
async function finished(results: ReturnType<typeof imageClassification>, options: Partial<LocalOptions> = {}) {
  const done = await ran(results, { store, ...options })
  expect(done.failures).toEqual([])
  return { ...done, started: done.events.flatMap(each => (each.event === 'started' ? [each.step] : [])) }
}
const read = (place: { readonly path: string } | undefined) => readFileSync(place!.path, 'utf8')

describe('images of one’s own', { timeout: 240_000 }, () => {
  test('from a sheet and a tar to a card that says what its owner said', async () => {
    const about = 'Cells of three dishes a class, drawn for a test.'
    const { results } = await finished(imageClassification({ sheet, images: archive, ...brief, dataAbout: about, groups: 'dish' }))
    const report: Report = JSON.parse(read(results.metrics.nirschl))
    expect(report.classes).toEqual([...classes])
    expect(report.test.image.auc.value).toBeGreaterThan(0.8)
    const parts = read(results.split.images)
      .trimEnd()
      .split('\n')
      .map(line => line.split('\t'))
    expect(parts[0]).toEqual(['image', 'group', 'label', 'class', 'split', 'scored', 'day'])
    const dishes = new Map(parts.slice(1).map(row => [row[1], row[4]]))
    expect([...dishes.values()].filter(part => part === 'test').length).toBeGreaterThanOrEqual(3)
    expect(new Set(parts.slice(1).map(row => `${row[1]} ${row[4]}`)).size).toBe(dishes.size)
    expect(read(results.predictions.nirschl).split('\n')[0]).toBe(
      'image\tgroup\tlabel\tclass\tsplit\tscored\tprobability:budding\tprobability:resting\tprobability:swollen',
    )
    expect(read(results.model.headline)).toMatch(
      /^nirschl on the test: AUC [\d.]+.* by dish \(\d+ dishes\), [\d.]+.* by image \(\d+ images\); balanced accuracy/,
    )
    const card = read(results.model.card)
    expect(card).toContain(about)
    expect(card).not.toMatch(/heart|tissue|laborator|\bpatients?\b/i)
    const [line] = read(results.histories.nirschl).split('\n')
    expect(JSON.parse(line!)).toHaveProperty('validation_loss')
  })
  test('patches larger than the images are refused when the plan is made', () => {
    expect(() => imageClassification({ sheet, images: archive, size: 64, patch: 96 })).toThrow(
      'Patches of 96 pixels a side are larger than the images of 64. Give --patch 64 or less, or a larger --size.',
    )
  })
  test('another word about the data trains nothing again', async () => {
    const { started } = await finished(imageClassification({ sheet, images: archive, ...brief, dataAbout: 'Other words.', groups: 'dish' }))
    expect(started).toEqual(['sweep-best:nirschl'])
  })
})
