// Reads both mates of a FASTQ pair side by side, from first byte to last, and stops at the first fault.
//   node check.script.mjs FIRST.fastq.gz SECOND.fastq.gz REPORT.json
import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'

/** A fault of the data: its message is all that a user needs to see. */
class Fault extends Error {}

/** The unpacked chunks of one mate. Every way in which a gzip file can be broken is told apart. */
async function* unpacked(path: string, mate: string): AsyncGenerator<Buffer> {
  let bytes = 0
  let start = ''
  const packed = createReadStream(path, { highWaterMark: 1 << 18 })
  const gunzip = createGunzip({ chunkSize: 1 << 18 })
  packed.on('data', chunk => {
    if (bytes === 0) start = Buffer.from(chunk).toString('hex', 0, 2)
    bytes += chunk.length
  })
  packed.on('error', error => gunzip.destroy(error))
  try {
    for await (const chunk of packed.pipe(gunzip)) yield chunk
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException // streams fail with system or zlib errors
    if (start !== '' && start !== '1f8b')
      throw new Fault(`The ${mate} is not gzip: its first bytes are ${start}, gzip starts with 1f8b. Compress it with gzip.`)
    if (code === 'Z_BUF_ERROR' && bytes === 0)
      throw new Fault(`The ${mate} is empty: it has 0 bytes. A FASTQ holds at least one read. Copy it again, or leave the lane out.`)
    if (code === 'Z_BUF_ERROR')
      throw new Fault(
        `The ${mate} is cut off: its gzip data end in the middle, after ${bytes} bytes. A whole file passes "gzip -t". Copy it again.`,
      )
    if (code.startsWith('Z_'))
      throw new Fault(`The ${mate} is damaged: ${message} in its gzip data. A whole file passes "gzip -t". Copy it again.`)
    throw new Fault(`The ${mate} cannot be read: ${message}. Make it readable.`)
  }
}

interface Read {
  /** First word of the name line without "@" and without /1 or /2. */
  readonly name: Buffer
  readonly sequence: Buffer
}
const [newline, return_, space, tab, slash, at, plus] = [10, 13, 32, 9, 47, 64, 43]

