// Brings a genome into the one form that every tool reads alike, in one pass and constant memory, and refuses what cannot be mended.
//   node normalise.script.mjs GENOME OUT.fa REPORT.json NOTICE.txt LONGEST
// Writes OUT.fa, OUT.fa.fai, and OUT.fa.dict with the MD5 sum of each contig as it was given, which is what headers of BAM and CRAM hold;
// there the tag "nc" counts the bases that became others. OUT.fa.codes.tsv names each of these.
import { createHash } from 'node:crypto'
import { closeSync, createReadStream, openSync, readSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { ambiguous } from '../bases.ts'
import { bgzfFault } from '../bgzf.ts'
import { contigName } from '../contigs.ts'
import { gzipBehind } from '../gzip-behind.ts'
import { Fault, main } from '../script.ts'

/** Where a base became another. */
interface Place {
  readonly contig: string
  /** From 1. */
  readonly position: number
  readonly line: number
  readonly code: string
}
/** What was changed, and how much of it. */
export interface Report {
  readonly contigs: number
  readonly bases: number
  /** What was changed, in words; empty where the genome was in this form already. */
  readonly changes: readonly string[]
  /** Bases that stood for several bases or none, by code; each is a line of the table of codes. */
  readonly codes: Readonly<Record<string, number>>
  readonly places: readonly Place[]
  readonly lowerCase: number
  readonly uracil: number
  /** Lines that do not have the length of the others of their contig. */
  readonly raggedLines: number
  readonly blankLines: number
}

const width = 60
const shownPlaces = 20
const [newline, carriageReturn, greater] = [10, 13, 62]
/** What stands for several bases, or none: by IUPAC, X as older tools mask with it, and gaps. */
const codes = `${Object.keys(ambiguous).join('')}X-.`
const letter = (byte: number) => String.fromCharCode(byte)
/** The base that is written for a byte; 0 where the byte is none. */
const bases = new Uint8Array(256)
for (const base of 'ACGTN') bases.fill(base.charCodeAt(0), base.charCodeAt(0), base.charCodeAt(0) + 1)
// The first of the bases that a code allows, as VCF 4.3 asks for in REF (section 1.6.1.4); what is not known at all is N.
for (const code of codes) bases[code.charCodeAt(0)] = (ambiguous[code]?.[0] ?? 'N').charCodeAt(0)
bases['U'.charCodeAt(0)] = 'T'.charCodeAt(0)
for (let byte = 65; byte <= 90; byte++) bases[byte + 32] = bases[byte]!
const upper = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 97 && byte <= 122 ? byte - 32 : byte))
const isCode = Uint8Array.from({ length: 256 }, (_, byte) => (codes.includes(letter(upper[byte]!)) ? 1 : 0))
const protein = 'EFIJLOPQZ*'

const packers: readonly (readonly [start: string, name: string, unpack: string])[] = [
  ['425a68', 'bzip2', 'bunzip2'],
  ['fd377a58', 'xz', 'unxz'],
  ['28b52ffd', 'zstd', 'unzstd'],
  ['504b0304', 'zip', 'unzip'],
]
/** The content in chunks, unpacked where it is gzip; told by its first bytes, not by its name. */
async function* unpacked(path: string): AsyncGenerator<Buffer> {
  const start = startOf(path, 18)
  if (start.length === 0) throw new Fault('The reference is empty: it has 0 bytes. A FASTA holds at least one sequence. Copy it again.')
  const packer = packers.find(([magic]) => start.toString('hex').startsWith(magic))
  if (packer)
    throw new Fault(
      `The reference is packed by ${packer[1]}; plain FASTA, gzip and bgzip can be read. Unpack it with "${packer[2]}", or pack it again with bgzip.`,
    )
  const plain = createReadStream(path, { highWaterMark: 1 << 18 })
  if (start[0] !== 0x1f || start[1] !== 0x8b) return yield* plain
  // bgzip ends with an empty block; a file cut off between two blocks is a whole gzip file.
  const bgzip = start.toString('hex', 0, 4) === '1f8b0804' && start.toString('latin1', 12, 14) === 'BC'
  if (bgzip && (await bgzfFault(path, 'a bgzip file'))) throw new Fault(cutOff)
  const gunzip = createGunzip({ chunkSize: 1 << 18 })
  plain.on('error', error => gunzip.destroy(error))
  try {
    yield* plain.pipe(gunzip)
    // Where a part ends and no other begins, the decoder stops without a word: what follows may be contigs behind a hole in the file.
    const foreign = statSync(path).size - gunzip.bytesWritten
    if (foreign > 0 && (await gzipBehind(path, gunzip.bytesWritten)))
      throw new Fault(
        `The reference has a hole: behind ${gunzip.bytesWritten} bytes of gzip data come some that are no gzip, and more gzip data behind those. A part was lost where the file was copied or put together. Copy it again.`,
      )
    if (foreign > 0)
      throw new Fault(
        `The reference has ${foreign} bytes behind its gzip data that are no gzip; some programs stop there, others fail. Pack it anew: gzip -dc x.fa.gz | gzip > y.fa.gz`,
      )
  } catch (error) {
    if (error instanceof Fault) throw error
    const { code = '', message } = error as NodeJS.ErrnoException // streams fail with system or zlib errors
    if (code === 'Z_BUF_ERROR') throw new Fault(cutOff)
    if (code.startsWith('Z_'))
      throw new Fault(`The reference is damaged: ${message} in its gzip data. A whole file passes "gzip -t". Copy it again.`)
    throw error
  }
}
const cutOff = 'The reference is cut off: its gzip data end in the middle. A whole file passes "gzip -t". Copy it again.'
function startOf(path: string, length: number): Buffer {
  const file = openSync(path, 'r')
  try {
    const buffer = Buffer.alloc(length)
    return buffer.subarray(0, readSync(file, buffer, 0, length, 0))
  } finally {
    closeSync(file)
  }
}
const printable = (text: string) => text.slice(0, 60).replace(/\p{C}/gu, '?')

