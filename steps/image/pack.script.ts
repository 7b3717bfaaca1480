// PNGs of a tar → one packed array, in the order of the table. Each is decoded once: read from the array, an image costs some 1/65 of that.
//   node pack.script.mjs TABLE.tsv ARCHIVE.tar PIXELS.npy INDEX.tsv SIZE
import { createReadStream, readFileSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import path from 'node:path'
import { extract } from 'tar-stream'
import { type ImageRow, parseTable } from '../image-table.ts'
import { npyHeader } from '../npy.ts'
import { Fault, main } from '../script.ts'
import { loadSharp } from '../sharp.ts'
import { pngFault } from './png/fault.ts'

/** Members of the archive, one after another, with their content. */
async function* members(archive: string): AsyncGenerator<{ readonly file: string; readonly content: Buffer }> {
  const unpack = extract()
  const reading = createReadStream(archive)
  reading.on('error', error => unpack.destroy(error)).pipe(unpack)
  try {
    for await (const member of unpack) {
      const chunks: Uint8Array[] = []
      for await (const chunk of member) if (chunk instanceof Uint8Array) chunks.push(chunk)
      if (member.header.type === 'file') yield { file: path.posix.basename(member.header.name), content: Buffer.concat(chunks) }
    }
  } catch (cause) {
    if (!(cause instanceof Error) || 'code' in cause || cause instanceof Fault) throw cause
    throw new Fault(`The archive is corrupt or cut off: ${cause.message.split('.')[0]}. Copy it again, or pack it anew.`)
  } finally {
    reading.destroy()
  }
}
function refuseMissing(rows: readonly ImageRow[], found: ReadonlySet<string>): void {
  const missing = rows.filter(({ image }) => !found.has(image)).map(({ image }) => `${image}.png`)
  if (missing.length === 0) return
  const names = `${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ', …' : ''}`
  throw new Fault(
    `The archive lacks ${missing.length} of the ${rows.length} images that the table names: ${names}. Fetch them and pack the archive anew, or leave them out of the table.`,
  )
}

await main(async () => {
  const [table = '', archive = '', pixels = '', index = '', given = ''] = process.argv.slice(2)
  const sharp = loadSharp(import.meta.url)
  const size = Number(given)
  const text = readFileSync(table, 'utf8')
  const rows = parseTable(text)
  if (typeof rows === 'string') throw new Fault(`The table of images ${rows}.`)
  const places = new Map(rows.map(({ image }, n) => [image, n]))
  const head = npyHeader([rows.length, size, size, 3])
  const bytes = size * size * 3
  const found = new Set<string>()
  let others = 0
  writeFileSync(index, text)
  const out = await open(pixels, 'w')
  try {
    await out.write(head, 0, head.length, 0)
    for await (const { file, content } of members(archive)) {
      const image = file.replace(/\.png$/i, '')
      const place = places.get(image)
      if (place === undefined) {
        others++
        continue
      }
      if (found.has(image)) throw new Fault(`The archive holds "${file}" twice. Each image is there once. Pack it anew.`)
      const fault = pngFault(content, size)
      if (fault !== undefined) throw new Fault(`The image "${file}" ${fault}.`)
      const decoded = await sharp(content, { ignoreIcc: true, failOn: 'warning' })
        .raw()
        .toBuffer()
        .catch((cause: Error) => {
          throw new Fault(`The image "${file}" is corrupt: ${cause.message.split('\n')[0]}. Fetch or copy it again.`)
        })
      if (decoded.length !== bytes)
        throw new Fault(`The image "${file}" decodes to ${decoded.length} bytes; right are ${bytes}. Fetch or copy it again.`)
      await out.write(decoded, 0, bytes, head.length + place * bytes)
      found.add(image)
    }
  } finally {
    await out.close()
  }
  refuseMissing(rows, found)
  process.stderr.write(`Packed ${found.size} images; ${others} other members of the archive are not in the table.\n`)
})
