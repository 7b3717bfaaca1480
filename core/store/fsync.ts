import { createHash } from 'node:crypto'
import { closeSync, createReadStream, fsync, openSync, readFileSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { hasNoSync } from './whole-file.ts'

/** After this the file's bytes, or the folder's names, are on the disk. */
export async function sync(place: string): Promise<void> {
  const handle = openSync(place, 'r') // synchronous: three calls on another thread for each of three files would take longer than the disk
  try {
    await flushed(handle)
  } catch (cause) {
    if (!hasNoSync(cause)) throw cause
  } finally {
    closeSync(handle)
  }
}
const flushed = promisify(fsync)
/** Brings many files or folders to the disk, as many at a time as Node has threads for files. */
export async function syncEach(places: Iterable<string>): Promise<void> {
  const queue = [...places]
  const drain = async () => {
    for (let place = queue.pop(); place !== undefined; place = queue.pop()) await sync(place)
  }
  await Promise.all([drain(), drain(), drain(), drain()])
}

/** SHA-256 of a file's content, 64 hex digits. @param size of the file where known: a small one is read at once, ten times as fast */
export async function digestFile(file: string, size = Number.POSITIVE_INFINITY): Promise<string> {
  const hash = createHash('sha256')
  if (size < 1 << 16) return hash.update(readFileSync(file)).digest('hex')
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}
