import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { anyFasta } from 'trireme-bio/kinds'
import { bgzf, content, folder } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { normalise } from './normalise.ts'

const at = folder()
let files = 0
const file = (bytes: string | Buffer) => {
  const to = path.join(at, `${files++}.fa`)
  writeFileSync(to, bytes)
  return to
}
async function normalised(bytes: string | Buffer) {
  const { normalised, report, told } = await made(normalise({ genome: given('genome', anyFasta, file(bytes)) }))
  const [text, index, dictionary, codes] = ['', '.fai', '.dict', '.codes.tsv'].map(ending => content(`${normalised.path}${ending}`))
  return {
    text: text!,
    index: index!,
    dictionary: dictionary!,
    codes: codes!,
    report: JSON.parse(content(report.path)),
    told: told && content(told.path),
  }
}
const refused = (bytes: string | Buffer) => expect(normalised(bytes)).rejects
const md5 = (text: string) => createHash('md5').update(text).digest('hex')
const bases = 'ACGTTGCA'.repeat(20)

it('leaves a genome in this form as it is, and indexes it as samtools does', async () => {
  const text = `>a\n${bases.slice(0, 60)}\n${bases.slice(60, 120)}\n>b\n${bases.slice(0, 60)}\n>c\nN\n`
  const one = await normalised(text)
  expect(one.text).toBe(text)
  expect(one.report).toMatchObject({ contigs: 3, bases: 181, changes: [], codes: {} })
  const twin = file(text)
  execFileSync('samtools', ['faidx', twin])
  expect(one.index).toBe(content(`${twin}.fai`))
  expect(one.dictionary).toBe(
    execFileSync('samtools', ['dict', twin], { encoding: 'utf8' })
      .replace(/\tUR:.*/g, '')
      .replace('VN:1.0', 'VN:1.6'),
  )
})
it('mends codes, gaps, U, lower case, and tells so; sums are of what was given', async () => {
  const { text, dictionary, codes, report, told } = await normalised('>a words\nacgtRYSWKMBDHVX-.nNr\n>b\nACGUu\n')
  expect(text).toBe('>a\nACGTACCAGACAAANNNNNA\n>b\nACGTT\n')
  expect(dictionary).toContain(`@SQ\tSN:a\tLN:20\tM5:${md5('ACGTRYSWKMBDHVX-.NNR')}\tnc:14\n`)
  expect(dictionary).toContain(`@SQ\tSN:b\tLN:5\tM5:${md5('ACGUU')}\tnc:2\n`)
  expect(codes.split('\n').slice(0, 3)).toEqual(['contig\tposition\tcode\tbase', 'a\t5\tR\tA', 'a\t6\tY\tC'])
  expect(codes).toMatch(/\na\t15\tX\tN\na\t16\t-\tN\na\t17\t\.\tN\na\t20\tR\tA\nb\t4\tU\tT\nb\t5\tU\tT\n$/)
  expect(report.changes).toEqual([
    '11 codes for several bases (2 R, 1 Y, 1 S, 1 W, 1 K, 1 M, 1 B, 1 D, 1 H, 1 V) became the first of these bases, as VCF asks for (R is A); an allele that a code allows is no variant',
    '3 gaps and masks (1 X, 1 -, 1 .) became N: no variant is called there',
    'the first of these is "R" at base 5 of "a"',
    '2 U became T',
    '7 bases in lower case became upper case',
  ])
  expect(report.places[10]).toEqual({ contig: 'a', position: 15, line: 2, code: 'X' })
  // The end of a run tells of other bases, not of case.
  expect(told).toBe(
    `Bases of the genome were changed before it was used:\n${report.changes
      .slice(0, 4)
      .map((change: string) => `- ${change}\n`)
      .join('')}`,
  )
})
it('mends lines: ragged, blank, with spaces, of Windows and of old Macs', async () => {
  const lines = ['>a', 'ACGT', 'ACG', '', 'ACGTA', 'AC GT', '>b', 'A', '', '']
  const bom = '\ufeff'
  for (const end of ['\n', '\r\n', '\r']) {
    const { text, report, told } = await normalised(bom + lines.join(end))
    expect(told).toBeUndefined()
    expect(text).toBe('>a\nACGTACGACGTAACGT\n>b\nA\n')
    expect(report).toMatchObject({ raggedLines: 1, blankLines: 2 })
    expect(report.changes.slice(0, 2)).toEqual(['1 line of another length than the others', '2 blank lines left out'])
    expect(report.changes.join()).toContain('spaces and tabs between bases left out')
    expect(report.changes.includes('line ends of Windows or old Macs became those of Unix')).toBe(end !== '\n')
  }
})
it('reads gzip of several members and bgzip, whatever the name, and cuts nothing at the borders of chunks', async () => {
  const names = Array.from({ length: 2000 }, (_, n) => `contig-${n}|${'x'.repeat(n % 50)}`)
  const text = names
    .map(
      (name, n) =>
        `>${name}\n${bases
          .repeat(10)
          .slice(0, 700 + (n % 600))
          .replace(/.{60}/g, '$&\n')
          .trimEnd()}\n`,
    )
    .join('')
  const half = text.indexOf('\n', text.length / 2) - 7
  const plain = await normalised(text)
  expect(plain.text).toBe(text)
  expect((await normalised(Buffer.concat([gzipSync(text.slice(0, half)), gzipSync(text.slice(half))]))).text).toBe(text)
  const packed = bgzf(text)
  expect((await normalised(packed)).dictionary).toBe(plain.dictionary)
  const cut = file(packed)
  truncateSync(cut, packed.length - 28) // between two blocks: still a whole gzip file
  await refused(readFileSync(cut)).toThrow(cutOff)
  await refused(gzipSync(text).subarray(0, 5000)).toThrow(cutOff)
  await refused(Buffer.concat([gzipSync(text), Buffer.alloc(512)])).toThrow(
    'The reference has 512 bytes behind its gzip data that are no gzip; some programs stop there, others fail. Pack it anew: gzip -dc x.fa.gz | gzip > y.fa.gz',
  )
  const rest = Buffer.concat([Buffer.alloc(4096), gzipSync(text.slice(half))]) // a hole, as copies of sparse files have them
  await refused(Buffer.concat([gzipSync(text.slice(0, half)), rest])).toThrow(
    `The reference has a hole: behind ${gzipSync(text.slice(0, half)).length} bytes of gzip data come some that are no gzip, and more gzip data behind those. A part was lost where the file was copied or put together. Copy it again.`,
  )
})
const cutOff = 'The reference is cut off: its gzip data end in the middle. A whole file passes "gzip -t". Copy it again.'
const long = `>a\n${'ACGT'.repeat(40)}\n`
it.each([
  ['', 'The reference is empty: it has 0 bytes. A FASTA holds at least one sequence. Copy it again.'],
  ['\n\n', 'The reference holds no sequence; a FASTA has ">" and a name, and lines of bases. Copy it again.'],
  [
    'ACGT\n',
    'The reference is not a FASTA: its first line begins with "ACGT", a FASTA begins with ">" and a name. Give the genome as FASTA.',
  ],
  ['@r1\nACGT\n+\nIIII\n', 'its first line begins with "@r1", a FASTA begins with ">"'],
  [
    `${long}>\nACGT\n`,
    'Line 3 of the reference has no name behind ">". A name of one word begins each sequence, such as ">chr1". Give it one.',
  ],
  [
    `${long}>b\nA\n\n>a b\nACGT\n`,
    'Line 6 of the reference names a contig "a", as line 1 does. A name is what stands before the first space',
  ],
  [
    `${long}>b\n>c\nA\n`,
    'The contig "b" of the reference (line 3) has no bases. Each contig has at least one. Remove its line, or copy the file again.',
  ],
  [`${long}>b`, 'The contig "b" of the reference (line 3) has no bases.'],
  ['>sp\nACD\nMKLV\n', 'Line 3 of the reference, contig "sp": "L" is no base.'],
  ['>sp\nMKLV*\n', 'These look like proteins: give the nucleotides.'],
  [
    `${long}>b\nAC5T\n`,
    'Line 4 of the reference, contig "b": "5" is no base. Bases are A, C, G, T or U, N, the IUPAC codes R, Y, S, W, K, M, B, D, H, V, and - or . for a gap. Correct the line, or give the FASTA itself.',
  ],
  ['>a\nAC>b\nACGT\n', 'Line 2 of the reference, contig "a": ">" is no base.'],
  [
    '>#1\nACGT\n',
    'Line 1 of the reference names a contig "#1". SAM allows letters, digits and !#$%&*+./:;=?@^_|~- in names, without * and = in front; a # in front makes a comment of every line of a VCF or BED. Rename it, here and in what belongs to it.',
  ],
  ['>a,b\nACGT\n', 'names a contig "a,b"'],
  ['>a<b>\nACGT\n', 'names a contig "a<b>"'],
  [
    Buffer.from('425a6839314159', 'hex'),
    'The reference is packed by bzip2; plain FASTA, gzip and bgzip can be read. Unpack it with "bunzip2", or pack it again with bgzip.',
  ],
])('refuses %j', async (bytes, message) => {
  await refused(bytes).toThrow(message)
})
it('takes names that look like other things', async () => {
  const names = ['track-1', 'browser', 'chr1:1-100', 'HLA-A*01:01:01:01', 'a=b', 'gi|9|ref|N.1|', '@x', 'a#b', '__proto__', 'constructor']
  expect((await normalised(names.map(name => `>${name}\nA\n`).join(''))).report.contigs).toBe(names.length)
})
