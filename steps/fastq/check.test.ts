import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { fastqPair } from 'trireme-bio/kinds'
import { content, fastqFiles, folder, pairs } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { describe, expect, it } from 'vitest'
import { check } from './check.ts'

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

describe('passes', () => {
  const count = { reads: pairs().length, bases: 80 * pairs().length, length: { min: 80, max: 80 } }
  it('whole mates', async () =>
    expect(JSON.parse(content((await checked(good.first)).report.path))).toEqual({ first: count, second: count }))
  it('a missing last newline, Windows line ends, gzip in members', async () => {
    await checked(gzipSync(text.trimEnd()))
    await checked(gzipSync(text.replaceAll('\n', '\r\n')))
    await checked(Buffer.concat([gzipSync(text.slice(0, 1000)), gzipSync(text.slice(1000))]))
  })
  it('the same number in both files, as some archives leave it', async () =>
    void (await checked(gzipSync(text.replaceAll('/1\n', '/2\n')))))
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
})
