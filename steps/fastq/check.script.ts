// Reads both mates of a FASTQ pair side by side, or one file of single reads, from first byte to last, and stops at the first fault.
//   node check.script.mjs [--may-be-empty] REPORT.json FIRST.fastq.gz [SECOND.fastq.gz]
import { createReadStream, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'
import { ContentSum } from '../content-sum.ts'
import { gzipBehind } from '../gzip-behind.ts'

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
    const foreign = statSync(path).size - gunzip.bytesWritten
    if (foreign > 0 && (await gzipBehind(path, gunzip.bytesWritten)))
      throw new Fault(
        `The ${mate} has a hole: behind ${gunzip.bytesWritten} bytes of gzip data come some that are no gzip, and more gzip data behind those. Reads were lost where the file was copied or put together. Copy it again.`,
      )
    if (foreign > 0)
      throw new Fault(
        `The ${mate} has ${foreign} bytes behind its gzip data that are no gzip; some programs stop there, others fail. Pack it anew: gzip -dc x.fastq.gz | gzip > y.fastq.gz`,
      )
  } catch (error) {
    if (error instanceof Fault) throw error
    const { code = '', message } = error as NodeJS.ErrnoException // streams fail with system or zlib errors
    if (start !== '' && start !== '1f8b')
      throw new Fault(`The ${mate} is not gzip: its first bytes are ${start}, gzip starts with 1f8b. Compress it with gzip.`)
    if (code === 'Z_BUF_ERROR' && bytes === 0)
      throw new Fault(`The ${mate} is empty: it has 0 bytes. A FASTQ holds at least one read. Copy it again, or leave the lane out.`)
    if (code === 'Z_BUF_ERROR')
      throw new Fault(
        `The ${mate} is cut off: its gzip data end in the middle, after ${bytes} bytes. A whole file passes "gzip -t". Copy it again.`,
      )
    if (message === 'incorrect header check')
      throw new Fault(
        `The ${mate} has bytes behind a part of its gzip data that are no gzip: the rest is damaged, or something was added. Copy it again. Where "gzip -t" warns of trailing garbage alone, pack it anew: gzip -dc x.fastq.gz | gzip > y.fastq.gz`,
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

/** What bytes of a kind are, as bits that are gathered over all reads. */
const seen = { base: 1, uracil: 2, ambiguous: 4, noBase: 8, noQuality: 16, onlyPhred33: 32, abovePhred33: 64, abovePhred64: 128 } as const
const tableOf = (bits: (character: string, code: number) => number) =>
  Uint8Array.from({ length: 256 }, (_, code) => bits(String.fromCharCode(code).toUpperCase(), code))
/** Letters of nucleic acids as IUPAC has them; all but the four bases are as good as N to an aligner. */
const baseBits = tableOf(letter =>
  'ACGT'.includes(letter) ? seen.base : letter === 'U' ? seen.uracil : 'NRYSWKMBDHV.-'.includes(letter) ? seen.ambiguous : seen.noBase,
)
// Phred+64 begins at ";" (Solexa) and ends at "h"; with Phred+33 sequencers stay below "O" (46) unless they have low qualities, too.
const qualityBits = tableOf((_, code) =>
  code < 33 || code > 126
    ? seen.noQuality
    : code < 59
      ? seen.onlyPhred33
      : code > 104
        ? seen.abovePhred64
        : code > 79
          ? seen.abovePhred33
          : 0,
)
/** The longest name that SAM has room for. */
const longestName = 254

/** The reads of one mate, counted. */
class Mate {
  reads = 0
  bases = 0
  min = Number.POSITIVE_INFINITY
  max = 0
  /** Which mate its first read says that it is, by "/1" or " 1:N:0:…". */
  says: 1 | 2 | undefined
  /** Of all its bases. */
  readonly sum = new ContentSum()
  /** Bits of all its bases and qualities. */
  private bits = 0
  private rest = Buffer.alloc(0)
  private from = 0
  private ended = false
  private readonly chunks: AsyncGenerator<Buffer>
  readonly label: string
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
        if (this.reads === 0 && left.includes(return_) && left.indexOf(newline) === left.length - 1)
          throw new Fault(
            `The ${this.label} has line ends of old Macs (CR alone), which no aligner reads. Turn them: gzip -dc x.fastq.gz | tr '\\r' '\\n' | gzip > y.fastq.gz`,
          )
        if (left.some(byte => byte !== newline && byte !== return_))
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
        `${which} (${shown(name)}) has "${shown(separator)}" as third line, right is "+". ${separator.length > 0 && separator.every(byte => (baseBits[byte]! & seen.noBase) === 0) ? 'Its bases run over several lines. Give each read four: seqtk seq -l0 x.fastq.gz | gzip > y.fastq.gz' : 'Make the file again from its source.'}`,
      )
    if (sequence.length !== quality.length)
      throw new Fault(
        `${which} (${shown(name)}) has ${sequence.length} bases and ${quality.length} qualities, there must be as many. Make the file again from its source.`,
      )
    let bits = 0
    for (let n = 0; n < sequence.length; n++) bits |= baseBits[sequence[n]!]! | qualityBits[quality[n]!]!
    if ((bits & (seen.uracil | seen.noBase | seen.noQuality)) !== 0)
      throw new Fault(`${which} (${shown(name)}) ${oddity(sequence, quality)}`)
    this.bits |= bits
    if (this.reads === 0) this.says = mateIn(name)
    const word = nameOf(name)
    if (word.length > longestName)
      throw new Fault(
        `${which} has a name of ${word.length} characters, SAM has room for ${longestName}. Number the reads: ${edited('NR%4==1{$0="@r"(NR+3)/4}')}`,
      )
    if (word.length === 0 || word[0] === at)
      throw new Fault(
        word.length === 0
          ? `${which} has no name. Number the reads: ${edited('NR%4==1{$0="@r"(NR+3)/4}')}`
          : `${which} is named "${shown(word)}"; in SAM a line that begins with "@" is one of the header. Take it off: ${edited('NR%4==1{sub(/^@@+/,"@")}')}`,
      )
    this.reads++
    this.bases += sequence.length
    this.sum.add(sequence)
    this.min = Math.min(this.min, sequence.length)
    this.max = Math.max(this.max, sequence.length)
    return { name: word, sequence }
  }
  /** What only all reads together tell. */
  verdict(): void {
    if (this.reads > 0 && (this.bits & seen.base) === 0)
      throw new Fault(
        `The ${this.label} holds nothing but N: the sequencer called no base. Leave the lane out, or give the other mate alone.`,
      )
    if ((this.bits & (seen.onlyPhred33 | seen.abovePhred33 | seen.abovePhred64)) === seen.abovePhred33)
      throw new Fault(
        `The qualities of the ${this.label} lie between ";" and "h", as older sequencers wrote them (Phred+64); all programs here read Phred+33. Turn them: seqtk seq -Q64 -V x.fastq.gz | gzip > y.fastq.gz`,
      )
  }
}
/** What is wrong with the first byte that is neither base nor quality. */
function oddity(sequence: Buffer, quality: Buffer): string {
  const base = sequence.find(byte => (baseBits[byte]! & (seen.uracil | seen.noBase)) !== 0)
  if (base !== undefined && (baseBits[base]! & seen.uracil) !== 0)
    return `holds "${String.fromCharCode(base)}", the uracil of RNA, which aligners take for N. Write T: ${edited('NR%4==2{gsub(/U/,"T");gsub(/u/,"t")}')}`
  if (base !== undefined) return `holds "${shown(Buffer.of(base))}" (byte ${base}), which is no base. Make the file again from its source.`
  const code = quality.find(byte => (qualityBits[byte]! & seen.noQuality) !== 0)
  return `has a quality of byte ${code}; qualities are the characters from "!" (33) to "~" (126). Make the file again from its source.`
}
/** A command that writes the file anew with its lines changed by awk. */
const edited = (program: string) => `gzip -dc x.fastq.gz | awk '${program}1' | gzip > y.fastq.gz`

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

