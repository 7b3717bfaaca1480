import { type FileHandle, open } from 'node:fs/promises'
import { inflateRawSync } from 'node:zlib'

/** The empty block that ends every BGZF file (SAM specification, section 4.1.2): without it the file was cut off. */
const endBlock = Buffer.from('1f8b08040000000000ff0600424302001b0003000000000000000000', 'hex')

/** Runs `use` with the file open, and closes it whatever happens. */
export async function withFile<T>(path: string, use: (file: FileHandle, size: number) => Promise<T>): Promise<T> {
  const file = await open(path)
  try {
    return await use(file, (await file.stat()).size)
  } finally {
    await file.close()
  }
}
/** Up to `length` bytes from `position`; fewer at the end of the file. */
export async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length)
  const { bytesRead } = await file.read(buffer, 0, length, position)
  return buffer.subarray(0, bytesRead)
}
export const startOf = (path: string, length: number): Promise<Buffer> => withFile(path, file => bytesAt(file, 0, length))
export const hex = (bytes: Buffer): string => (bytes.length === 0 ? 'none' : (bytes.toString('hex').match(/../g) ?? []).join(' '))

/** What is wrong with a file as BGZF, in words that follow its name. `name` says what it should be, such as "a BAM". */
export const bgzfFault = (path: string, name: string): Promise<string | undefined> =>
  withFile(path, async (file, size) => {
    const first = await bytesAt(file, 0, 4)
    if (first.toString('hex') !== '1f8b0804')
      return `is not ${name}: its first bytes are ${hex(first)}, ${name} starts with BGZF (1f 8b 08 04)`
    const last = await bytesAt(file, Math.max(0, size - endBlock.length), endBlock.length)
    return last.equals(endBlock) ? undefined : `is cut off: the BGZF end-of-file block is missing. Copy or make it again`
  })

/** Size of the block at the beginning of `bytes`, from its BC field; undefined when it is no BGZF block. */
function blockSize(bytes: Buffer): number | undefined {
  if (bytes.length < 18 || bytes.readUInt32LE(0) !== 0x04088b1f) return undefined
  const end = 12 + bytes.readUInt16LE(10)
  for (let at = 12; at + 6 <= Math.min(end, bytes.length); at += 4 + bytes.readUInt16LE(at + 2))
    if (bytes[at] === 0x42 && bytes[at + 1] === 0x43) return bytes.readUInt16LE(at + 4) + 1
  return undefined
}
/**
 * The uncompressed beginning of a BGZF file, twice as long each time until `read` finds in it what it looks for: the headers of some genomes
 * fill hundreds of blocks.
 * @returns what `read` returned; undefined when the file ended first or is broken
 */
export const bgzfStart = <T>(path: string, read: (start: Buffer) => T | undefined): Promise<T | undefined> =>
  withFile(path, async (file, size) => {
    let blocks: Buffer[] = []
    let unpacked = 0
    let wanted = 0
    for (let at = 0; at < size; ) {
      const block = await bytesAt(file, at, 65_536)
      const length = blockSize(block)
      if (length === undefined || length > block.length) return undefined
      const header = 12 + block.readUInt16LE(10)
      try {
        blocks.push(inflateRawSync(block.subarray(header, length - 8)))
      } catch {
        return undefined
      }
      unpacked += blocks.at(-1)?.length ?? 0
      at += length
      if (unpacked < wanted && at < size) continue
      wanted = 2 * unpacked
      blocks = [Buffer.concat(blocks)]
      const found = read(blocks[0]!)
      if (found !== undefined) return found
    }
    return undefined
  })
