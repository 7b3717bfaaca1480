import { createReadStream, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { extract, pack } from 'tar-stream'
import { imageArchive, studyAnnotation, studyPaths } from 'trireme-bio/kinds'
import { given, made } from 'trireme-bio/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { idrSpeedup } from '../benchmarks/idr-speedup.ts'
import { scratch } from '../core/testing.ts'
import { tables } from '../datasets/idr0042-twin/make.ts'
import { idrClassification } from '../pipelines/idr-classification.ts'
import { table } from '../steps/idr/table.ts'
import { twinImages } from '../steps/idr/twin.ts'
import { parseTable } from '../steps/image-table.ts'
import type { Report } from '../steps/metrics/patients.script.ts'
import { loadSharp } from '../steps/sharp.ts'
import { uniform } from '../steps/statistics.ts'

// Four ways in which a test is told the answers, or has none. Each has to be refused: by the pipeline's own checks, or by the floor of the shipped
// comparison. TRIREME_LEAKS=5 tries five draws of each, 20 in all, with trainings as long as the comparison's; else there is one of each.

const draws = Number(process.env.TRIREME_LEAKS ?? 1)
const seeds = Array.from({ length: draws }, (_, n) => n + 1)
const work = draws > 1 ? { epochs: 4, patches: 31 } : { epochs: 1, patches: 8 }
/** Enough patients of the test that chance alone does not reach the floor. */
const selection = { train: 24, test: draws > 1 ? 48 : 8, rois: draws > 1 ? 3 : 2 }
const sharp = loadSharp(createRequire(import.meta.url).resolve('../steps/sharp.ts'))

const floor = idrSpeedup.quality!['patient AUC']!.floor! // it has one

interface Study {
  /** Lines of the annotation and of the list of files, without those of patients who are not selected. */
  readonly annotation: readonly string[]
  readonly paths: readonly string[]
  /** PNGs by name. */
  readonly images: ReadonlyMap<string, Buffer>
}
let honest: Study
/** Names of the images of each split. */
const names = { train: [] as string[], test: [] as string[] }
beforeAll(async () => {
  const study = tables()
  const { images } = table({ ...study, ...selection })
  const { annotation, paths, selected, archive } = await made({
    ...study,
    selected: images,
    archive: twinImages({ table: images }).archive,
  })
  const rows = parseTable(readFileSync(selected.path, 'utf8'))
  if (typeof rows === 'string') throw new Error(rows)
  for (const { split, image } of rows) names[split].push(`${image}.png`)
  const own = new Set(Object.values(names).flat())
  const linesOf = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n')
  const [head = '', ...annotated] = linesOf(annotation.path)
  honest = {
    annotation: [head, ...annotated.filter(line => own.has(line.split(',')[1]!))],
    paths: linesOf(paths.path).filter(line => own.has(path.basename(line))),
    images: new Map(await membersOf(archive.path)),
  }
}, 300_000)

async function membersOf(archive: string): Promise<readonly (readonly [string, Buffer])[]> {
  const found: (readonly [string, Buffer])[] = []
  for await (const entry of createReadStream(archive).pipe(extract())) {
    const chunks: Uint8Array[] = []
    for await (const chunk of entry) if (chunk instanceof Uint8Array) chunks.push(chunk)
    if (entry.header.type === 'file') found.push([path.basename(entry.header.name), Buffer.concat(chunks)])
  }
  return found
}
/** Trains and judges as the pipeline does. @returns AUC of the test's patients; throws what the pipeline's checks say */
async function aucOf({ annotation, paths, images }: Study): Promise<number> {
  const folder = scratch()
  const put = (name: string, content: string | Buffer) => {
    writeFileSync(path.join(folder, name), content)
    return path.join(folder, name)
  }
  const archive = pack()
  for (const [name, content] of images) archive.entry({ name: `images/${name}` }, content)
  archive.finalize()
  const chunks: Uint8Array[] = []
  for await (const chunk of archive) if (chunk instanceof Uint8Array) chunks.push(chunk)
  const { metrics } = idrClassification({
    annotation: given('annotation', studyAnnotation, put('annotation.csv', `${annotation.join('\n')}\n`)),
    paths: given('paths', studyPaths, put('paths.tsv', `${paths.join('\n')}\n`)),
    archive: given('images', imageArchive, put('images.tar', Buffer.concat(chunks))),
    ...{ ...selection, ...work, data: 'SYNTHETIC', seed: 1 },
  })
  const { nirschl } = (await made({ metrics })).metrics
  const report: Report = JSON.parse(readFileSync(nirschl!.path, 'utf8')) // written by metrics/patients
  return report.test.patient.auc.value ?? 0
}
const drawn = <T>(list: readonly T[], next: () => number): T => list[Math.floor(next() * list.length)]!

/** Images were divided, not patients. */
function imagesDivided(seed: number): Study {
  const next = uniform(seed)
  const moved = new Set(Array.from({ length: 5 }, () => drawn(names.train, next)))
  const annotation = honest.annotation.map(line => (moved.has(line.split(',')[1]!) ? line.replace(/^training,/, 'test,') : line))
  const paths = honest.paths.map(line =>
    moved.has(path.basename(line)) ? line.replace(':training\t', ':test\t').replace(/\/(test_)?fold_1\//, '/held-out_validation/') : line,
  )
  return { ...honest, annotation, paths }
}
/** An image of the training is one of the test's, too, after `change`. */
async function copied(seed: number, change: (image: Buffer, next: () => number) => Promise<Buffer>): Promise<Study> {
  const next = uniform(seed)
  const [from, to] = [drawn(names.train, next), drawn(names.test, next)]
  return { ...honest, images: new Map(honest.images).set(to, await change(honest.images.get(from)!, next)) }
}
/** Turned, mirrored, and stained otherwise, as training augments: a gain of the optical density for each channel. */
async function augmented(image: Buffer, next: () => number): Promise<Buffer> {
  const turned = sharp(image).rotate(90 * Math.floor(4 * next()))
  const { data, info } = await (next() < 0.5 ? turned : turned.flop()).raw().toBuffer({ resolveWithObject: true })
  const gains = [0, 1, 2].map(() => 0.7 + 0.6 * next())
  const stained = data.map((value, at) => Math.min(255, Math.max(0, 256 * ((value + 1) / 256) ** gains[at % 3]! - 1)))
  return sharp(stained, { raw: { width: info.width, height: info.height, channels: 3 } })
    .png()
    .toBuffer()
}
/** Each split has its own labels in another order, one a patient. */
function shuffled(seed: number): Study {
  const next = uniform(seed)
  const [head = '', ...lines] = honest.annotation
  const columns = head.split(',')
  const [diagnosis, individual] = ['Characteristics [Diagnosis]', 'Characteristics [Individual]'].map(name => columns.indexOf(name)) as [
    number,
    number,
  ] // both are there
  const given = new Map<string, string>()
  for (const split of ['training', 'test']) {
    const own = new Map(
      lines.map(line => line.split(',')).flatMap(cells => (cells[0] === split ? [[cells[individual]!, cells[diagnosis]!]] : [])),
    )
    const labels = [...own.values()].map(label => [next(), label] as const).sort(([a], [b]) => a - b)
    for (const [n, patient] of [...own.keys()].entries()) given.set(patient, labels[n]![1])
  }
  const relabelled = lines.map(line => {
    const cells = line.split(',')
    return cells.with(diagnosis, given.get(cells[individual]!)!).join(',')
  })
  return { ...honest, annotation: [head, ...relabelled] }
}

describe.each(seeds)('draw %d', seed => {
  test('images divided, not patients', async () => {
    await expect(aucOf(imagesDivided(seed))).rejects.toThrow(/The individual "\d+" is in both splits: .* Move them to one split\./)
  })
  test('an image in training and test', async () => {
    await expect(aucOf(await copied(seed, async image => image))).rejects.toThrow(
      /hold the same pixels, so that the test asks for what was learnt/,
    )
  })
  test('an augmented image in training and test', async () => {
    await expect(aucOf(await copied(seed, augmented))).rejects.toThrow(
      /show the same, but for turning, mirroring or the strength of the stains, .* Augment after the split/,
    )
  })
  test('shuffled labels', async () => {
    expect(await aucOf(shuffled(seed))).toBeLessThan(floor)
  }, 900_000)
})
// A training of a few seconds does not reach the floor, honest or not.
if (draws > 1) test('what is as it should be passes', async () => expect(await aucOf(honest)).toBeGreaterThan(floor), 900_000)