class Normaliser {
  private line = 1
  /** Bytes of the header line so far; undefined within a sequence. */
  private header: Buffer[] | undefined
  private lastWasReturn = false
  private readonly names = new Map<string, number>()
  private contig = ''
  private length = 0
  /** Bases of this contig that became others. */
  private changed = 0
  private sum = createHash('md5')
  /** Where the sequence of this contig begins in what is written, and how much is written in all. */
  private offset = 0
  private written = 0
  private readonly waiting: Buffer[] = []
  private column = 0
  // Of the contig's lines: bases of this one, of the first, and whether a shorter one came already.
  private inLine = 0
  private firstLine = 0
  private shortLine = false
  private whitespace = false
  private readonly seen = new Float64Array(256)
  private readonly index: string[] = []
  private readonly dictionary = ['@HD\tVN:1.6\tSO:unsorted\n']
  private total = 0
  private ragged = 0
  private blank = 0
  private sawReturn = false
  private readonly places: Place[] = []
  private readonly table: string[] = []
  private readonly out: number
  private readonly codes: number
  private readonly to: string
  private readonly longest: number

  constructor(to: string, longest: number) {
    this.to = to
    this.longest = longest
    this.out = openSync(to, 'w')
    this.codes = openSync(`${to}.codes.tsv`, 'w')
    this.table.push('contig\tposition\tcode\tbase\n')
  }

