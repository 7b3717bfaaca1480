// PNGs of a tar → one packed array, in the order of the table. Each is decoded once: read from the array, an image costs some 1/65 of that.
//   node pack.script.mjs TABLE.tsv ARCHIVE.tar PIXELS.npy INDEX.tsv SIZE
import { createHash } from 'node:crypto'
import { createReadStream, readFileSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import path from 'node:path'
import { extract } from 'tar-stream'
import { type ImageRow, parseTable } from '../image-table.ts'
import { npyHeader } from '../npy.ts'
import { Fault, main } from '../script.ts'
import { loadSharp } from '../sharp.ts'
import { isLike, type Likeness, likenessOf } from './likeness.ts'
import { pngFault } from './png/fault.ts'

/** A member of the archive, as far as its header goes. */
interface Member {
  /** Its whole name. */
  readonly place: string
  /** What a link leads to; undefined of a file. */
  readonly link: string | undefined
}
/**
 * Members of the archive that are wanted, one after another, with their content; the others pass by unread.
 * @throws Fault where a wanted one is larger than any image of its size
 */
async function* members(
  archive: string,
  wanted: (member: Member) => boolean,
  most: number,
): AsyncGenerator<{ readonly place: string; readonly content: Buffer }> {
  const unpack = extract()
  const reading = createReadStream(archive)
  reading.on('error', error => unpack.destroy(error)).pipe(unpack)
  try {
    for await (const member of unpack) {
      const { type, name: place, size = 0, linkname } = member.header
      const link = type === 'link' || type === 'symlink' ? (linkname ?? '') : undefined
      const held = type === 'file' || type === 'contiguous-file'
      if (!(held || link !== undefined) || !wanted({ place, link })) {
        member.resume()
        continue
      }
      if (size > most)
        throw new Fault(
          `The image "${place}" has ${size.toLocaleString('en')} bytes, more than any of its size (${most.toLocaleString('en')}). It is something else, or holds something else: convert it anew, or leave it out of the table.`,
        )
      const chunks: Uint8Array[] = []
      for await (const chunk of member) if (chunk instanceof Uint8Array) chunks.push(chunk)
      yield { place, content: Buffer.concat(chunks) }
    }
  } catch (cause) {
    if (!(cause instanceof Error) || cause.constructor !== Error || 'code' in cause) throw cause
    throw new Fault(`The archive is corrupt or cut off: ${cause.message.split('.')[0]}. Copy it again, or pack it anew.`)
  } finally {
    reading.destroy()
  }
}
/** A file name without its ending. One name may be written in two ways (é as one letter or as two): macOS takes the second. */
const stem = (file: string) => file.normalize('NFC').replace(/\.[^.]*$/, '')
const isPng = (file: string) => /\.png$/i.test(file)
/** What macOS puts beside each file is no image, whatever its name. */
const ofMacOs = (place: string) => /(^|\/)(__MACOSX\/|\._[^/]*$)/.test(place)

function refuseMissing(rows: readonly ImageRow[], found: ReadonlySet<string>, near: ReadonlyMap<string, string>): void {
  const missing = rows.filter(({ image }) => !found.has(image.normalize('NFC'))).map(({ image }) => image)
  if (missing.length === 0) return
  const names = `${missing
    .slice(0, 3)
    .map(image => `${image}.png`)
    .join(', ')}${missing.length > 3 ? ', …' : ''}`
  const [other] = missing.flatMap(image => near.get(image.normalize('NFC')) ?? [])
  throw new Fault(
    `The archive lacks ${missing.length} of the ${rows.length} images that the table names: ${names}. ${other === undefined ? 'Fetch them and pack the archive anew' : `It has "${other}", and only PNGs are read: convert them to RGB PNGs and pack the archive anew`}, or leave them out of the table.`,
  )
}
/** Beside its pixels, which compress badly at worst, a PNG may hold profiles and texts: so many bytes of them. */
const spare = 4 * 2 ** 20

await main(async () => {
  const [table = '', archive = '', pixels = '', index = '', given = ''] = process.argv.slice(2)
  const sharp = loadSharp(import.meta.url)
  const size = Number(given)
  const text = readFileSync(table, 'utf8')
  const rows = parseTable(text)
  if (typeof rows === 'string') throw new Fault(`The table of images ${rows}.`)
  const places = new Map(rows.map(({ image }, n) => [image.normalize('NFC'), n]))
  const head = npyHeader([rows.length, size, size, 3])
  const bytes = size * size * 3
  const found = new Map<string, string>()
  const near = new Map<string, string>()
  const seen = new Map<string, ImageRow>()
  let others = 0
  const inTable = ({ place, link }: Member) => {
    const file = path.posix.basename(place)
    const [known, png] = [places.has(stem(file)) && !ofMacOs(place), isPng(file)]
    if (known && !png) near.set(stem(file), place)
    if (known && png && link !== undefined)
      throw new Fault(
        `"${place}" is a link in the archive, to "${link}", and holds no pixels. Pack the archive anew with: tar --dereference --hard-dereference -cf images.tar …`,
      )
    if (!(known && png)) others++
    return known && png
  }
  const likenesses: { readonly row: ImageRow; readonly likeness: Likeness }[] = []
  /** One image under two names is no two images: from training to test, it asks for what was learnt. One colour all over is no evidence. */
  const refuseCopies = (row: ImageRow, decoded: Buffer) => {
    if (decoded.subarray(3).equals(decoded.subarray(0, -3))) return
    const digest = createHash('sha256').update(decoded).digest('base64')
    const same = seen.get(digest)
    if (same && same.split !== row.split)
      throw new Fault(
        `The images "${same.image}" (${same.split}) and "${row.image}" (${row.split}) hold the same pixels, so that the test asks for what was learnt. Leave one out of the table.`,
      )
    seen.set(digest, row)
    const likeness = likenessOf(decoded, size)
    if (!likeness) return
    const like = likenesses.find(each => each.row.split !== row.split && isLike(each.likeness, likeness))
    if (like)
      throw new Fault(
        `The images "${like.row.image}" (${like.row.split}) and "${row.image}" (${row.split}) show the same, but for turning, mirroring or the strength of the stains, so that the test asks for what was learnt. Augment after the split, or leave one out of the table.`,
      )
    likenesses.push({ row, likeness })
  }
  writeFileSync(index, text)
  const out = await open(pixels, 'w')
  try {
    await out.write(head, 0, head.length, 0)
    for await (const { place, content } of members(archive, inTable, 2 * bytes + spare)) {
      const file = path.posix.basename(place)
      const image = stem(file)
      const n = places.get(image)! // it is in the table
      const before = found.get(image)
      if (before !== undefined)
        throw new Fault(
          `The archive holds "${file}" twice: ${before} and ${place}. Images are found by their names alone, whatever their folder. Rename one, or pack the archive without it.`,
        )
      const fault = pngFault(content, size)
      if (fault !== undefined) throw new Fault(`The image "${file}" ${fault}.`)
      const decoded = await sharp(content, { ignoreIcc: true, failOn: 'warning' })
        .removeAlpha() // of an RGB PNG only a colour that counts as transparent (tRNS): its pixels have it still
        .raw()
        .toBuffer()
        .catch((cause: Error) => {
          throw new Fault(`The image "${file}" is corrupt: ${cause.message.split('\n')[0]}. Fetch or copy it again.`)
        })
      if (decoded.length !== bytes)
        throw new Fault(`The image "${file}" decodes to ${decoded.length} bytes; right are ${bytes}. Fetch or copy it again.`)
      refuseCopies(rows[n]!, decoded)
      await out.write(decoded, 0, bytes, head.length + n * bytes)
      found.set(image, place)
    }
  } finally {
    await out.close()
  }
  refuseMissing(rows, new Set(found.keys()), near)
  process.stderr.write(`Packed ${found.size} images; ${others} other members of the archive are not in the table.\n`)
})
