import { createHash } from 'node:crypto'
import { closeSync, fsync, openSync, read, readFileSync } from 'node:fs'
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

/**
 * SHA-256 of a file's content, 64 hex digits.
 * @param file its path, or its descriptor, which stays open
 * @param size of the file where known: a small one is read at once, ten times as fast
 * @throws the signal's reason once it says so: a file may have a terabyte of nothing
 */
export async function digestFile(file: string | number, size = Number.POSITIVE_INFINITY, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  if (size < blockSize) return hash.update(readFileSync(file)).digest('hex')
  const descriptor = typeof file === 'number' ? file : openSync(file, 'r')
  try {
    const block = Buffer.alloc(blockSize)
    for (let at = 0, got = -1; got !== 0; at += got) {
      signal?.throwIfAborted()
      got = (await readInto(descriptor, block, 0, blockSize, at)).bytesRead
      hash.update(block.subarray(0, got))
    }
    return hash.digest('hex')
  } finally {
    if (descriptor !== file) closeSync(descriptor)
  }
}
const blockSize = 1 << 18
const readInto = promisify(read)
