import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { bgzfStart, startOf } from './bgzf.ts'

/**
 * Reference sequence names as the SAM specification allows them (section 1.2.1): `HLA-A*01:01:01:01` and `gi|9626243|ref|NC_001416.1|` are such
 * names. Less those with # in front: in a VCF, a BED and a table of regions such a line is a comment, and its calls vanish.
 */
export const contigName = /^[0-9A-Za-z!$%&+./:;?@^_|~-][0-9A-Za-z!#$%&*+./:;=?@^_|~-]*$/

/** One reference sequence: its name and length. */
export type Contig = readonly [name: string, length: number]
export interface BamHeader {
  /** SO of the @HD line, such as 'coordinate'; undefined where it is not said. */
  readonly order: string | undefined
  readonly contigs: readonly Contig[]
}

/** The header of a BAM; undefined when it cannot be read. */
export const bamHeader = (path: string): Promise<BamHeader | undefined> => bgzfStart(path, headerIn)
function headerIn(start: Buffer): BamHeader | undefined {
  if (start.length < 12) return undefined
  const textEnd = 8 + start.readUInt32LE(4)
  if (start.length < textEnd + 4) return undefined
  const contigs: Contig[] = []
  let at = textEnd + 4
  for (let left = start.readUInt32LE(textEnd); left > 0; left--) {
    if (start.length < at + 4) return undefined
    const nameEnd = at + 4 + start.readUInt32LE(at)
    if (start.length < nameEnd + 4) return undefined
    contigs.push([start.toString('utf8', at + 4, nameEnd - 1), start.readUInt32LE(nameEnd)])
    at = nameEnd + 4
  }
  const first = start.toString('utf8', 8, textEnd).split('\n', 1)[0] ?? ''
  return { order: /^@HD\t(?:.*\t)?SO:(\w+)/.exec(first)?.[1], contigs }
}

/** Contigs of a .fai; undefined when a line is not name, length, offset, bases and bytes a line. */
export function faiContigs(text: string): readonly Contig[] | undefined {
  const lines = text.split('\n').filter(line => line !== '')
  if (!lines.every(line => /^[^\t]+\t[0-9]+\t[0-9]+\t[0-9]+\t[0-9]+$/.test(line))) return undefined
  return lines.map(line => [line.split('\t', 1)[0]!, Number(line.split('\t')[1])])
}
/** Contigs of a bwa .ann: a line of totals, then two lines each, "gi name comment" and "offset length holes". */
export function annContigs(text: string): readonly Contig[] | undefined {
  const [totals = '', ...lines] = text.split('\n')
  if (!/^[0-9]+ [0-9]+ [0-9]+$/.test(totals)) return undefined
  return Array.from({ length: Number(totals.split(' ')[1]) }, (_, n) => [
    lines[2 * n]?.split(' ')[1] ?? '',
    Number(lines[2 * n + 1]?.split(' ')[1]),
  ])
}

/** Contigs of whatever file stands for the reference: an indexed FASTA, a bwa index, or a file aligned to it. Undefined where there is nothing cheap to read. */
export async function contigsOf(path: string): Promise<readonly Contig[] | undefined> {
  if (existsSync(`${path}.fai`)) return faiContigs(await readFile(`${path}.fai`, 'utf8'))
  if (existsSync(`${path}.ann`)) return annContigs(await readFile(`${path}.ann`, 'utf8'))
  if (!existsSync(path) || (await startOf(path, 4)).toString('hex') !== '1f8b0804') return undefined
  return path.endsWith('.bam') ? (await bamHeader(path))?.contigs : undefined
}
const shown = (contig: Contig | undefined) => (contig ? `"${contig[0]}" of ${contig[1]} bases` : 'none')
/** The first contig that differs, in words that follow the file's name. */
export function contigFault(got: readonly Contig[], want: readonly Contig[]): string | undefined {
  for (let n = 0; n < Math.max(got.length, want.length); n++) {
    if (got[n]?.[0] === want[n]?.[0] && got[n]?.[1] === want[n]?.[1]) continue
    return `is of another reference: its contig ${n + 1} is ${shown(got[n])}, the reference has ${shown(want[n])}. Align to this reference, or give the one it was aligned to`
  }
  return undefined
}
