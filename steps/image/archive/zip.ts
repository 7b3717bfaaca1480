import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { type Entry, fromRandomAccessReaderPromise, getFileNameLowLevel, RandomAccessReader, type ZipFile } from 'yauzl'
import { Fault } from '../../script.ts'
import { type Lister, type Member, tooLarge } from './listing.ts'
import type { Window } from './window.ts'

const inflate = promisify(zlib.inflateRaw)
const [stored, deflated] = [0, 8]

/** The library asks for each entry of the directory in two small reads, which share large ones while they are `listed`. */
class Reader extends RandomAccessReader {
  listed = true
  readonly #window: Window
  constructor(window: Window) {
    super()
    this.#window = window
  }
  override read(buffer: Buffer, offset: number, length: number, position: number, callback: (error: Error | null) => void): void {
    const { near, own } = this.#window
    ;(this.listed ? near : own)(position, length).then(bytes => {
      bytes.copy(buffer, offset)
      callback(bytes.length === length ? null : new Error('it ends too early'))
    }, callback)
  }
  override close(callback: (error: Error | null) => void): void {
    callback(null) // whoever opened the file closes it
  }
}
/** Only the directory at its end is read. */
export const listZip: Lister = async (window, most) => {
  const members: Member[] = []
  const links: { place: string; to: string }[] = []
  const faults: string[] = []
  try {
    const options = { autoClose: false, decodeStrings: false, validateEntrySizes: false }
    const reader = new Reader(window)
    const zip = await fromRandomAccessReaderPromise(reader, window.size, options)
    for await (const entry of zip.eachEntry()) {
      const place = getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false)
      if (place.endsWith('/')) continue
      const fault = entryFault(entry, window)
      if (fault !== undefined) faults.push(`The member "${place}" ${fault}.`)
      else if (entry.externalFileAttributes >>> 28 === 0xa) links.push({ place, to: 'another file' })
      else members.push({ place, size: entry.uncompressedSize, read: () => content(zip, window, place, entry, most) })
    }
    reader.listed = false
  } catch (cause) {
    if (!(cause instanceof Error) || cause instanceof Fault || ('code' in cause && cause.code !== undefined)) throw cause
    throw new Fault(`The archive is a zip that is corrupt or cut off: ${cause.message.split('. ')[0]}. Copy or make it again.`)
  }
  return { members, links, faults }
}
function entryFault(entry: Entry, window: Window): string | undefined {
  const { compressionMethod: method, compressedSize, relativeOffsetOfLocalHeader: offset } = entry
  if (entry.isEncrypted()) return 'is encrypted. Pack it anew without a password'
  if (method !== stored && method !== deflated)
    return `is packed by method ${method}; right is "deflate" or none. Pack it anew with: zip -r images.zip FOLDER`
  if (offset + 30 + compressedSize > window.size) return 'ends behind the end of the archive. Copy or make it again'
  return method === stored && compressedSize !== entry.uncompressedSize ? 'gives itself two sizes. Make it again' : undefined
}
async function content(zip: ZipFile, window: Window, place: string, entry: Entry, most: number): Promise<Buffer> {
  const { uncompressedSize: size, compressedSize } = entry
  if (size > most) throw tooLarge(place, size, most)
  const corrupt = (why: string) => new Fault(`"${place}" is corrupt in the archive: ${why}. Copy or make the archive again.`)
  // What is packed is never much larger than what it was: whatever claims to be, is no image.
  if (compressedSize > size + size / 8 + 1024) throw corrupt(`it is said to have ${size} bytes, packed ${compressedSize}`)
  const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true }).catch((cause: Error) => {
    throw corrupt(cause.message)
  })
  const packed = await window.own(fileDataStart, compressedSize)
  const bytes =
    entry.compressionMethod === stored
      ? packed
      : await inflate(packed, { maxOutputLength: Math.max(1, size) }).catch((cause: NodeJS.ErrnoException) => {
          throw corrupt(
            cause.code === 'ERR_BUFFER_TOO_LARGE' ? `it has more than the ${size} bytes that it is said to have` : cause.message,
          )
        })
  if (bytes.length !== size) throw corrupt(`it has ${bytes.length} bytes, and is said to have ${size}`)
  // It is there from Node 20.15 on.
  if (zlib.crc32 !== undefined && zlib.crc32(bytes) !== entry.crc32) throw corrupt('its checksum is wrong')
  return bytes
}
