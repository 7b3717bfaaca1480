import { createWriteStream, renameSync, rmSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { Header } from 'tar/header'
import { Pax } from 'tar/pax'
import type { Item } from './item.ts'

const block = 512
/** More than that of a file is not held in memory. */
const piece = 2 ** 23

/**
 * Writes one tar of files: the same bytes for the same names and contents, whoever owns them and whenever they were made. It appears under its name
 * when it is whole and on the disk.
 * @returns what is wrong with files, in whole sentences; then there is no tar
 */
export async function writeTar(items: readonly Item[], to: string, done: (files: number) => void): Promise<readonly string[]> {
  const part = `${to}.${process.pid}.part`
  const faults: string[] = []
  try {
    await pipeline(bytesOf(items, faults, done), createWriteStream(part))
    if (faults.length > 0) return faults
    const handle = await open(part, 'r+')
    await handle.sync().finally(() => handle.close())
    renameSync(part, to)
    return []
  } finally {
    rmSync(part, { force: true })
  }
}
/** Where one file is at fault, the others are only looked at, so that all are told. */
async function* bytesOf(items: readonly Item[], faults: string[], done: (files: number) => void): AsyncGenerator<Buffer> {
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
async function* contentOf(item: Item, faults: string[]): AsyncGenerator<Buffer> {
  const handle = await open(item.file)
  try {
    if ((await stateOf(handle)) === item.state && faults.length === 0) {
      for (let at = 0; at < item.size; at += piece) {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.min(piece, item.size - at)), 0, undefined, at)
        yield buffer // a file that became shorter meanwhile is told below
        if (bytesRead < buffer.length) break
      }
      yield Buffer.alloc((block - (item.size % block)) % block)
    }
    if ((await stateOf(handle)) !== item.state)
      faults.push(`"${item.place}" changed while it was read. Wait until nothing writes to the folder.`)
  } finally {
    await handle.close()
  }
}
async function stateOf(handle: FileHandle): Promise<string> {
  const { size, mtimeNs, ctimeNs } = await handle.stat({ bigint: true })
  return `${size}:${mtimeNs}:${ctimeNs}`
}
