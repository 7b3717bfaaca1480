// SYNTHETIC images for a table of a study's images, straight into one packed array. Threads share the rows out among them; every image depends
// on its own row and the seed alone, so how many there are changes nothing.
//   node twin.script.mjs TABLE.tsv PIXELS.npy INDEX.tsv SEED THREADS
import { createHash } from 'node:crypto'
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { type ImageRow, packedText, parseTable } from '../image-table.ts'
import { npyHeader } from '../npy.ts'
import { Fault, main } from '../script.ts'
import { imageBytes, painter, shown, side } from './twin/draw.ts'

interface Share {
  readonly rows: readonly ImageRow[]
  readonly pixels: string
  readonly offset: number
  readonly seed: number
  /** Every so-manieth row, from this one. */
  readonly first: number
  readonly step: number
}
/** Digests of the images that were drawn, by the numbers of their rows. */
type Digests = readonly (readonly [row: number, sha256: string])[]

function draw({ rows, pixels, offset, seed, first, step }: Share): Digests {
  const paint = painter(seed)
  const file = openSync(pixels, 'r+')
  const digests: [number, string][] = []
  for (let n = first; n < rows.length; n += step) {
    const image = paint(shown(rows[n]!))
    writeSync(file, image, 0, imageBytes, offset + n * imageBytes)
    digests.push([n, createHash('sha256').update(image).digest('hex')])
  }
  closeSync(file)
  return digests
}
const inThread = (share: Share) =>
  new Promise<Digests>((done, fail) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: share })
    let digests: Digests = []
    worker.on('message', told => {
      digests = told
    })
    worker.on('error', fail)
    worker.on('exit', status => (status === 0 ? done(digests) : fail(new Fault(`A thread ended with status ${status}.`))))
  })

if (!isMainThread) parentPort!.postMessage(draw(workerData))
else
  await main(async () => {
    const [table = '', pixels = '', index = '', seed = '', threads = ''] = process.argv.slice(2)
    const rows = parseTable(readFileSync(table, 'utf8'))
    if (typeof rows === 'string') throw new Fault(`The table of images ${rows}.`)
    const head = npyHeader([rows.length, side, side, 3])
    writeFileSync(pixels, head)
    const count = Math.min(Number(threads), rows.length)
    const share = { rows, pixels, offset: head.length, seed: Number(seed), step: count }
    const shares = Array.from({ length: count }, (_, first) => ({ ...share, first }))
    const drawn = new Map((count === 1 ? [draw(shares[0]!)] : await Promise.all(shares.map(inThread))).flat())
    writeFileSync(
      index,
      packedText(rows.map(({ image }, n) => ({ image, sha256: drawn.get(n) ?? '', format: 'drawn', width: side, height: side }))),
    )
  })
