import { readFile, stat } from 'node:fs/promises'
import { constants, gunzipSync } from 'node:zlib'
import type { Probe, Probed } from 'trireme-bio'
import { bedComment, withoutMark } from './bed-lines.ts'
import { bgzfFault, bgzfStart, bytesAt, hex, startOf, withFile } from './bgzf.ts'
import { annContigs, bamHeader, contigFault, contigName, contigsOf, faiContigs } from './contigs.ts'

// Probes read the first and last blocks of a file, with no program but this one. Their words follow the file's name.

/** An index may be closed a moment before the file it belongs to: samtools writes the index, then the file's last block. */
const indexMayBeOlderMs = 10_000

async function staleIndex({ path, companions }: Probed): Promise<string | undefined> {
  const written = (await stat(path)).mtimeMs
  for (const index of companions)
    if ((await stat(index)).mtimeMs < written - indexMayBeOlderMs)
      return `is newer than its index ${ending(index)}, which may belong to other content. Make the index again`
  return undefined
}
const ending = (path: string) => path.slice(path.lastIndexOf('.'))

export const bamProbe: Probe = async file => {
  if (/^@(HD|SQ|RG|PG|CO)\t/.test((await startOf(file.path, 4)).toString('latin1')))
    return 'is SAM, the text form, and a BAM is asked for. Make one of it: samtools view -b -o x.bam x.sam'
  const fault = await bgzfFault(file.path, 'a BAM')
  if (fault) return fault
  const magic = await bgzfStart(file.path, start => (start.length >= 4 ? start.toString('latin1', 0, 4) : undefined))
  if (magic !== 'BAM\x01') return `is not a BAM: it is BGZF, but what it holds does not start with "BAM"`
  const header = await bamHeader(file.path)
  if (!header) return 'has a header that cannot be read. Copy or make it again'
  const { sorted } = file.facts
  if (typeof sorted === 'string' && sorted !== 'unsorted' && header.order !== sorted)
    return `should be sorted by ${sorted}, its header says ${header.order ?? 'nothing of its order'}. Sort it with samtools sort`
  const reference = file.same('reference')
  const want = reference === undefined ? undefined : await contigsOf(reference)
  const foreign = want && contigFault(header.contigs, want)
  return foreign ?? indexFault(file, 'BAI\x01')
}
async function indexFault(file: Probed, magic: string): Promise<string | undefined> {
  for (const index of file.companions) {
    const first = await startOf(index, 4)
    if (first.toString('latin1') !== magic)
      return `has an index ${ending(index)} that is none: its first bytes are ${hex(first)}, right are ${hex(Buffer.from(magic, 'latin1'))}. Make the index again`
  }
  return staleIndex(file)
}

/** The 38 bytes that end every CRAM 3 file (CRAM specification, section 9). */
const cramEnd = Buffer.from('0f000000ffffffff0fe0454f4600000000010005bdd94f0001000606010001000100ee63014b', 'hex')
export const cramProbe: Probe = ({ path }) =>
  withFile(path, async (file, size) => {
    const first = await bytesAt(file, 0, 5)
    if (first.toString('latin1', 0, 4) !== 'CRAM')
      return `is not a CRAM: its first bytes are ${hex(first.subarray(0, 4))}, a CRAM starts with 43 52 41 4d`
    if (first[4] !== 3) return undefined
    const last = await bytesAt(file, Math.max(0, size - cramEnd.length), cramEnd.length)
    return last.equals(cramEnd) ? undefined : 'is cut off: the CRAM end-of-file container is missing. Copy or make it again'
  })

export const vcfProbe: Probe = async file => {
  const fault = await bgzfFault(file.path, 'a bgzipped VCF')
  if (fault) return fault
  const first = await bgzfStart(file.path, start => (start.length >= 16 ? start.toString('latin1', 0, 16) : undefined))
  if (first !== '##fileformat=VCF') return 'is not a VCF: it does not start with ##fileformat=VCF'
  const columns = await bgzfStart(file.path, start => {
    const at = start.lastIndexOf('\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO')
    return at >= 0 && start.indexOf('\n', at + 1) > 0 ? true : undefined
  })
  if (!columns) return 'has no line of column names (#CHROM POS ID …). Copy or make it again'
  for (const index of file.companions) {
    const magic = await bgzfStart(index, start => (start.length >= 4 ? start.toString('latin1', 0, 4) : undefined))
    if (magic !== 'TBI\x01') return `has an index ${ending(index)} that is no tabix index. Make it with bcftools index --tbi`
  }
  return staleIndex(file)
}
export const bcfProbe: Probe = async ({ path }) => {
  const fault = await bgzfFault(path, 'a BCF')
  if (fault) return fault
  const magic = await bgzfStart(path, start => (start.length >= 3 ? start.toString('latin1', 0, 3) : undefined))
  return magic === 'BCF' ? undefined : 'is not a BCF: it is BGZF, but what it holds does not start with "BCF"'
}

