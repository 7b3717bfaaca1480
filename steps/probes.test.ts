import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import type { FileKind } from 'trireme-bio'
import {
  anyBam,
  anyCram,
  bam,
  bed,
  fasta,
  fastq,
  fastqPair,
  html,
  indexedBam,
  indexedFasta,
  indexedVcf,
  interleavedFastq,
  json,
  leftFastq,
  plainFastq,
  vcf,
} from 'trireme-bio/kinds'
import { describe, expect, it } from 'vitest'
import { bgzfStart } from './bgzf.ts'
import { bamFile, bgzf, fastaFile, fastqFiles, folder, genome, indexedBamFile, pairs, phage, samText, vcfFile } from './tiny.ts'

const at = folder()
const written = (name: string, content: string | Buffer) => {
  const file = path.join(at, name)
  writeFileSync(file, content)
  return file
}
/** The fault that the kind's probe finds. */
const fault = (kind: FileKind, file: string, parts: Readonly<Record<string, string>> = {}, reference?: string) =>
  kind.probe!({
    path: file,
    facts: kind.facts as Readonly<Record<string, unknown>>,
    companions: kind.companions.map(suffix => file + suffix),
    parts,
    same: fact => (fact === 'reference' ? reference : undefined),
  })
const copy = (file: string, name: string) => {
  const to = path.join(at, name)
  cpSync(file, to)
  return to
}
const genomeFile = fastaFile(at)
const sorted = indexedBamFile(at, 'sorted', samText(pairs(), 's'))['']