  /** Takes the next bytes of the genome. */
  take(chunk: Buffer): void {
    const written = Buffer.allocUnsafe(chunk.length + Math.ceil(chunk.length / width)) // a line break more for every line
    const original = Buffer.allocUnsafe(chunk.length)
    const { seen } = this
    let [w, o, from] = [0, 0, 0]
    const flush = () => {
      if (w > from) this.write(written.subarray(from, w))
      if (o > 0) this.sum.update(original.subarray(0, o))
      this.length += o
      from = w
      o = 0
    }
    for (let n = 0; n < chunk.length; n++) {
      const byte = chunk[n]!
      if (this.header !== undefined) {
        const end = lineEnd(chunk, n)
        this.header.push(chunk.subarray(n, end))
        n = end
        if (n === chunk.length) break
        flush()
        this.begin(Buffer.concat(this.header).toString('utf8'))
        this.header = undefined
        this.endLine(chunk[n]!, false)
        continue
      }
      if (bases[byte] !== 0) {
        if (this.contig === '') this.refuseStart(chunk.subarray(n))
        // The bases to the end of the line, in a loop of its own over locals: four times as fast.
        let column = this.column
        const first = o
        let at = n
        for (let base = 0; at < chunk.length; at++) {
          const byte = chunk[at]!
          base = bases[byte]!
          if (base === 0) break
          seen[byte]!++
          const given = upper[byte]!
          if (given !== base) this.change(byte, o)
          original[o++] = given
          written[w++] = base
          if (++column === width) {
            written[w++] = newline
            column = 0
          }
        }
        n = at - 1
        this.column = column
        this.inLine += o - first
        this.lastWasReturn = false
      } else if (byte === newline || byte === carriageReturn) this.endLine(byte, true)
      else if (byte === greater && this.inLine === 0) {
        flush()
        this.end()
        this.header = []
        this.lastWasReturn = false
      } else if (byte === 32 || byte === 9) this.whitespace = true
      else if (this.contig === '') this.refuseStart(chunk.subarray(n))
      else this.refuse(byte)
    }
    flush()
    this.save()
  }
  /** Notes a base that becomes another. `before`: bases of the contig in this chunk that came before it. */
  private change(byte: number, before: number): void {
    this.changed++
    const position = this.length + before + 1
    this.table.push(`${this.contig}\t${position}\t${letter(upper[byte]!)}\t${letter(bases[byte]!)}\n`)
    if (isCode[byte] === 1 && this.places.length < shownPlaces)
      this.places.push({ contig: this.contig, position, line: this.line, code: letter(byte) })
  }
  /** Ends a line: CR LF is one end. */
  private endLine(byte: number, ofBases: boolean): void {
    const second = byte === newline && this.lastWasReturn
    this.lastWasReturn = byte === carriageReturn
    if (byte === carriageReturn) this.sawReturn = true
    if (second) return
    this.line++
    if (!ofBases) return
    if (this.inLine === 0) this.blank++
    else {
      if (this.shortLine || (this.firstLine > 0 && this.inLine > this.firstLine)) this.ragged++
      if (this.firstLine === 0) this.firstLine = this.inLine
      this.shortLine = this.inLine < this.firstLine
    }
    this.inLine = 0
  }
  private begin(header: string): void {
    const [name = ''] = header.split(/\s/, 1)
    const where = `Line ${this.line} of the reference`
    if (name === '')
      throw new Fault(`${where} has no name behind ">". A name of one word begins each sequence, such as ">chr1". Give it one.`)
    if (!contigName.test(name))
      throw new Fault(
        `${where} names a contig "${printable(name)}". SAM allows letters, digits and !#$%&*+./:;=?@^_|~- in names, without * and = in front; a # in front makes a comment of every line of a VCF or BED. Rename it, here and in what belongs to it.`,
      )
    const before = this.names.get(name)
    if (before !== undefined)
      throw new Fault(
        `${where} names a contig "${name}", as line ${before} does. A name is what stands before the first space, and each contig has its own. Rename one, or remove one of them.`,
      )
    this.names.set(name, this.line)
    this.contig = name
    this.length = 0
    this.changed = 0
    this.firstLine = 0
    this.shortLine = false
    this.sum = createHash('md5')
    this.write(Buffer.from(`>${name}\n`))
    this.offset = this.written
  }
  private write(bytes: Buffer): void {
    this.waiting.push(bytes)
    this.written += bytes.length
  }
  private save(): void {
    writeAll(this.out, Buffer.concat(this.waiting))
    this.waiting.length = 0
    if (this.table.length > 0) writeAll(this.codes, Buffer.from(this.table.join('')))
    this.table.length = 0
  }
  private end(): void {
    if (this.contig === '') return
    const { contig, length } = this
    if (length === 0)
      throw new Fault(
        `The contig "${contig}" of the reference (line ${this.names.get(contig)}) has no bases. Each contig has at least one. Remove its line, or copy the file again.`,
      )
    if (length > this.longest)
      throw new Fault(
        `The contig "${contig}" of the reference has ${length} bases; the indexes in use reach to base ${this.longest}. Cut it into pieces that are shorter, at a run of N for instance, and name each.`,
      )
    if (this.column > 0) this.write(Buffer.from('\n'))
    this.column = 0
    this.total += length
    const line = Math.min(width, length)
    this.index.push(`${contig}\t${length}\t${this.offset}\t${line}\t${line + 1}\n`)
    this.dictionary.push(`@SQ\tSN:${contig}\tLN:${length}\tM5:${this.sum.digest('hex')}${this.changed > 0 ? `\tnc:${this.changed}` : ''}\n`)
  }
  private refuse(byte: number): never {
    const said = letter(byte)
    const remedy = protein.includes(letter(upper[byte]!))
      ? 'These look like proteins: give the nucleotides.'
      : 'Correct the line, or give the FASTA itself.'
    throw new Fault(
      `Line ${this.line} of the reference, contig "${this.contig}": "${printable(said)}" is no base. Bases are A, C, G, T or U, N, the IUPAC codes R, Y, S, W, K, M, B, D, H, V, and - or . for a gap. ${remedy}`,
    )
  }
  private refuseStart(rest: Buffer): never {
    const first = printable(rest.toString('latin1', 0, lineEnd(rest, 0)))
    throw new Fault(
      `The reference is not a FASTA: its first line begins with "${first.slice(0, 30)}", a FASTA begins with ">" and a name. Give the genome as FASTA.`,
    )
  }
  /** Ends the genome and writes what belongs to it. */
  close(): { readonly report: Report; readonly otherBases: readonly string[] } {
    if (this.header !== undefined) this.begin(Buffer.concat(this.header).toString('utf8'))
    if (this.contig === '')
      throw new Fault('The reference holds no sequence; a FASTA has ">" and a name, and lines of bases. Copy it again.')
    this.end()
    this.save()
    closeSync(this.out)
    closeSync(this.codes)
    writeFileSync(`${this.to}.fai`, this.index.join(''))
    writeFileSync(`${this.to}.dict`, this.dictionary.join(''))
    return this.report()
  }
  private report(): { readonly report: Report; readonly otherBases: readonly string[] } {
    const count = (wanted: (byte: number) => boolean) => this.seen.reduce((sum, n, byte) => (wanted(byte) ? sum + n : sum), 0)
    const found = Object.fromEntries(
      [...codes].map(code => [code, count(byte => letter(upper[byte]!) === code)] as const).filter(([, n]) => n > 0),
    )
    const sum = (wanted: (code: string) => boolean) => Object.entries(found).reduce((sum, [code, n]) => (wanted(code) ? sum + n : sum), 0)
    const [several, unknown] = [sum(code => code in ambiguous), sum(code => !(code in ambiguous))]
    const listed = (wanted: (code: string) => boolean) =>
      Object.entries(found)
        .filter(([code]) => wanted(code))
        .map(([code, n]) => `${n} ${code}`)
        .join(', ')
    const lowerCase = count(byte => byte >= 97)
    const uracil = count(byte => letter(upper[byte]!) === 'U')
    const first = this.places[0]
    const said = (n: number, one: string, more: string) => `${n} ${n === 1 ? one : more}`
    const otherBases = [
      ...(several > 0
        ? [
            `${said(several, 'code', 'codes')} for several bases (${listed(of => of in ambiguous)}) became the first of these bases, as VCF asks for (R is A); an allele that a code allows is no variant`,
          ]
        : []),
      ...(unknown > 0
        ? [`${said(unknown, 'gap or mask', 'gaps and masks')} (${listed(of => !(of in ambiguous))}) became N: no variant is called there`]
        : []),
      ...(first ? [`the first of these is "${first.code}" at base ${first.position} of "${first.contig}"`] : []),
      ...(uracil > 0 ? [`${said(uracil, 'U', 'U')} became T`] : []),
    ]
    const otherForm = [
      ...(lowerCase > 0 ? [`${said(lowerCase, 'base', 'bases')} in lower case became upper case`] : []),
      ...(this.ragged > 0 ? [`${said(this.ragged, 'line', 'lines')} of another length than the others`] : []),
      ...(this.blank > 0 ? [`${said(this.blank, 'blank line', 'blank lines')} left out`] : []),
      ...(this.sawReturn ? ['line ends of Windows or old Macs became those of Unix'] : []),
      ...(this.whitespace ? ['spaces and tabs between bases left out'] : []),
    ]
    const report = {
      ...{ contigs: this.names.size, bases: this.total, changes: [...otherBases, ...otherForm], codes: found, places: this.places },
      ...{ lowerCase, uracil, raggedLines: this.ragged, blankLines: this.blank },
    }
    return { report, otherBases }
  }
}
function writeAll(file: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done)
}
/** Where the line that begins at `from` ends; the chunk's length where it goes on. */
function lineEnd(chunk: Buffer, from: number): number {
  const feed = chunk.indexOf(newline, from)
  const end = feed < 0 ? chunk.length : feed
  const back = chunk.subarray(from, end).indexOf(carriageReturn) // within the line alone: a chunk may hold thousands
  return back < 0 ? end : from + back
}

await main(async () => {
  const [genome = '', to = '', report = '', notice = '', longest = ''] = process.argv.slice(2)
  if (statSync(genome).isDirectory()) throw new Fault('The reference is a folder. Give the FASTA file itself.')
  const normaliser = new Normaliser(to, Number(longest))
  let first = true
  for await (const chunk of unpacked(genome)) {
    const bom = first && chunk.toString('hex', 0, 3) === 'efbbbf' // the mark that Windows puts before UTF-8
    normaliser.take(bom ? chunk.subarray(3) : chunk)
    first = false
  }
  const done = normaliser.close()
  writeFileSync(report, `${JSON.stringify(done.report, null, 2)}\n`)
  // Case and lines are no news at the end of every run; other bases are.
  if (done.otherBases.length > 0)
    writeFileSync(
      notice,
      `Bases of the genome were changed before it was used:\n${done.otherBases.map(change => `- ${change}\n`).join('')}`,
    )
})
