import { createReadStream } from 'node:fs'

const magic = Buffer.from('1f8b08', 'hex')

/** Whether gzip data begin anywhere behind a place in a file: what lies before them is then a hole, and no garbage at the end. */
export async function gzipBehind(path: string, from: number): Promise<boolean> {
  let rest = Buffer.alloc(0)
  for await (const chunk of createReadStream(path, { start: from, highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    const bytes = Buffer.concat([rest, chunk])
    if (bytes.includes(magic)) return true
    rest = bytes.subarray(-2)
  }
  return false
}
