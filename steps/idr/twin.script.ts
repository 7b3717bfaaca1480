// SYNTHETIC images for a table of a study's images, straight into one packed array. Threads share the rows out among them; every image depends
// on its own row and the seed alone, so how many there are changes nothing.
//   node twin.script.mjs TABLE.tsv PIXELS.npy INDEX.tsv SEED THREADS
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { type ImageRow, parseTable } from '../image-table.ts'
import { npyHeader } from '../npy.ts'
import { Fault, main } from '../script.ts'
import { imageBytes, painter, side } from './twin/draw.ts'

interface Share {
  readonly rows: readonly ImageRow[]
  readonly pixels: string
  readonly offset: number
  readonly seed: number
  /** Every so-manieth row, from this one. */
  readonly first: number
  readonly step: number
}
function draw({ rows, pixels, offset, seed, first, step }: Share): void {
  const paint = painter(seed)
  const file = openSync(pixels, 'r+')
  for (let n = first; n < rows.length; n += step) {
    const { patient, roi, label } = rows[n]!
    writeSync(file, paint({ patient, roi, failing: label === 1 }), 0, imageBytes, offset + n * imageBytes)
  }
  closeSync(file)
}
const inThread = (share: Share) =>
  new Promise<void>((done, fail) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: share })
    worker.on('error', fail)
    worker.on('exit', status => (status === 0 ? done() : fail(new Fault(`A thread ended with status ${status}.`))))
  })

if (!isMainThread) draw(workerData)
else
  await main(async () => {
    const [table = '', pixels = '', index = '', seed = '', threads = ''] = process.argv.slice(2)
    const text = readFileSync(table, 'utf8')
    const rows = parseTable(text)
    if (typeof rows === 'string') throw new Fault(`The table of images ${rows}.`)
    const head = npyHeader([rows.length, side, side, 3])
    writeFileSync(pixels, head)
    writeFileSync(index, text)
    const count = Math.min(Number(threads), rows.length)
    const share = { rows, pixels, offset: head.length, seed: Number(seed), step: count }
    if (count === 1) draw({ ...share, first: 0 })
    else await Promise.all(Array.from({ length: count }, (_, first) => inThread({ ...share, first })))
  })
