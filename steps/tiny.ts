import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'

// Tiny data for tests of steps, made in code so that a test can say where every variant lies. Contig names are as hostile as real ones.

/** A folder of its own for a test's files. */
export const folder = (): string => mkdtempSync(path.join(os.tmpdir(), 'trireme-tiny-'))

/** Park and Miller's generator: the same numbers on every machine. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
}
function bases(length: number, seed: number): string {
  const next = numbers(seed)
  return Array.from({ length }, () => 'ACGT'[next(4)]).join('')
}
export const phage = 'gi|9626243|ref|NC_001416.1|'
export const hla = 'HLA-A*01:01:01:01'
/** The genome: sequence by contig. */
export const genome: Readonly<Record<string, string>> = { [phage]: bases(2000, 7), [hla]: bases(800, 8) }
/** Another base than the genome's: a SNP. Positions count from 1. */
export const other = (contig: string, position: number): string => ({ A: 'C', C: 'G', G: 'T', T: 'A' })[genome[contig]![position - 1]!]!

export function fastaFile(at: string, sequences = genome): string {
  const file = path.join(at, 'genome.fa')
  const wrapped = (sequence: string) => sequence.match(/.{1,60}/g)!.join('\n')
  writeFileSync(
    file,
    Object.entries(sequences)
      .map(([name, sequence]) => `>${name} some words\n${wrapped(sequence)}\n`)
      .join(''),
  )
  execFileSync('samtools', ['faidx', file])
  execFileSync('samtools', ['dict', '-o', `${file}.dict`, file])
  writeFileSync(`${file}.codes.tsv`, 'contig\tposition\tcode\tbase\n')
  return file
}
/** What a genome of `fastaFile` and its companions are to a step that asks for a normalised one. */
export const normalisedFiles = (file: string): Readonly<Record<string, string>> =>
  Object.fromEntries(['', '.fai', '.dict', '.codes.tsv'].map(ending => [ending, `${file}${ending}`]))
/** A change of the sample against the genome, in place: as many bases as before. */
export interface Change {
  readonly contig: string
  readonly position: number
  readonly to: string
}
/** The sample's own sequences. */
export function changed(changes: readonly Change[]): Readonly<Record<string, string>> {
  const own = { ...genome }
  for (const { contig, position, to } of changes)
    own[contig] = own[contig]!.slice(0, position - 1) + to + own[contig]!.slice(position - 1 + to.length)
  return own
}
export interface Pair {
  readonly name: string
  readonly contig: string
  /** First bases of the two mates, from 1. */
  readonly starts: readonly [number, number]
  readonly sequences: readonly [string, string]
}
const readLength = 80
/** Pairs that tile every contig evenly, each base some 15 times. Both sequences as on the forward strand. */
export function pairs(changes: readonly Change[] = [], step = 10): readonly Pair[] {
  return Object.entries(changed(changes)).flatMap(([contig, sequence]) => {
    const all: Pair[] = []
    const at = (start: number) => sequence.slice(start - 1, start - 1 + readLength)
    for (let start = 1; start + 2 * readLength + 40 <= sequence.length + 1; start += step) {
      const second = start + readLength + 40
      all.push({
        name: `${all.length}:${Object.keys(genome).indexOf(contig)}`,
        contig,
        starts: [start, second],
        sequences: [at(start), at(second)],
      })
    }
    return all
  })
}
const reversed = (sequence: string) =>
  [...sequence]
    .reverse()
    .map(base => ({ A: 'T', C: 'G', G: 'C', T: 'A', N: 'N' })[base]!)
    .join('')