describe('BAM', () => {
  it('is sound', async () => {
    expect(await fault(indexedBam({}), sorted, {}, genomeFile)).toBeUndefined()
    expect(await fault(anyBam, bamFile(at, 'plain', samText(pairs(), 's')))).toBeUndefined()
  })
  it('is not text', async () => {
    expect(await fault(anyBam, genomeFile)).toBe('is not a BAM: its first bytes are 3e 67 69 7c, a BAM starts with BGZF (1f 8b 08 04)')
    expect(await fault(anyBam, written('none.bam', ''))).toBe(
      'is not a BAM: its first bytes are none, a BAM starts with BGZF (1f 8b 08 04)',
    )
    expect(await fault(anyBam, vcfFile(at, 'calls', [])[''])).toBe('is not a BAM: it is BGZF, but what it holds does not start with "BAM"')
  })
  it('is not cut off', async () => {
    const cut = copy(sorted, 'cut.bam')
    truncateSync(cut, readFileSync(cut).length - 28)
    expect(await fault(anyBam, cut)).toBe('is cut off: the BGZF end-of-file block is missing. Copy or make it again')
  })
  it('is in the order that its kind says', async () => {
    const unsorted = bamFile(at, 'unsorted', samText(pairs(), 's'))
    expect(await fault(bam({ sorted: 'coordinate' }), unsorted)).toBe(
      'should be sorted by coordinate, its header says unsorted. Sort it with samtools sort',
    )
    expect(await fault(bam({ sorted: 'coordinate' }), sorted)).toBeUndefined()
  })
  it('has the contigs of its reference', async () => {
    const shorter = folder()
    const reference = fastaFile(shorter, { ...genome, [phage]: genome[phage]!.slice(1) })
    expect(await fault(anyBam, sorted, {}, reference)).toBe(
      `is of another reference: its contig 1 is "${phage}" of 2000 bases, the reference has "${phage}" of 1999 bases. Align to this reference, or give the one it was aligned to`,
    )
    expect(await fault(anyBam, sorted, {}, sorted)).toBeUndefined()
    execFileSync('bwa', ['index', '-p', path.join(shorter, 'index'), reference], { stdio: 'ignore' })
    expect(await fault(anyBam, sorted, {}, path.join(shorter, 'index'))).toContain('is of another reference')
  })
  it('has an index that is one, and not older', async () => {
    const stale = copy(sorted, 'stale.bam')
    copy(`${sorted}.bai`, 'stale.bam.bai')
    utimesSync(`${stale}.bai`, 1, 1)
    expect(await fault(indexedBam({}), stale)).toBe('is newer than its index .bai, which may belong to other content. Make the index again')
    writeFileSync(`${stale}.bai`, 'BAD')
    expect(await fault(indexedBam({}), stale)).toBe(
      'has an index .bai that is none: its first bytes are 42 41 44, right are 42 41 49 01. Make the index again',
    )
  })
})
it('CRAM', async () => {
  const cram = path.join(at, 'x.cram')
  execFileSync('samtools', ['view', '-C', '-T', genomeFile, '-o', cram, sorted])
  expect(await fault(anyCram, cram)).toBeUndefined()
  expect(await fault(anyCram, sorted)).toBe('is not a CRAM: its first bytes are 1f 8b 08 04, a CRAM starts with 43 52 41 4d')
  truncateSync(cram, readFileSync(cram).length - 38)
  expect(await fault(anyCram, cram)).toBe('is cut off: the CRAM end-of-file container is missing. Copy or make it again')
})
it('VCF', async () => {
  const calls = vcfFile(at, 'calls', [[phage, 5, 'A', 'C', 50, '0/1']])['']
  expect(await fault(indexedVcf({}), calls)).toBeUndefined()
  expect(await fault(vcf({}), sorted)).toBe('is not a VCF: it does not start with ##fileformat=VCF')
  expect(await fault(vcf({}), written('plain.vcf.gz', gzipSync('##fileformat=VCFv4.2\n')))).toContain(
    'is not a bgzipped VCF: its first bytes are 1f 8b 08 00',
  )
  const headless = written('headless.vcf.gz', bgzf('##fileformat=VCFv4.2\n##source=x\n'))
  expect(await fault(vcf({}), headless)).toBe('has no line of column names (#CHROM POS ID …). Copy or make it again')
})
it('FASTA', async () => {
  expect(await fault(indexedFasta({}), genomeFile)).toBeUndefined()
  expect(await fault(fasta, written('empty.fa', ''))).toBe('is empty. A FASTA holds at least one sequence')
  expect(await fault(fasta, written('gz.fa', gzipSync('>x\nA\n')))).toBe(
    'is compressed, and a plain FASTA is asked for. Unpack it with gzip -d',
  )
  expect(await fault(fasta, written('bad.fa', 'ACGT\n'))).toBe('is not a FASTA: it starts with "ACGT", a FASTA starts with ">"')
  expect(await fault(fasta, written('unnamed.fa', '>\nACGT\n'))).toBe('has a first sequence without a name. Put a name after ">"')
  copy(`${genomeFile}.fai`, 'other.fa.fai')
  expect(await fault(indexedFasta({}), written('other.fa', '>chr1\nA\n'))).toBe(
    'has an index .fai of another file. Make it with samtools faidx',
  )
  const odd = (name: string) => fault(indexedFasta({}), fastaFile(folder(), { chr1: 'ACGT', [name]: 'ACGT' }))
  expect(await odd('HLA-A*01:01')).toBeUndefined()
  for (const name of ['x,y', '#1', '$(touch', '"q"', 'é', '*a'])
    expect(await odd(name)).toBe(
      `has a contig named "${name}"; the SAM format allows letters, digits and !#$%&*+./:;=?@^_|~- in names, * and = not in front; # in front makes a comment of every line of a VCF or BED. Rename it`,
    )
})
it('FASTQ pair', async () => {
  const reads = fastqFiles(at, 'reads')
  const base = path.join(at, 'reads')
  expect(await fault(fastqPair, base, { ...reads })).toBeUndefined()
  expect(await fault(fastqPair, base, { ...reads, second: written('reads_empty', '') })).toBe(
    '(second) is empty. A FASTQ holds at least one read',
  )
  expect(await fault(fastqPair, base, { ...reads, second: written('reads_plain', '@r\nA\n+\nI\n') })).toContain(
    'is not gzip: its first bytes are 40 72 0a 41',
  )
  expect(await fault(fastqPair, base, { ...reads, second: written('reads_none', gzipSync('')) })).toBe(
    '(second) holds no read. A FASTQ holds at least one',
  )
  expect(await fault(fastqPair, base, { ...reads, second: written('reads_fa', gzipSync('>r\nA\n')) })).toBe(
    '(second) is not a FASTQ: it starts with ">r", a FASTQ starts with "@"',
  )
})
it('FASTQ files: single, by turns, plain, packed by other programs', async () => {
  const read = (name: string) => `@${name}\nA\n+\nI\n`
  const [single, turns] = [read('a 1:N:0') + read('b 1:N:0'), read('a/1') + read('a/2')]
  const files = { single, turns, packedSingle: gzipSync(single), packedTurns: gzipSync(turns) }
  const faults = async (kind: FileKind) =>
    Object.fromEntries(
      await Promise.all(Object.entries(files).map(async ([name, bytes]) => [name, await fault(kind, written(`q_${name}`, bytes))])),
    )
  const byTurns = 'holds both mates by turns, and single reads are asked for'
  const notGzip = 'is not gzip: its first bytes are 40 61 20 31, gzip starts with 1f 8b. Compress it with gzip'
  const notByTurns = 'does not hold mates by turns: its first two reads have different names. Give the second mate a file of its own'
  expect(await faults(fastq)).toMatchObject({ single: notGzip, packedSingle: undefined, packedTurns: byTurns })
  expect(await faults(plainFastq)).toEqual({ single: undefined, turns: byTurns, packedSingle: undefined, packedTurns: byTurns })
  expect(await faults(interleavedFastq)).toEqual({ single: notByTurns, turns: undefined, packedSingle: notByTurns, packedTurns: undefined })
  expect(await fault(fastq, written('one', gzipSync(read('a'))))).toBeUndefined()
  for (const [start, packer, ending] of [
    ['BZh9', 'bzip2', 'bz2'],
    ['\xfd7zXZ', 'xz', 'xz'],
    ['\x28\xb5\x2f\xfd', 'zstd', 'zst'],
  ] as const)
    expect(await fault(fastq, written('packed', Buffer.from(start, 'latin1')))).toBe(
      `is packed by ${packer}, which no tool here reads. Pack it anew: ${packer} -dc x.fastq.${ending} | gzip > x.fastq.gz`,
    )
  expect(await fault(leftFastq, written('none', gzipSync('')))).toBeUndefined()
})
it('BED, JSON, HTML', async () => {
  expect(await fault(bed, written('x.bed', '# words\ntrack name=x\nchr1\t0\t5\tname\r\n'))).toBeUndefined()
  expect(await fault(bed, written('x.bed', 'chr1 0 5\n'))).toBe(
    'is not a BED: line 1 is "chr1 0 5", a BED has contig, start and end between tabs, the latter two whole numbers. Make tabs of the spaces: tr -s " " "\\t" < x.bed > y.bed',
  )
  expect(await fault(bed, written('x.bed', 'chrom\tstart\tend\n'))).toBe(
    'is not a BED: line 1 is "chrom start end", a BED has contig, start and end between tabs, the latter two whole numbers',
  )
  expect(await fault(bed, written('x.bed', '\ufeffchr1\t0\t5\n'))).toBe(undefined)
  expect(await fault(bed, written('x.bed.gz', gzipSync('chr1\t0\t5\n')))).toBe(
    'is compressed, and a plain BED is asked for. Unpack it: gzip -dc x.bed.gz > x.bed',
  )
  expect(await fault(bed, written('x.bed', 'chr1\t5\t5\n'))).toBe(
    'has an empty region in line 1: 5 to 5. A BED counts from 0 and its end is not included',
  )
  expect(await fault(bed, written('x.bed', '# none\n'))).toBe('holds no region. A BED holds at least one')
  expect(await fault(json, written('x.json', '{"a": 1}\n'))).toBeUndefined()
  expect(await fault(json, written('x.json', '{"a": 1'))).toBe('is not JSON: it does not start and end with braces or brackets')
  expect(await fault(html, written('x.html', 'no'))).toBe('is not HTML: it does not start with "<"')
})
it('reads a header of any length in work that grows with it', async () => {
  for (const contigs of [50_000, 100_000, 200_000]) {
    const text = Array.from({ length: contigs }, (_, n) => `@SQ\tSN:scaffold_${n}\tLN:1000\n`).join('')
    let [handed, parses] = [0, 0]
    const whole = await bgzfStart(written('long.gz', bgzf(text)), start => {
      handed += start.length
      parses++
      return start.length >= text.length ? start.toString() : undefined
    })
    expect(whole).toBe(text)
    expect(handed).toBeLessThan(4 * text.length)
    expect(parses).toBeLessThan(12)
  }
})