export const fastaProbe: Probe = async file => {
  const start = await startOf(file.path, 4096)
  const first = start.toString('latin1')
  if (first === '') return 'is empty. A FASTA holds at least one sequence'
  if (first.startsWith('\x1f\x8b')) return 'is compressed, and a plain FASTA is asked for. Unpack it with gzip -d'
  if (!first.startsWith('>')) return `is not a FASTA: it starts with "${printable(first)}", a FASTA starts with ">"`
  const name = /^>(\S*)/.exec(start.toString('utf8'))?.[1]
  if (!name) return 'has a first sequence without a name. Put a name after ">"'
  for (const index of file.companions) {
    if (ending(index) !== '.fai') continue
    const contigs = faiContigs(await readFile(index, 'utf8'))
    if (contigs?.[0]?.[0] !== name) return `has an index ${ending(index)} of another file. Make it with samtools faidx`
    // Aligners take any name; bcftools stops at a comma, and others are warned of in every header.
    const odd = contigs.find(([name]) => !contigName.test(name))?.[0]
    if (odd !== undefined)
      return `has a contig named "${odd}"; the SAM format allows letters, digits and !#$%&*+./:;=?@^_|~- in names, * and = not in front; # in front makes a comment of every line of a VCF or BED. Rename it`
  }
  return staleIndex(file)
}
/** Of a genome that is not normalised yet: the script that does that reads all of it, and tells what it cannot mend. */
export const anyFastaProbe: Probe = async ({ path }) => {
  const start = await startOf(path, 65_536)
  const packed = start[0] === 0x1f && start[1] === 0x8b
  const text = packed ? unpackedStart(start) : start.toString('latin1', 0, 80)
  if (text === undefined) return 'cannot be unpacked. Copy it again'
  if (text === '') return 'is empty. A FASTA holds at least one sequence'
  return undefined
}
/** Programs that pack files which no tool here reads, by the first bytes of what they write. */
const packers: Readonly<Record<string, readonly [name: string, ending: string]>> = {
  '425a68': ['bzip2', 'bz2'],
  fd377a: ['xz', 'xz'],
  '28b52f': ['zstd', 'zst'],
}
interface FastqStart {
  /** In words that follow "(first) ". */
  readonly fault?: string
  readonly empty?: boolean
  readonly packed?: boolean
  readonly bytes?: string
  /** Names of the first two reads, without "/1" and "/2". */
  readonly names?: readonly [string, string | undefined]
}
async function fastqStart(file: string): Promise<FastqStart> {
  const start = await startOf(file, 65_536)
  if (start.length === 0) return { fault: 'is empty. A FASTQ holds at least one read' }
  const [packer, ending] = packers[start.toString('hex', 0, 3)] ?? []
  if (packer)
    return {
      fault: `is packed by ${packer}, which no tool here reads. Pack it anew: ${packer} -dc x.fastq.${ending} | gzip > x.fastq.gz`,
    }
  const packed = start[0] === 0x1f && start[1] === 0x8b
  const text = packed ? unpackedStart(start) : start.toString('latin1')
  if (text === undefined) return { fault: 'cannot be unpacked. Copy it again' }
  if (text === '') return { empty: true, fault: 'holds no read. A FASTQ holds at least one' }
  if (!text.startsWith('@'))
    return {
      packed,
      fault: packed
        ? `is not a FASTQ: it starts with "${printable(text)}", a FASTQ starts with "@"`
        : `is not gzip: its first bytes are ${hex(start.subarray(0, 4))}, gzip starts with 1f 8b. Compress it with gzip`,
    }
  const [first = '', , , , second] = text.split('\n', 6)
  const name = (line: string) => /^@(\S*?)(?:\/[12])?(?:\s|$)/.exec(line)?.[1] ?? line
  return { packed, bytes: hex(start.subarray(0, 4)), names: [name(first), second?.startsWith('@') ? name(second) : undefined] }
}
type Want = (start: FastqStart) => string | undefined
const fastqFiles =
  (want: Want, mayBeEmpty = false): Probe =>
  async ({ parts, path }) => {
    const all = Object.entries(parts)
    for (const [name, part] of all.length > 0 ? all : [['', path] as const]) {
      const start = await fastqStart(part)
      const fault = start.empty && mayBeEmpty ? undefined : (start.fault ?? want(start))
      if (fault !== undefined) return `${name === '' ? '' : `(${name}) `}${fault}`
    }
    return undefined
  }
const gzipped: Want = ({ packed, bytes = '' }) =>
  packed ? undefined : `is not gzip: its first bytes are ${bytes}, gzip starts with 1f 8b. Compress it with gzip`
