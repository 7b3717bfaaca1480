import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { TriremeError } from '../errors.ts'

/** Up to this, an object is sent in one request; larger ones in parts. */
export const onePart = 16 * 2 ** 20
/** The bytes of a file in parts, failing before the last of them where they are not what they should be: the upload is then never put together. */
export async function* uploadParts(file: string, size: number, sha256: string): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  const most = Math.max(onePart, Math.ceil(size / 9_000)) // 10,000 parts is the most that S3 takes
  let [pieces, held]: [Buffer[], number] = [[], 0]
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    if (held + chunk.length > most) {
      yield Buffer.concat(pieces)
      ;[pieces, held] = [[], 0]
    }
    pieces.push(chunk)
    held += chunk.length
  }
  if (hash.digest('hex') !== sha256) throw changedOnItsWay(file)
  yield Buffer.concat(pieces)
}
export const changedOnItsWay = (file: string) =>
  new TriremeError(
    'INPUT',
    `${file} is no longer what it was when this run began: its content has changed. It was not sent to the bucket. Once nothing writes to it any more, give the same command again.`,
  )
