import { readSync, writeSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'

// BAM records, one after the other (SAM specification, section 4.2), read from and written to blocking descriptors: a promise for every
// record would take longer than all that is done with it.

const readAtOnce = 1 << 20

/** The unpacked bytes of a BGZF stream, in stretches as long as they are asked for. */
export class Unpacked {
  private packed = Buffer.alloc(0)
  private ended = false
  private data = Buffer.allocUnsafe(4 * readAtOnce)
  private from = 0
  private to = 0
  private readonly descriptor: number
  constructor(descriptor: number) {
    this.descriptor = descriptor
  }
  /** The next bytes, valid until the next call; undefined at the end. @throws Error when the stream ends before so many */
  take(length: number): Buffer | undefined {
    while (this.to - this.from < length) {
      if (this.more()) continue
      if (this.from === this.to) return undefined
      throw new Error('the stream ends in the middle of a record')
    }
    this.from += length
    return this.data.subarray(this.from - length, this.from)
  }
  /** Unpacks what is at hand, or reads. @returns false at the end of the stream */
  private more(): boolean {
    let at = 0
    let unpacked = 0
    for (;;) {
      const left = this.packed.length - at
      const size = left < 18 ? undefined : this.packed.readUInt16LE(at + 16) + 1 // htslib writes the BC field alone
      if (size === undefined || left < size) break
      if (this.packed.readUInt32LE(at) !== 0x04088b1f) throw new Error('the stream is no BGZF')
      unpacked += this.append(this.packed.subarray(at + 18, at + size - 8))
      at += size
    }
    if (at > 0) this.packed = this.packed.subarray(at)
    if (unpacked > 0) return true
    if (this.ended) return false
    const read = Buffer.allocUnsafe(readAtOnce)
    const length = readSync(this.descriptor, read)
    this.ended = length === 0
    this.packed = this.packed.length === 0 ? read.subarray(0, length) : Buffer.concat([this.packed, read.subarray(0, length)])
    return !this.ended
  }
  private append(block: Buffer): number {
    const stored = (block[0]! & 6) === 0 && block.length >= 5 && block.readUInt16LE(1) + 5 === block.length // as "samtools view -u" writes
    const bytes = stored ? block.subarray(5) : inflateRawSync(block)
    if (this.to + bytes.length > this.data.length) {
      const kept = this.to - this.from
      const room =
        kept + bytes.length <= this.data.length / 2 ? this.data : Buffer.allocUnsafe(2 * Math.max(this.data.length, kept + bytes.length))
      this.data.copy(room, 0, this.from, this.to)
      this.data = room
      this.from = 0
      this.to = kept
    }
    bytes.copy(this.data, this.to)
    this.to += bytes.length
    return bytes.length
  }
}
/** Bytes on their way to a blocking descriptor, as plain BAM: htslib reads it as it reads BGZF. */
export class Written {
  private readonly data = Buffer.allocUnsafe(readAtOnce)
  private to = 0
  private readonly descriptor: number
  constructor(descriptor: number) {
    this.descriptor = descriptor
  }
  add(bytes: Buffer): void {
    if (this.to + bytes.length > this.data.length) this.flush()
    if (bytes.length > this.data.length) whole(this.descriptor, bytes)
    else this.to += bytes.copy(this.data, this.to)
  }
  flush(): void {
    whole(this.descriptor, this.data.subarray(0, this.to))
    this.to = 0
  }
}
function whole(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at)
}

