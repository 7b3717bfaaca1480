import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { fastq, fastqPair } from 'trireme-bio/kinds'
import { content, fastqFiles, folder, pairs } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { describe, expect, it } from 'vitest'
import { check, checkSingle } from './check.ts'

const at = folder()
const good = fastqFiles(at, 'good')
const checked = (first: string | Buffer, second: string | Buffer = good.second) => {
  const written = (name: string, content: string | Buffer) => {
    if (typeof content === 'string') return content
    const file = path.join(folder(), name)
    writeFileSync(file, content)
    return file
  }
  const reads = given('reads', fastqPair, { first: written('x_1.fastq.gz', first), second: written('x_2.fastq.gz', second) })
  return made(check({ reads }))
}
const text = gunzipSync(readFileSync(good.first)).toString()
/** The first mate with one line changed, counted from 1. */
const line = (n: number, to: string) =>
  gzipSync(
    text
      .split('\n')
      .map((line, m) => (m === n - 1 ? to : line))
      .join('\n'),
  )

const emptyFile = (name: string, bytes: Buffer) => {
  writeFileSync(path.join(at, name), bytes)
  return path.join(at, name)
}

describe('passes', () => {
  it('files that hold no read, where they may', async () => {
    const none = { reads: 0, bases: 0, length: { min: 0, max: 0 }, sum: expect.any(String) }
    const two = { first: emptyFile('none_1.fastq.gz', gzipSync('')), second: emptyFile('none_2.fastq.gz', gzipSync('')) }
    const pair = await made(check({ reads: given('none', fastqPair, two), empty: 'keep' }))
    expect(JSON.parse(content(pair.report.path))).toEqual({ first: none, second: none })
    const single = await made(checkSingle({ reads: given('none', fastq, two.first), empty: 'keep' }))
    expect(JSON.parse(content(single.report.path))).toEqual({ first: none })
  })
  const count = {
    reads: pairs().length,
    bases: 80 * pairs().length,
    length: { min: 80, max: 80 },
    sum: expect.stringMatching(/^[0-9a-f]{16}$/),
  }
  it('whole mates', async () =>
    expect(JSON.parse(content((await checked(good.first)).report.path))).toEqual({ first: count, second: count }))
  it('reads in another order with the same sum, others with another', async () => {
    const sumsOf = async (first: Buffer | string, second?: Buffer | string) => {
      const { first: one, second: other } = JSON.parse(content((await checked(first, second)).report.path))
      return [one.sum, other.sum]
    }
    const turned = (file: string) => {
      const reads = content(file).match(/@.*\n.*\n\+.*\n.*\n/g)!
      return gzipSync(reads.toReversed().join(''), { level: 1 })
    }
    const sums = await sumsOf(good.first)
    expect(await sumsOf(turned(good.first), turned(good.second))).toEqual(sums)
    expect(sums[0]).not.toBe(sums[1])
    expect((await sumsOf(line(2, 'A'.repeat(80))))[0]).not.toBe(sums[0])
  })
  it('a missing last newline, Windows line ends, gzip in members', async () => {
    await checked(gzipSync(text.trimEnd()))
    await checked(gzipSync(text.replaceAll('\n', '\r\n')))
    await checked(Buffer.concat([gzipSync(text.slice(0, 1000)), gzipSync(text.slice(1000))]))
  })
  it('the same number in both files, as some archives leave it', async () =>
    void (await checked(gzipSync(text.replaceAll('/1\n', '/2\n')))))
  it('empty lines at the end, codes for bases that are not known, qualities of any sequencer', async () => {
    await checked(gzipSync(`${text}\n\r\n`))
    await checked(line(2, `${'NRYSWKMBDHVacgtn.-'}${'A'.repeat(62)}`))
    await checked(line(4, `!~${'J'.repeat(78)}`))
  })
  it('single reads', async () => {
    const { report } = await made(checkSingle({ reads: given('reads', fastq, good.first) }))
    expect(JSON.parse(content(report.path))).toEqual({ first: count })
  })
  it('names that differ in their comments only', async () => void (await checked(gzipSync(text.replaceAll('/1\n', ' 1:N:0:ACGT\n')))))
})
describe('refuses', () => {
  const packed = readFileSync(good.first)
  it.each([
    ['/1 and /2', (text: string) => text],
    ['1:N:0 and 2:N:0', (text: string) => text.replace(/\/([12])\n/g, ' $1:N:0:ACGT\n')],
  ])('mates in the place of each other, by %s', async (_, named) => {
    const [first, second] = [good.first, good.second].map(file => gzipSync(named(gunzipSync(readFileSync(file)).toString())))
    await expect(checked(second!, first!)).rejects.toThrow(
      'The mates are swapped: read "0:0" says in the first file that it is the second mate, and in the second that it is the first. Swap the two files.',
    )
  })
  it.each<[string, Buffer, string]>([
    [
      'an empty file',
      Buffer.alloc(0),
      'The first mate is empty: it has 0 bytes. A FASTQ holds at least one read. Copy it again, or leave the lane out.',
    ],
    ['text', Buffer.from(text), 'The first mate is not gzip: its first bytes are 4030, gzip starts with 1f8b. Compress it with gzip.'],
    [
      'gzip that is cut off',
      packed.subarray(0, 500),
      'The first mate is cut off: its gzip data end in the middle, after 500 bytes. A whole file passes "gzip -t". Copy it again.',
    ],
    [
      'gzip that is damaged',
      Buffer.from(packed.map((byte, n) => (n === packed.length - 6 ? byte ^ 1 : byte))),
      'The first mate is damaged: ',
    ],
    [
      'half a read',
      gzipSync(text.split('\n').slice(0, 6).join('\n')),
      'The first mate ends in the middle of read 2. A read has four lines. Copy the file again.',
    ],
    [
      'fewer reads',
      gzipSync(text.split('\n').slice(0, 8).join('\n')),
      `The first mate has 2 reads, the second ${pairs().length}; there must be as many. Give the two files of one lane, both whole.`,
    ],
    [
      'another name',
      line(9, '@other/1'),
      'Read 3 is "other" in the first mate and "2:0" in the second; mates come in the same order under the same name. Give the two files of one lane, or pair them again (seqkit pair).',
    ],
    [
      'a quality too few',
      line(8, 'I'.repeat(79)),
      'Read 2 of the first mate (@1:0/1) has 80 bases and 79 qualities, there must be as many. Make the file again from its source.',
    ],
    [
      'a read without @',
      line(5, '>1:0/1'),
      'Read 2 of the first mate starts with ">1:0/1", a FASTQ read starts with "@". Make the file again from its source.',
    ],
    [
      'a read without +',
      line(7, 'I'),
      'Read 2 of the first mate (@1:0/1) has "I" as third line, right is "+". Make the file again from its source.',
    ],
  ])('%s', async (_, first, message) => await expect(checked(first)).rejects.toThrow(message))
  it('one file given twice', async () =>
    await expect(checked(good.second)).rejects.toThrow(
      'Both mates hold the same reads: it is one file given twice, or a copy. Give the files of the first and the second mate.',
    ))
  it('two empty mates', async () =>
    await expect(checked(gzipSync(''), gzipSync(''))).rejects.toThrow(
      'Both mates are empty: they hold no read. A FASTQ holds at least one. Copy them again, or leave the lane out.',
    ))

  it('one mate without reads, also where both may be', async () => {
    const one = given('one', fastqPair, { first: emptyFile('one_1.fastq.gz', gzipSync('')), second: good.second })
    await expect(made(check({ reads: one, empty: 'keep' }))).rejects.toThrow('The first mate has 0 reads, the second')
    const bytes = { first: emptyFile('b_1.fastq.gz', Buffer.alloc(0)), second: emptyFile('b_2.fastq.gz', Buffer.alloc(0)) }
    await expect(made(check({ reads: given('bytes', fastqPair, bytes), empty: 'keep' }))).rejects.toThrow('is empty: it has 0 bytes.')
  })

  it.each<[string, Buffer, string]>([
    [
      'bytes behind the gzip data',
      Buffer.concat([packed, Buffer.from('garbage')]),
      'The first mate has bytes behind a part of its gzip data that are no gzip: the rest is damaged, or something was added. Copy it again. Where "gzip -t" warns of trailing garbage alone, pack it anew: gzip -dc x.fastq.gz | gzip > y.fastq.gz',
    ],
    [
      'zeros behind the gzip data',
      Buffer.concat([packed, Buffer.alloc(512)]),
      'The first mate has 512 bytes behind its gzip data that are no gzip; some programs stop there, others fail. Pack it anew: gzip -dc x.fastq.gz | gzip > y.fastq.gz',
    ],
    [
      'a hole between two parts of gzip data',
      Buffer.concat([packed, Buffer.alloc(512), packed]),
      `The first mate has a hole: behind ${packed.length} bytes of gzip data come some that are no gzip, and more gzip data behind those. Reads were lost where the file was copied or put together. Copy it again.`,
    ],
    [
      'line ends of old Macs',
      gzipSync(text.replaceAll('\n', '\r')),
      "The first mate has line ends of old Macs (CR alone), which no aligner reads. Turn them: gzip -dc x.fastq.gz | tr '\\r' '\\n' | gzip > y.fastq.gz",
    ],
    [
      'reads of several lines',
      gzipSync(text.replace(/^([ACGT]{50})/gm, '$1\n')),
      'as third line, right is "+". Its bases run over several lines. Give each read four: seqtk seq -l0 x.fastq.gz | gzip > y.fastq.gz',
    ],
    [
      'uracil',
      line(10, `U${'A'.repeat(79)}`),
      'Read 3 of the first mate (@2:0/1) holds "U", the uracil of RNA, which aligners take for N. Write T: gzip -dc x.fastq.gz | awk \'NR%4==2{gsub(/U/,"T");gsub(/u/,"t")}1\' | gzip > y.fastq.gz',
    ],
    [
      'no base',
      line(10, `*${'A'.repeat(79)}`),
      'Read 3 of the first mate (@2:0/1) holds "*" (byte 42), which is no base. Make the file again from its source.',
    ],
    [
      'no quality',
      line(12, ` ${'I'.repeat(79)}`),
      'Read 3 of the first mate (@2:0/1) has a quality of byte 32; qualities are the characters from "!" (33) to "~" (126). Make the file again from its source.',
    ],
    [
      'a name longer than SAM holds',
      line(1, `@${'n'.repeat(255)}/1`),
      'Read 1 of the first mate has a name of 255 characters, SAM has room for 254. Number the reads: gzip -dc x.fastq.gz | awk \'NR%4==1{$0="@r"(NR+3)/4}1\' | gzip > y.fastq.gz',
    ],
    ['no name', line(1, '@ 1:N:0'), 'Read 1 of the first mate has no name. Number the reads:'],
    [
      'a name that begins a header line',
      line(1, '@@0:0/1'),
      'Read 1 of the first mate is named "@0:0"; in SAM a line that begins with "@" is one of the header. Take it off: gzip -dc x.fastq.gz | awk \'NR%4==1{sub(/^@@+/,"@")}1\' | gzip > y.fastq.gz',
    ],
    ['an empty line within', line(5, ''), 'Read 2 of the first mate starts with "", a FASTQ read starts with "@".'],
    [
      'no base called',
      gzipSync(text.replace(/^[ACGT]+$/gm, bases => 'N'.repeat(bases.length))),
      'The first mate holds nothing but N: the sequencer called no base. Leave the lane out, or give the other mate alone.',
    ],
    [
      'qualities of Phred+64',
      gzipSync(text.replaceAll('I'.repeat(80), `B${'h'.repeat(79)}`)),
      'The qualities of the first mate lie between ";" and "h", as older sequencers wrote them (Phred+64); all programs here read Phred+33. Turn them: seqtk seq -Q64 -V x.fastq.gz | gzip > y.fastq.gz',
    ],
    [
      'index reads',
      gzipSync(text.replace(/^[ACGT]+$/gm, bases => bases.slice(0, 8)).replaceAll('I'.repeat(80), 'IIIIIIII')),
      'The first mate has reads of at most 8 bases, the second mate of up to 80: these are index reads or UMIs (I1, I2), no mates. Give the file of the mate (R1, R2).',
    ],
  ])('%s', async (_, first, message) => await expect(checked(first)).rejects.toThrow(message))
  it.each([
    ['.', '1', '2', 'mate'],
    ['_', '1', '2', 'mate'],
    ['_', '1', '3', 'read'],
  ])('names that end with %s%s and %s%s', async (sign, one, two, what) => {
    const named = (file: string, end: string) => gzipSync(content(file).replace(/^(@\d+:\d+)\/[12]$/gm, `$1${sign}${end} length=80`))
    await expect(checked(named(good.first, one), named(good.second, two))).rejects.toThrow(
      `Read 1 is "0:0${sign}${one}" in the first mate and "0:0${sign}${two}" in the second: the names end with the number of the ${what}, which aligners know only as /1 and /2. Take it off both files: gzip -dc x.fastq.gz | awk 'NR%4==1{sub(/[${sign}][123]$/,"",$1)}1' | gzip > y.fastq.gz`,
    )
  })
  it('a second mate that is called the third read', async () =>
    await expect(checked(good.first, gzipSync(content(good.second).replaceAll('/2\n', '/3\n')))).rejects.toThrow(
      `Read 1 is "0:0" in the first mate and "0:0/3" in the second: it is the third read of its cluster, whose second was an index. If it is the second mate, take the number off its file: gzip -dc x.fastq.gz | awk 'NR%4==1{sub(/[/]3$/,"",$1)}1' | gzip > y.fastq.gz`,
    ))
  it.each<[string, Buffer, string]>([
    [
      'mates by turns',
      gzipSync(text.replaceAll(/@(\d+:\d+)\/1\n([^@]*)/g, '@$1/1\n$2@$1/2\n$2')),
      'Reads 1 and 2 of the file have the same name, "0:0": it holds both mates by turns, and single reads are asked for.',
    ],
    ['none', gzipSync(''), 'The file is empty: it holds no read. A FASTQ holds at least one. Copy it again, or leave the lane out.'],
    ['cut off', packed.subarray(0, 500), 'The file is cut off: its gzip data end in the middle, after 500 bytes.'],
  ])('single reads: %s', async (_, bytes, message) => {
    const file = path.join(folder(), 'x.fastq.gz')
    writeFileSync(file, bytes)
    await expect(made(checkSingle({ reads: given('reads', fastq, file) }))).rejects.toThrow(message)
  })
})
