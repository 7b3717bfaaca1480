import { createHash } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'
import { bare, type DelimitedRow, decodedText, delimitedFault, delimitedRows } from '../../delimited.ts'
import { expectStatus, type Patience, persistently, type Watch } from '../../http.ts'
import { placesOfUrl } from '../archive/places.ts'

/** An image of a server. */
export interface Address {
  readonly line: number
  readonly url: string
  /** Where it is to stand in the archive. */
  readonly place: string
  readonly sha256: string | undefined
}
const isAddress = (cell: string) => /^https?:\/\//i.test(cell)

/**
 * Addresses of images in a text: one a line, or a table with a column of them. A column `sha256` says what their contents are.
 * @returns undefined for a text that holds none
 */
export function readAddresses(bytes: Buffer): { readonly addresses: readonly Address[]; readonly faults: readonly string[] } | undefined {
  const text = decodedText(bytes)
  if (text === undefined || !/https?:\/\//i.test(text)) return undefined
  let rows: readonly DelimitedRow[]
  try {
    rows = delimitedRows(text, header => [',', '\t', ';'].find(each => header.includes(each)) ?? ',')
  } catch (cause) {
    return { addresses: [], faults: [`The list${delimitedFault(cause)}`] }
  }
  const cells = rows
    .map(({ cells, line }) => ({ cells: cells.map(bare), line }))
    .filter(({ cells: [first = ''] }) => !first.startsWith('#'))
  const column = cells.find(({ cells }) => cells.some(isAddress))?.cells.findIndex(isAddress) ?? -1
  if (column < 0) return undefined
  const [head, ...body] = cells
  const titled = !isAddress(head!.cells[column] ?? '')
  const digests = titled ? head!.cells.findIndex(cell => /^sha-?256$/i.test(cell)) : -1
  const faults: string[] = []
  const found = (titled ? body : cells).flatMap(({ cells, line }) => {
    const [url = '', sha256] = [cells[column], digests < 0 ? undefined : cells[digests]?.toLowerCase()]
    const fault = addressFault(url, sha256)
    if (fault !== undefined) faults.push(`Line ${line} ${fault}.`)
    return fault === undefined ? [{ line, url, sha256: sha256 || undefined }] : []
  })
  const once = [...new Map(found.map(each => [each.url, each])).values()]
  // The shorter place, where no other address has it.
  const sharing = tallied(once.flatMap(({ url }) => placesOfUrl(url)[1] ?? []))
  const placed = once.map(each => {
    const [long = '', short = ''] = placesOfUrl(each.url)
    return { ...each, place: sharing.get(short) === 1 ? short : long }
  })
  const places = tallied(placed.map(({ place }) => place))
  for (const { line, url, place } of placed)
    if (places.get(place) !== 1)
      faults.push(`Line ${line} has the address "${url}", and another line one of the same server and path. Remove one.`)
  return { addresses: placed, faults }
}
function tallied(words: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return counts
}
function addressFault(url: string, sha256: string | undefined): string | undefined {
  if (!isAddress(url)) return `has "${url}" where other lines have an address; right is https://…`
  if (!URL.canParse(url) || placesOfUrl(url).length === 0) return `has the address "${url}", which names no file of a server`
  if (new URL(url).username !== '')
    return 'has a name and password in its address. Images are fetched without: give addresses that need none'
  return sha256 && !/^[0-9a-f]{64}$/.test(sha256) ? `has the SHA-256 "${sha256}"; right are 64 hexadecimal digits` : undefined
}

/** Connections at a time: what servers bear. */
const width = 8
/** A larger image is not fetched. */
export const mostBytes = 2 ** 28
/** After so many in a row in vain the others would be, too. */
const mostInVain = 20

/**
 * Fetches what is not in a folder yet, by the digest of its address; what is there of an earlier call stays.
 * @returns what could not be had, in whole sentences
 */
export async function fetchAll(
  addresses: readonly Address[],
  folder: string,
  at: Patience,
  done: (files: number) => void,
): Promise<readonly string[]> {
  mkdirSync(folder, { recursive: true })
  const faults: string[] = []
  let [next, inVain, had] = [0, 0, 0]
  const worker = async () => {
    for (let n = next++; n < addresses.length && inVain < mostInVain; n = next++) {
      const address = addresses[n]!
      try {
        if (!existsSync(fileOf(address, folder))) await persistently(at, watch => fetchOne(address, fileOf(address, folder), watch))
        inVain = 0
        done(++had)
      } catch (error) {
        if (error instanceof Error && 'syscall' in error && 'path' in error) throw error // of this machine's disk
        inVain++
        faults.push(`Line ${address.line}: ${error instanceof Error ? error.message : error}.`)
      }
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
  const untried = addresses.length - had - faults.length
  return untried === 0
    ? faults
    : [...faults, `${untried.toLocaleString('en')} more were not tried, since ${mostInVain} in a row were in vain.`]
}
export const fileOf = ({ url, sha256 = '' }: Address, folder: string): string =>
  path.join(folder, createHash('sha256').update(`${url}\n${sha256}`).digest('hex'))

async function fetchOne({ url, sha256 }: Address, to: string, { signal, alive }: Watch): Promise<void> {
  const response = await fetch(url, { headers: { 'accept-encoding': 'identity' }, signal })
  alive()
  expectStatus(response, 200)
  const type = response.headers.get('content-type') ?? ''
  if (/^text\/html/i.test(type)) throw new Error(`${url} is a web page, not an image. Give the address of the file itself`)
  const tooLarge = (bytes: number) =>
    new Error(`${url} has ${bytes.toLocaleString('en')} bytes or more, and an image may have ${mostBytes.toLocaleString('en')}`)
  const promised = Number(response.headers.get('content-length') ?? Number.NaN)
  if (promised > mostBytes) throw tooLarge(promised)
  const part = `${to}.${process.pid}.part`
  const digest = createHash('sha256')
  let size = 0
  try {
    const file = openSync(part, 'w')
    try {
      for await (const chunk of response.body ?? []) {
        alive()
        size += chunk.length
        if (size > mostBytes) throw tooLarge(size)
        digest.update(chunk)
        writeSync(file, chunk)
      }
    } finally {
      closeSync(file)
    }
    if (size === 0) throw new Error(`${url} is empty`)
    const found = digest.digest('hex')
    if (sha256 !== undefined && found !== sha256)
      throw new Error(
        `${url} has the SHA-256 ${found.slice(0, 16)}…, and the list says ${sha256.slice(0, 16)}…. It was changed or damaged: correct the list, or give another address`,
      )
    renameSync(part, to)
  } finally {
    rmSync(part, { force: true })
  }
}
