import { closeSync, createWriteStream, fstatSync, openSync, readSync, renameSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { Header } from 'tar/header'
import { Pax } from 'tar/pax'
import type { Item } from './item.ts'

const block = 512
/** So much is read and written at once: of a large file, or of many small ones. */
const piece = 2 ** 22

/**
 * Writes one tar of files: the same bytes for the same names and contents, whoever owns them and whenever they were made. It appears under its name
 * when it is whole and on the disk.
 * @returns what is wrong with files, in whole sentences; then there is no tar
 */
export async function writeTar(items: readonly Item[], to: string, done: (files: number) => void): Promise<readonly string[]> {
  const part = `${to}.${process.pid}.part`
  const faults: string[] = []
  try {
    await pipeline(inPieces(bytesOf(items, faults, done)), createWriteStream(part))
    if (faults.length > 0) return faults
    const handle = await open(part, 'r+')
    await handle.sync().finally(() => handle.close())
    renameSync(part, to)
    return []
  } finally {
    rmSync(part, { force: true })
  }
}
/** Files are small and many: their calls one after another, without a promise each, take a tenth of the time. */
function* inPieces(buffers: Iterable<Buffer>): Generator<Buffer> {
  let held: Buffer[] = []
  let size = 0
  for (const buffer of buffers) {
    held.push(buffer)
    size += buffer.length
    if (size < piece) continue
    yield Buffer.concat(held)
    held = []
    size = 0
  }
  yield Buffer.concat(held)
}
/** Where one file is at fault, the others are only looked at, so that all are told. */
function* bytesOf(items: readonly Item[], faults: string[], done: (files: number) => void): Generator<Buffer> {
  for (const [n, item] of items.entries()) {
    try {
      if (faults.length === 0) yield headerOf(item)
      yield* contentOf(item, faults)
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error)) throw error
      faults.push(`"${item.place}" cannot be read (${error.code}). Check its permissions, and that nothing writes to the folder.`)
    }
    done(n + 1)
  }
  yield Buffer.alloc(2 * block)
}
function headerOf({ place, size }: Item): Buffer {
  const header = new Header({ path: place, size, mode: 0o644, uid: 0, gid: 0, mtime: new Date(0), type: 'File' })
  const needsMore = header.encode() // a long name, letters beyond ASCII, or 8 GiB
  const words = needsMore ? [new Pax({ path: place, size }).encode()] : []
  return Buffer.concat([...words, header.block!]) // `encode` made it
}
function* contentOf(item: Item, faults: string[]): Generator<Buffer> {
  const file = openSync(item.file, 'r')
  try {
    if (stateOf(file) === item.state && faults.length === 0) {
      for (let at = 0; at < item.size; ) {
        const buffer = Buffer.allocUnsafe(Math.min(piece, item.size - at))
        const read = readSync(file, buffer, 0, buffer.length, at)
        if (read === 0) break // it became shorter meanwhile, which is told below
        yield buffer.subarray(0, read)
        at += read
      }
      yield Buffer.alloc((block - (item.size % block)) % block)
    }
    if (stateOf(file) !== item.state) faults.push(`"${item.place}" changed while it was read. Wait until nothing writes to the folder.`)
  } finally {
    closeSync(file)
  }
}
function stateOf(file: number): string {
  const { size, mtimeNs, ctimeNs } = fstatSync(file, { bigint: true })
  return `${size}:${mtimeNs}:${ctimeNs}`
}