export function fastqFiles(at: string, name: string, from: readonly Pair[] = pairs()): { readonly first: string; readonly second: string } {
  const written = (mate: 1 | 2) => {
    const file = path.join(at, `${name}_${mate}.fastq.gz`)
    const reads = from.map(
      ({ name, sequences }) =>
        `@${name}/${mate}\n${mate === 1 ? sequences[0] : reversed(sequences[1])}\n+\n${'I'.repeat(sequences[mate - 1]!.length)}\n`,
    )
    writeFileSync(file, gzipSync(reads.join('')))
    return file
  }
  return { first: written(1), second: written(2) }
}
/** What a SAM says of pairs, mates together. */
export function samText(from: readonly Pair[], sample: string, order = 'unsorted', tags = ''): string {
  const header = [
    `@HD\tVN:1.6\tSO:${order}`,
    ...Object.entries(genome).map(([name, sequence]) => `@SQ\tSN:${name}\tLN:${sequence.length}`),
    `@RG\tID:${sample}.lane\tSM:${sample}\tPL:ILLUMINA`,
  ]
  const quality = 'I'.repeat(readLength)
  const records = from.flatMap(({ name, contig, starts, sequences }) => {
    const span = starts[1] + readLength - starts[0]
    const shared = ['60', `${readLength}M`, '=']
    const end = [quality, `RG:Z:${sample}.lane`, ...(tags === '' ? [] : [tags])]
    return [
      [name, '99', contig, starts[0], ...shared, starts[1], span, sequences[0], ...end],
      [name, '147', contig, starts[1], ...shared, starts[0], -span, sequences[1], ...end],
    ]
  })
  return `${[...header, ...records.map(record => record.join('\t'))].join('\n')}\n`
}
export function bamFile(at: string, name: string, sam: string): string {
  const file = path.join(at, `${name}.bam`)
  execFileSync('samtools', ['view', '--no-PG', '-b', '-o', file], { input: sam })
  return file
}
/** A BAM sorted by coordinate, with its index beside it. */
export function indexedBamFile(at: string, name: string, sam: string): { readonly '': string; readonly '.bai': string } {
  const file = path.join(at, `${name}.bam`)
  execFileSync('samtools', ['sort', '--no-PG', '-o', file], { input: sam, stdio: ['pipe', 'ignore', 'ignore'] })
  execFileSync('samtools', ['index', file])
  return { '': file, '.bai': `${file}.bai` }
}
/** contig, position, REF, ALT, QUAL, genotypes by sample. */
export type Variant = readonly [contig: string, position: number, ref: string, alt: string, quality: number, ...genotypes: string[]]
export function vcfFile(
  at: string,
  name: string,
  variants: readonly Variant[],
  samples: readonly string[] = ['s'],
): { readonly '': string; readonly '.tbi': string } {
  const file = path.join(at, `${name}.vcf.gz`)
  const header = [
    '##fileformat=VCFv4.2',
    ...Object.entries(genome).map(([name, sequence]) => `##contig=<ID=${name},length=${sequence.length}>`),
    '##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth">',
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
    ['#CHROM', 'POS', 'ID', 'REF', 'ALT', 'QUAL', 'FILTER', 'INFO', 'FORMAT', ...samples].join('\t'),
  ]
  const records = variants.map(([contig, position, ref, alt, quality, ...genotypes]) =>
    [contig, position, '.', ref, alt, quality, '.', 'DP=20', 'GT', ...genotypes].join('\t'),
  )
  execFileSync('bcftools', ['view', '--no-version', '-O', 'z', '-o', file], { input: `${[...header, ...records].join('\n')}\n` })
  execFileSync('bcftools', ['index', '--tbi', '--force', file])
  return { '': file, '.tbi': `${file}.tbi` }
}
/** `contig:position ref>alt` and genotypes of every record of a VCF or BCF. */
export const variantsIn = (file: string): readonly string[] =>
  execFileSync('bcftools', ['query', '-f', '%CHROM:%POS %REF>%ALT[ %GT]\\n', file], { encoding: 'utf8' })
    .split('\n')
    .filter(line => line !== '')
/** A file's content, with compression undone. */
export const content = (file: string): string =>
  file.endsWith('.gz') ? execFileSync('gzip', ['-dc', file], { encoding: 'utf8', maxBuffer: 2 ** 28 }) : readFileSync(file, 'utf8')
/** A BAM as SAM text with its header. */
export const samOf = (file: string): string =>
  execFileSync('samtools', ['view', '--no-PG', '-h', file], { encoding: 'utf8', maxBuffer: 2 ** 28 })
/** BGZF as bgzip writes it: gzip members whose headers tell their size (SAM specification, section 4.1), and an empty one at the end. */
export function bgzf(text: string): Buffer {
  const bytes = Buffer.from(text)
  const blocks = Array.from({ length: Math.ceil(bytes.length / 60_000) }, (_, n) => {
    const block = gzipSync(bytes.subarray(60_000 * n, 60_000 * (n + 1))).subarray(10)
    const header = Buffer.from('1f8b08040000000000ff0600424302000000', 'hex')
    header.writeUInt16LE(header.length + block.length - 1, 16)
    return Buffer.concat([header, block])
  })
  return Buffer.concat([...blocks, Buffer.from('1f8b08040000000000ff0600424302001b0003000000000000000000', 'hex')])
}