/** The reads of one mate, counted. */
class Mate {
  reads = 0
  bases = 0
  min = Number.POSITIVE_INFINITY
  max = 0
  /** Which mate its first read says that it is, by "/1" or " 1:N:0:…". */
  says: 1 | 2 | undefined
  private rest = Buffer.alloc(0)
  private from = 0
  private ended = false
  private readonly chunks: AsyncGenerator<Buffer>
  private readonly label: string
  constructor(path: string, label: string) {
    this.chunks = unpacked(path, label)
    this.label = label
  }
  /** The next read if the chunk at hand holds all of it: a promise for every read would take longer than the check. */
  atHand(): Read | undefined {
    const ends: number[] = []
    for (let line = this.from; ends.length < 4; line = ends.at(-1)! + 1) {
      const end = this.rest.indexOf(newline, line)
      if (end < 0) return undefined
      ends.push(end)
    }
    const [name, sequence, separator, quality] = ends.map((end, n) => this.line(n === 0 ? this.from : ends[n - 1]! + 1, end))
    this.from = ends[3]! + 1
    return this.counted(name!, sequence!, separator!, quality!)
  }
  async next(): Promise<Read | undefined> {
    for (;;) {
      const read = this.atHand()
      if (read) return read
      const left = this.rest.subarray(this.from)
      if (this.ended) {
        if (left.length > 0)
          throw new Fault(`The ${this.label} ends in the middle of read ${this.reads + 1}. A read has four lines. Copy the file again.`)
        return undefined
      }
      const { value } = await this.chunks.next()
      this.ended = value === undefined
      this.from = 0
      const lacksNewline = this.ended && left.length > 0 && left.at(-1) !== newline
      this.rest = Buffer.concat([left, value ?? Buffer.from(lacksNewline ? '\n' : '')])
    }
  }
  private line(start: number, end: number): Buffer {
    return this.rest.subarray(start, end > start && this.rest[end - 1] === return_ ? end - 1 : end)
  }
  private counted(name: Buffer, sequence: Buffer, separator: Buffer, quality: Buffer): Read {
    const which = `Read ${this.reads + 1} of the ${this.label}`
    if (name[0] !== at)
      throw new Fault(`${which} starts with "${shown(name)}", a FASTQ read starts with "@". Make the file again from its source.`)
    if (separator[0] !== plus)
      throw new Fault(
        `${which} (${shown(name)}) has "${shown(separator)}" as third line, right is "+". Make the file again from its source.`,
      )
    if (sequence.length !== quality.length)
      throw new Fault(
        `${which} (${shown(name)}) has ${sequence.length} bases and ${quality.length} qualities, there must be as many. Make the file again from its source.`,
      )
    if (this.reads === 0) this.says = mateIn(name)
    this.reads++
    this.bases += sequence.length
    this.min = Math.min(this.min, sequence.length)
    this.max = Math.max(this.max, sequence.length)
    return { name: nameOf(name), sequence }
  }
}
function nameOf(line: Buffer): Buffer {
  let end = 1
  while (end < line.length && line[end] !== space && line[end] !== tab) end++
  const mate = line[end - 1]
  if (end > 3 && line[end - 2] === slash && (mate === 49 || mate === 50)) end -= 2
  return line.subarray(1, end)
}
function mateIn(line: Buffer): 1 | 2 | undefined {
  const [, digit] = /^\S+(?:\/([12])$|\/([12])\s)|^\S+\s([12]):[YN]:/.exec(line.toString('latin1'))?.filter(part => part) ?? []
  return digit === '1' ? 1 : digit === '2' ? 2 : undefined
}
const shown = (line: Buffer) => line.toString('latin1', 0, 60).replace(/[^ -~]/g, '?')

async function check(firstPath: string, secondPath: string, report: string): Promise<void> {
  const mates = [new Mate(firstPath, 'first mate'), new Mate(secondPath, 'second mate')] as const
  const [first, second] = mates
  let alike = true
  for (;;) {
    const a = first.atHand() ?? (await first.next())
    const b = second.atHand() ?? (await second.next())
    if (!a && !b) break
    if (!a || !b) {
      for (const mate of mates) while (mate.atHand() ?? (await mate.next()));
      throw new Fault(
        `The first mate has ${first.reads} reads, the second ${second.reads}; there must be as many. Give the two files of one lane, both whole.`,
      )
    }
    if (first.reads === 1 && first.says === 2 && second.says === 1)
      throw new Fault(
        `The mates are swapped: read "${shown(a.name)}" says in the first file that it is the second mate, and in the second that it is the first. Swap the two files.`,
      )
    alike &&= a.sequence.equals(b.sequence)
    if (!a.name.equals(b.name))
      throw new Fault(
        `Read ${first.reads} is "${shown(a.name)}" in the first mate and "${shown(b.name)}" in the second; mates come in the same order under the same name. Give the two files of one lane, or pair them again (seqkit pair).`,
      )
  }
  if (first.reads === 0)
    throw new Fault('Both mates are empty: they hold no read. A FASTQ holds at least one. Copy them again, or leave the lane out.')
  if (alike)
    throw new Fault(
      'Both mates hold the same reads: it is one file given twice, or a copy. Give the files of the first and the second mate.',
    )
  const count = ({ reads, bases, min, max }: Mate) => ({ reads, bases, length: { min, max } })
  await writeFile(report, `${JSON.stringify({ first: count(first), second: count(second) }, null, 2)}\n`)
}

const [first = '', second = '', report = ''] = process.argv.slice(2)
try {
  await check(first, second, report)
} catch (error) {
  if (!(error instanceof Fault)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