/** Why two mates have different names, and what to do. */
function mismatch(read: number, a: string, b: string): string {
  const what = `Read ${read} is "${a}" in the first mate and "${b}" in the second`
  const [, stem, sign = '', one = '', two = ''] = /^(.*)([._/:])(\w+)\n\1\2(\w+)$/.exec(`${a}\n${b}`) ?? []
  if (stem !== undefined && one === '1' && (two === '2' || two === '3'))
    return `${what}: the names end with the number of the ${two === '3' ? 'read' : 'mate'}, which aligners know only as /1 and /2. Take it off both files: ${edited(`NR%4==1{sub(/[${sign}][123]$/,"",$1)}`)}`
  if (stem === undefined && b === `${a}/3`)
    return `${what}: it is the third read of its cluster, whose second was an index. If it is the second mate, take the number off its file: ${edited('NR%4==1{sub(/[/]3$/,"",$1)}')}`
  return `${what}; mates come in the same order under the same name. Give the two files of one lane, or pair them again (seqkit pair).`
}
const count = ({ reads, bases, min, max, sum }: Mate) => ({ reads, bases, length: { min: reads === 0 ? 0 : min, max }, sum: `${sum}` })

async function checkSingle(report: string, path: string): Promise<void> {
  const file = new Mate(path, 'file')
  let read = file.atHand() ?? (await file.next())
  const first = read && Buffer.from(read.name)
  while (read) {
    read = file.atHand() ?? (await file.next())
    if (file.reads === 2 && read && first?.equals(read.name))
      throw new Fault(
        `Reads 1 and 2 of the file have the same name, "${shown(first)}": it holds both mates by turns, and single reads are asked for. Give it where interleaved reads are taken.`,
      )
  }
  if (file.reads === 0 && !mayBeEmpty)
    throw new Fault('The file is empty: it holds no read. A FASTQ holds at least one. Copy it again, or leave the lane out.')
  file.verdict()
  await writeFile(report, `${JSON.stringify({ first: count(file) }, null, 2)}\n`)
}
async function check(report: string, firstPath: string, secondPath: string): Promise<void> {
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
    if (!a.name.equals(b.name)) throw new Fault(mismatch(first.reads, shown(a.name), shown(b.name)))
  }
  if (first.reads === 0 && !mayBeEmpty)
    throw new Fault('Both mates are empty: they hold no read. A FASTQ holds at least one. Copy them again, or leave the lane out.')
  for (const mate of mates) mate.verdict()
  if (alike && first.reads > 0)
    throw new Fault(
      'Both mates hold the same reads: it is one file given twice, or a copy. Give the files of the first and the second mate.',
    )
  const [short, long] = first.max < second.max ? [first, second] : [second, first]
  if (short.max <= longestIndex && long.max >= 2 * longestIndex)
    throw new Fault(
      `The ${short.label} has reads of at most ${short.max} bases, the ${long.label} of up to ${long.max}: these are index reads or UMIs (I1, I2), no mates. Give the file of the mate (R1, R2).`,
    )
  await writeFile(report, `${JSON.stringify({ first: count(first), second: count(second) }, null, 2)}\n`)
}
/** Indexes and UMIs are shorter than any read that can be placed. */
const longestIndex = 24

const words = process.argv.slice(2)
const mayBeEmpty = words[0] === '--may-be-empty'
const [report = '', first = '', second] = mayBeEmpty ? words.slice(1) : words
try {
  if (second === undefined) await checkSingle(report, first)
  else await check(report, first, second)
} catch (error) {
  if (!(error instanceof Fault)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
