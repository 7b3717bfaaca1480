import { closeSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import { expectStatus, type Patience, persistently, Transient, type Watch } from '../../../steps/http.ts'
import { digestOf, pngDamage, read } from './png.ts'

/** Bytes that came, for the display. */
export type Received = (bytes: number) => void

/**
 * Fetches a PNG to a place. What came before a connection broke is kept beside it (`.part`) and gone on from, in this run or a later one,
 * as long as the server's file is still the same (its ETag says so). The file appears under its name only when it is whole and sound.
 * @returns its digest
 */
export async function download(url: string, to: string, at: Patience, received: Received): Promise<string> {
  mkdirSync(path.dirname(to), { recursive: true })
  const part = `${to}.part`
  const sizeOfPart = () => statSync(part, { throwIfNoEntry: false })?.size ?? 0
  const sha256 = await persistently(
    at,
    async watch => {
      await receive(url, part, watch, received)
      const content = read(part) ?? Buffer.alloc(0)
      const damage = pngDamage(content)
      if (damage === undefined) return digestOf(content)
      // A server that lies about a file's length, or a piece of another version: from the start.
      forget(part)
      throw new Transient(`${url} ${damage}`)
    },
    sizeOfPart,
  )
  renameSync(part, to)
  forget(part)
  return sha256
}
const forget = (part: string) => {
  for (const file of [part, `${part}.etag`]) rmSync(file, { force: true })
}
/** One attempt: the rest of the file, or all of it where there is nothing yet or the server has no rest to give. */
async function receive(url: string, part: string, { signal, alive }: Watch, received: Received): Promise<void> {
  const had = statSync(part, { throwIfNoEntry: false })?.size ?? 0
  const etag = read(`${part}.etag`)?.toString('utf8')
  const headers: Record<string, string> =
    had > 0
      ? { range: `bytes=${had}-`, ...(etag && { 'if-range': etag }), 'accept-encoding': 'identity' }
      : { 'accept-encoding': 'identity' }
  const response = await fetch(url, { headers, signal })
  alive()
  if (response.status === 416) return void (await wholeAlready(response, had, part, url)) // nothing is left to come
  expectStatus(response, 200, ...(had > 0 ? [206] : []))
  const from = response.status === 206 ? startOfRange(response) : 0
  if (response.status === 206 && from !== had) throw new Transient(`${url} was asked for bytes from ${had} and sends them from ${from}`)
  if (from === 0) keepValidator(response, part)
  const file = openSync(part, from === 0 ? 'w' : 'a')
  let size = from
  try {
    if (response.body)
      for await (const chunk of response.body) {
        alive()
        writeSync(file, chunk)
        size += chunk.length
        received(chunk.length)
      }
  } finally {
    closeSync(file)
  }
  const promised = response.headers.get('content-length')
  if (promised !== null && size - from < Number(promised))
    throw new Transient(`${url} ends after ${size} bytes; ${from + Number(promised)} are right`)
}
const startOfRange = ({ headers }: Response): number => Number(/^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1] ?? Number.NaN)
/** Only a strong ETag, or the date of change, may say that two pieces are of one file (RFC 9110, section 13.1.5). */
function keepValidator({ headers }: Response, part: string): void {
  const etag = headers.get('etag')
  const validator = etag !== null && !etag.startsWith('W/') ? etag : headers.get('last-modified')
  if (validator === null) rmSync(`${part}.etag`, { force: true })
  else writeFileSync(`${part}.etag`, validator)
}
/** 416: we asked from the end on. Whole if the server says the same size; otherwise not a piece of this file. */
async function wholeAlready(response: Response, had: number, part: string, url: string): Promise<void> {
  await response.body?.cancel()
  if (Number(/\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1]) === had) return
  forget(part)
  throw new Transient(`${url} is shorter than what is here of it`)
}
