// Images of an archive → one packed array, in the order of the table. Each is decoded once: read from the array, an image costs a small part of that.
//   node pack.script.mjs TABLE.tsv ARCHIVE PIXELS.npy INDEX.tsv TOLD.txt CORES SIZE FIT RANGE PLANE CHANNELS
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { type PackedRow, packedText, parseTable } from '../image-table.ts'
import { npyHeader } from '../npy.ts'
import { Fault, main, refuse } from '../script.ts'
import { loadSharp } from '../sharp.ts'
import { openArchive } from './archive/archive.ts'
import { decoder } from './decode/decode.ts'
import { gateOf } from './decode/gate.ts'
import { remarks } from './decode/remarks.ts'
import { settingsOf } from './decode/settings.ts'
import { wantedOf } from './decode/wanted.ts'

/** An image is read as a whole: larger ones are stacks, of which a plane can be saved. */
const mostBytes = 256 * 2 ** 20
/** Bytes of files, and pixels, that are in memory at a time. */
const [together, pixelsTogether] = [64 * 2 ** 20, 32 * 2 ** 20]
/** Beside those that decode, some wait with their content, so that no core does. */
const ahead = 2

await main(async () => {
  const [table = '', file = '', pixels = '', index = '', told = '', cores = '', ...words] = process.argv.slice(2)
  const [size = '', fit = '', range = '', plane = '', channels = ''] = words
  const settings = settingsOf({ size, fit, range, plane, channels })
  const sharp = loadSharp(import.meta.url)
  const rows = parseTable(readFileSync(table, 'utf8'))
  if (typeof rows === 'string') throw new Fault(`The table of images ${rows}.`)
  const archive = await openArchive(file, mostBytes)
  const out = await open(pixels, 'w')
  try {
    const { wanted, faults } = wantedOf(rows, archive)
    const decode = decoder(sharp, settings, gateOf(pixelsTogether))
    const reading = gateOf(together)
    const head = npyHeader([rows.length, settings.size, settings.size, 3])
    await out.write(head, 0, head.length, 0)
    const packed: PackedRow[] = []
    const notes = remarks(settings)
    const progress = progressOf(wanted.length)
    await each(wanted, Number(cores) + ahead, async ({ n, member }) => {
      const { image } = rows[n]!
      const decoded = await reading(member.size, async () => decode(await member.read())).catch((cause: unknown) => {
        if (!(cause instanceof Fault)) throw cause
        return cause
      })
      progress()
      if (decoded instanceof Fault) faults.set(n, decoded.message)
      else if (typeof decoded === 'string') faults.set(n, `The image "${image}" ${decoded}.`)
      else {
        const { pixels, format, width, height } = decoded
        await out.write(pixels, 0, pixels.length, head.length + n * pixels.length)
        packed[n] = { image, sha256: createHash('sha256').update(pixels).digest('hex'), format, width, height }
        notes.add(n, image, decoded)
      }
    })
    const inOrder = [...faults].sort(([a], [b]) => a - b)
    refuse(
      'The archive',
      inOrder.map(([, fault]) => fault),
    )
    writeFileSync(index, packedText(packed))
    const lines = notes.lines()
    if (lines.length > 0) writeFileSync(told, lines.map(line => `${line}\n`).join(''))
    const others = archive.members.length - wanted.length
    process.stderr.write(`Packed ${packed.length} images; ${others} other members of the archive are not in the table.\n`)
  } finally {
    await out.close()
    await archive.close()
  }
})
/** Works on all, so many at a time, in their order. */
async function each<T>(all: readonly T[], together: number, work: (one: T) => Promise<void>): Promise<void> {
  const rest = all.values()
  const worker = async () => {
    for (const one of rest) await work(one)
  }
  await Promise.all(Array.from({ length: together }, worker))
}
function progressOf(all: number): () => void {
  let [done, last] = [0, Date.now()]
  return () => {
    done++
    if (Date.now() - last < 1000) return
    last = Date.now()
    const text = `${done.toLocaleString('en')} of ${all.toLocaleString('en')} images`
    process.stderr.write(`::progress ${JSON.stringify({ text, share: Number((done / all).toFixed(3)) })}\n`)
  }
}