const byTurns = ({ names: [one, other] = ['', undefined] }: FastqStart) => one === other
const single: Want = start => (byTurns(start) ? 'holds both mates by turns, and single reads are asked for' : undefined)
export const fastqProbe = fastqFiles(gzipped)
/** Of reads that a program left: it may have left none. */
export const leftFastqProbe = fastqFiles(gzipped, true)
export const singleFastqProbe = fastqFiles(start => gzipped(start) ?? single(start))
export const plainFastqProbe = fastqFiles(() => undefined)
export const plainSingleFastqProbe = fastqFiles(single)
export const interleavedFastqProbe = fastqFiles(start =>
  byTurns(start)
    ? undefined
    : 'does not hold mates by turns: its first two reads have different names. Give the second mate a file of its own',
)
/** The first bytes of a gzip file; the rest is not there, and the decoder is told to do without. */
function unpackedStart(start: Buffer): string | undefined {
  try {
    return gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH }).toString('latin1', 0, 262_144)
  } catch {
    return undefined
  }
}
const printable = (text: string) => (text.split('\n', 1)[0] ?? '').slice(0, 30).replace(/[^ -~]/g, '?')

/** A bwa index is a set of five files; the .ann, a text, tells whether it is one. */
export const bwaIndexProbe: Probe = async ({ parts }) => {
  const ann = parts.ann ?? ''
  const contigs = annContigs(await readFile(ann, 'utf8'))
  return contigs?.every(([name, length]) => name !== '' && length > 0)
    ? undefined
    : 'is not a bwa index: its .ann does not list sequences. Make it with bwa index'
}
export const bedProbe: Probe = async ({ path }) => {
  const start = await startOf(path, 65_536)
  if (start[0] === 0x1f && start[1] === 0x8b) return 'is compressed, and a plain BED is asked for. Unpack it: gzip -dc x.bed.gz > x.bed'
  const lines = withoutMark(start.toString('utf8')).split('\n')
  const whole = lines.length > 1 ? lines.slice(0, -1) : lines // the last one may be cut
  let regions = 0
  for (const [n, line] of whole.entries()) {
    if (bedComment(line)) continue
    const [, start = '', end = ''] = line.replace(/\r$/, '').split('\t')
    if (!/^[0-9]+$/.test(start) || !/^[0-9]+$/.test(end))
      return `is not a BED: line ${n + 1} is "${printable(line.replaceAll('\t', ' '))}", a BED has contig, start and end between tabs, the latter two whole numbers${/^\S+ +[0-9]+ +[0-9]+(\s|$)/.test(line) ? '. Make tabs of the spaces: tr -s " " "\\t" < x.bed > y.bed' : ''}`
    if (Number(start) >= Number(end))
      return `has an empty region in line ${n + 1}: ${start} to ${end}. A BED counts from 0 and its end is not included`
    regions++
  }
  return regions > 0 ? undefined : 'holds no region. A BED holds at least one'
}
/** Starts and ends as JSON does: a report cut off in the middle is the fault that is looked for. */
export const jsonProbe: Probe = ({ path }) =>
  withFile(path, async (file, size) => {
    const first = (await bytesAt(file, 0, 64)).toString('latin1').trimStart()[0]
    const last = (await bytesAt(file, Math.max(0, size - 64), 64)).toString('latin1').trimEnd().at(-1)
    return (first === '{' && last === '}') || (first === '[' && last === ']')
      ? undefined
      : 'is not JSON: it does not start and end with braces or brackets'
  })
export const htmlProbe: Probe = async ({ path }) =>
  (await startOf(path, 64)).toString('latin1').trimStart().startsWith('<') ? undefined : 'is not HTML: it does not start with "<"'
/** torch.save writes a zip archive (since torch 1.6). */
export const checkpointProbe: Probe = async ({ path }) => {
  const start = await startOf(path, 4)
  return start.toString('latin1') === 'PK\x03\x04'
    ? undefined
    : `is not a checkpoint: its first bytes are ${hex(start)}, a checkpoint of torch is a zip archive and starts with 50 4b 03 04`
}
/** A state_dict, as a zip archive or as older torch pickled it, or safetensors: a length, and JSON. */
export const weightsProbe: Probe = async ({ path }) => {
  const start = await startOf(path, 9)
  const zipped = start.toString('latin1', 0, 4) === 'PK\x03\x04'
  return zipped || hex(start.subarray(0, 4)) === '80 02 8a 0a' || start[8] === 0x7b
    ? undefined
    : `is not weights: its first bytes are ${hex(start.subarray(0, 4))}. Give a state_dict that torch.save wrote (50 4b 03 04), or safetensors`
}