export interface BamStart {
  /** A character for each byte, whatever they stand for: names in it are compared with those of records. */
  readonly text: string
  /** Names and lengths of the contigs, as they stand in the file. */
  readonly contigs: Buffer
}
export function readStart(from: Unpacked): BamStart {
  const fixed = from.take(8)
  if (fixed?.toString('latin1', 0, 4) !== 'BAM\x01') throw new Error('the stream is no BAM')
  const length = fixed.readUInt32LE(4)
  const text = (length === 0 ? '' : from.take(length)!.toString('latin1')).replace(/\0+$/, '')
  const count = Buffer.from(from.take(4)!)
  const parts = [count]
  for (let left = count.readUInt32LE(0); left > 0; left--) {
    const size = Buffer.from(from.take(4)!)
    parts.push(size, Buffer.from(from.take(size.readUInt32LE(0) + 4)!))
  }
  return { text, contigs: Buffer.concat(parts) }
}
export function writeStart(to: Written, { text, contigs }: BamStart): void {
  const bytes = Buffer.from(text, 'latin1')
  const fixed = Buffer.from('BAM\x01\0\0\0\0', 'latin1')
  fixed.writeUInt32LE(bytes.length, 4)
  for (const part of [fixed, bytes, contigs]) to.add(part)
}
/** The next record without its leading length, valid until the next call; undefined at the end. */
export function readRecord(from: Unpacked): Buffer | undefined {
  const size = from.take(4)
  if (!size) return undefined
  const record = from.take(size.readUInt32LE(0))
  if (!record) throw new Error('the stream ends in the middle of a record')
  return record
}
const head = Buffer.alloc(4)
export function writeRecord(to: Written, ...parts: readonly Buffer[]): void {
  head.writeUInt32LE(
    parts.reduce((sum, { length }) => sum + length, 0),
    0,
  )
  to.add(head)
  for (const part of parts) to.add(part)
}

/** Bits of a record's flag. */
export const flags = {
  paired: 0x1,
  proper: 0x2,
  unmapped: 0x4,
  mateUnmapped: 0x8,
  reverse: 0x10,
  mateReverse: 0x20,
  first: 0x40,
  second: 0x80,
  other: 0x900,
} as const
export const flagOf = (record: Buffer): number => record.readUInt16LE(14)
const nameEnd = (record: Buffer) => 32 + record[8]! - 1 // without its NUL
export const nameOf = (record: Buffer): Buffer => record.subarray(32, nameEnd(record))
/** Its bases, two a byte, as on the forward strand of the genome. */
export function sequenceOf(record: Buffer): Buffer {
  const from = 32 + record[8]! + 4 * record.readUInt16LE(12)
  return record.subarray(from, from + ((record.readUInt32LE(16) + 1) >> 1))
}
/** Takes the mate out of a record that has none in its file. */
export function unpair(record: Buffer): void {
  const { paired, proper, mateUnmapped, mateReverse, first, second } = flags
  record.writeUInt16LE(flagOf(record) & ~(paired | proper | mateUnmapped | mateReverse | first | second), 14)
  record.writeInt32LE(-1, 20)
  record.writeInt32LE(-1, 24)
  record.writeInt32LE(0, 28)
}
/** Where the optional fields begin. */
export const fieldsAt = (record: Buffer): number => {
  const bases = record.readUInt32LE(16)
  return 32 + record[8]! + 4 * record.readUInt16LE(12) + ((bases + 1) >> 1) + bases
}
/** End of the optional field that begins at `at`. */
export function fieldEnd(record: Buffer, at: number): number {
  const value = at + 3
  switch (record[at + 2]) {
    case 0x41: // A
    case 0x63: // c
    case 0x43: // C
      return value + 1
    case 0x73: // s
    case 0x53: // S
      return value + 2
    case 0x69: // i
    case 0x49: // I
    case 0x66: // f
      return value + 4
    case 0x5a: // Z
    case 0x48: {
      // H
      let end = value
      while (record[end] !== 0) {
        if (end >= record.length) throw new Error('a record has an optional field without an end')
        end++
      }
      return end + 1
    }
    case 0x42: {
      // B
      const size = { c: 1, C: 1, s: 2, S: 2, i: 4, I: 4, f: 4 }[String.fromCharCode(record[value]!)]
      if (size !== undefined) return value + 5 + size * record.readUInt32LE(value + 1)
    }
  }
  throw new Error('a record has an optional field of no type of BAM')
}
/** The two letters of a tag as one number, as they stand at `at`. */
export const tagAt = (record: Buffer, at: number): number => record[at]! | (record[at + 1]! << 8)
export const tag = (letters: string): number => letters.charCodeAt(0) | (letters.charCodeAt(1) << 8)
