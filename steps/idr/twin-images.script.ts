// SYNTHETIC images for a table of a study's images, as PNGs in one tar, in the table's order.
//   node twin-images.script.mjs TABLE.tsv ARCHIVE.tar SEED
import { createWriteStream, readFileSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { pack } from 'tar-stream'
import { parseTable } from '../image-table.ts'
import { Fault, main } from '../script.ts'
import { loadSharp } from '../sharp.ts'
import { painter, shown, side } from './twin/draw.ts'

await main(async () => {
  const [table = '', archive = '', seed = ''] = process.argv.slice(2)
  const sharp = loadSharp(import.meta.url)
  const rows = parseTable(readFileSync(table, 'utf8'))
  if (typeof rows === 'string') throw new Fault(`The table of images ${rows}.`)
  const tar = pack()
  const written = pipeline(tar, createWriteStream(archive))
  const paint = painter(Number(seed))
  for (const row of rows) {
    const pixels = paint(shown(row))
    const png = await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
      .png({ compressionLevel: 6 })
      .toBuffer()
    await new Promise<void>((done, fail) =>
      tar.entry({ name: row.image, mode: 0o644, mtime: new Date(0) }, png, error => (error ? fail(error) : done())),
    )
  }
  tar.finalize()
  await written
})
