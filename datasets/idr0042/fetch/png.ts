import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

const signature = '89504e470d0a1a0a'
/** CRC-32 as PNG has it (third edition, annex D). Node has its own from 20.15 on, and 20.12 is to do. */
const table = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c
})
export function crc32(content: Uint8Array): number {
  let c = 0xffffffff
  for (const byte of content) c = table[(c ^ byte) & 255]! ^ (c >>> 8)
  return (c ^ 0xffffffff) >>> 0
}
/** What is wrong with a PNG as a file, in words that follow its name: every chunk's checksum is looked at, no pixel is. */
export function pngDamage(content: Buffer): string | undefined {
  if (content.toString('hex', 0, 8) !== signature) return `is not a PNG: its first bytes are ${content.toString('hex', 0, 8) || 'none'}`
  for (let at = 8; at + 12 <= content.length; ) {
    const length = content.readUInt32BE(at)
    const end = at + 12 + length
    if (end > content.length) break
    if (crc32(content.subarray(at + 4, end - 4)) !== content.readUInt32BE(end - 4)) return `is damaged: the checksum at byte ${at} is wrong`
    if (content.toString('latin1', at + 4, at + 8) === 'IEND')
      return end === content.length ? undefined : `has ${content.length - end} bytes after its end`
    at = end
  }
  return 'is cut off: its end (IEND) is missing'
}
export const digestOf = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')
export const read = (file: string): Buffer | undefined => {
  try {
    return readFileSync(file)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
