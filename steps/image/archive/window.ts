import type { FileHandle } from 'node:fs/promises'

/** A file read here and there: what lies close together is read at once. */
export interface Window {
  readonly size: number
  /** So many bytes from there; fewer at the end of the file. They hold until the next call. */
  near(position: number, length: number): Promise<Buffer>
  /** The same in memory of their own, beside other calls. */
  own(position: number, length: number): Promise<Buffer>
}
/** Headers of small members share a read; before a large one not much more is read than its header. */
const span = 65_536

export async function windowOn(file: FileHandle): Promise<Window> {
  const { size } = await file.stat()
  const own = async (position: number, length: number) => {
    const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(length, size - position)))
    let done = 0
    while (done < buffer.length) {
      const { bytesRead } = await file.read(buffer, done, buffer.length - done, position + done)
      if (bytesRead === 0) break
      done += bytesRead
    }
    return buffer.subarray(0, done)
  }
  let start = 0
  let held: Buffer = Buffer.alloc(0)
  return {
    size,
    own,
    near: async (position, length) => {
      if (position < start || position + length > start + held.length) {
        held = await own(position, Math.max(span, length))
        start = position
      }
      return held.subarray(position - start, position - start + length)
    },
  }
}
