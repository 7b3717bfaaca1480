import { execFileSync } from 'node:child_process'
import { copyFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { anyFasta, fastq, fastqPair, interleavedFastq, plainFastq, plainFastqPair } from 'trireme-bio/kinds'
import { Store } from 'trireme-bio/local'
import { changed, content, fastaFile, fastqFiles, folder, other, pairs, phage, variantsIn } from 'trireme-bio/steps/tiny'
import { given, ran, scratch } from 'trireme-bio/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { variantCalling } from '../../pipelines/variant-calling.ts'

// Reads in every form that a row may give them, from the sheet's row to the variants.

let store: Store
beforeAll(async () => {
  store = await Store.open(scratch())
})
const at = folder()
const genome = given('genome', anyFasta, fastaFile(at))
const snps = [400, 900, 1500].map(position => ({ contig: phage, position, to: other(phage, position) }))
const want = snps.map(({ contig, position, to }) => `${contig}:${position} ${changed([])[contig]![position - 1]}>${to} 1`)
const deep = Array.from({ length: 2 }, (_, n) => pairs(snps, 5).map(pair => ({ ...pair, name: `${n}:${pair.name}` }))).flat()
const files = fastqFiles(at, 'reads', deep)
const written = (name: string, bytes: string | Buffer) => {
  writeFileSync(path.join(at, name), bytes)
  return path.join(at, name)
}
const [first, second] = [content(files.first), content(files.second)]
const plain = { first: written('plain_1.fastq', first), second: written('plain_2.fastq', second) }
const mates = second.match(/(.*\n){4}/g)!
const turns = first
  .match(/(.*\n){4}/g)!
  .map((read, n) => read + mates[n])
  .join('')
const names = { patient: 'p', sample: 's', lane: 'L1' }
type Sheet = Parameters<typeof variantCalling>[0]['samplesheet']
const called = (samplesheet: Sheet, more: object = {}) =>
  ran(variantCalling({ samplesheet, reference: genome, ploidy: 1, parts: 1, qc: false, ...more }), { store })

describe.each(['bwa', 'minimap2'] as const)('with %s', aligner => {
  it.each<[string, Sheet[number]]>([
    ['a pair', { ...names, reads: given('pair', fastqPair, files) }],
    ['a pair in plain text', { ...names, plain: given('plain', plainFastqPair, plain) }],
    ['mates by turns', { ...names, interleaved: given('turns', interleavedFastq, written('turns.fastq.gz', gzipSync(turns))) }],
    ['single reads', { ...names, single: given('single', fastq, files.first) }],
    ['single reads in plain text', { ...names, plainSingle: given('plainSingle', plainFastq, plain.first) }],
  ])('%s gives the variants', async (_, row) => {
    for (const trim of [false, true]) {
      const { failures, results } = await called([row], { aligner, trim })
      expect(failures).toEqual([])
      expect(variantsIn(results.variants!.path)).toEqual(want)
    }
  })
})
it.each(['bcftools', 'freebayes'] as const)(
  'a lane of which trimming leaves nothing keeps its sample among the calls of %s',
  async caller => {
    const dimers = fastqFiles(
      at,
      'dimers',
      pairs()
        .slice(0, 9)
        .map((pair, n) => ({ ...pair, sequences: ['ACGTACGTAC', `ACGTACGTA${'AC'[n % 2]}`] as const })),
    )
    const sheet = [
      { ...names, reads: given('good', fastqPair, files) },
      { patient: 'p', sample: 'control', lane: 'L1', reads: given('dimers', fastqPair, dimers) },
    ]
    const { failures, results } = await called(sheet, { caller, trim: true })
    expect(failures).toEqual([])
    expect(execFileSync('bcftools', ['query', '-l', results.variants!.path], { encoding: 'utf8' })).toBe('s\ncontrol\n')
    expect(variantsIn(results.variants!.path).map(line => line.replace(/ \S+$/, ''))).toEqual(want)
  },
)
describe('a lane without reads', () => {
  const dimers = fastqFiles(
    at,
    'short',
    pairs()
      .slice(0, 9)
      .map(pair => ({ ...pair, sequences: ['ACGTACGTAA', 'ACGTACGTCC'] as const })),
  )
  const none = fastqFiles(at, 'none', [])
  const good = { ...names, reads: given('good', fastqPair, files) }
  const sheets = {
    trimmed: [good, { ...names, lane: 'L2', reads: given('short', fastqPair, dimers) }],
    given: [good, { ...names, lane: 'L2', reads: given('none', fastqPair, none) }],
    'a whole sample': [good, { ...names, sample: 'control', reads: given('none', fastqPair, none) }],
    'a whole sample, trimmed': [good, { ...names, sample: 'control', reads: given('short', fastqPair, dimers) }],
  }
  it.each<[keyof typeof sheets, string, string]>([
    ['trimmed', 'Warning: Trimming dropped all reads of lane L2 of s.', 'Trimming dropped all 18 reads of lane L2 of sample s.'],
    [
      'given',
      'Warning: Lane L2 of s has no reads. Look at its files.',
      'Both mates are empty: they hold no read. A FASTQ holds at least one. Copy them again, or leave the lane out.',
    ],
    [
      'a whole sample',
      'Warning: Sample control has no reads. Its genotypes are missing. Look at its files.',
      'Both mates are empty: they hold no read. A FASTQ holds at least one. Copy them again, or leave the lane out.',
    ],
    [
      'a whole sample, trimmed',
      'Warning: Sample control has no reads. Its genotypes are missing. Look at its files.',
      'Trimming dropped all 18 reads of lane L1 of sample control.',
    ],
  ])('%s is kept with a warning, or refused', async (which, warning, refusal) => {
    for (const duplicates of ['mark', 'remove'] as const) {
      const kept = await called(sheets[which], { trim: true, duplicates })
      expect(kept.failures).toEqual([])
      expect(kept.results.summary.reads!.path && content(kept.results.summary.reads!.path)).toContain(warning)
    }
    const refused = await called(sheets[which], { trim: true, empty: 'refuse' })
    expect(refused.state).toBe('failed')
    expect(refused.failures).toEqual([expect.stringContaining(refusal)])
  })
  it('is not looked for where nothing counts reads', () => {
    expect(() => variantCalling({ samplesheet: [good], reference: genome, check: false, empty: 'refuse' })).toThrow(
      'empty is refuse, and with check off nothing counts the reads of a lane. Leave one of them out.',
    )
  })
})
it('reads of an aligner that takes pairs alone, and equal reads under two rows, are refused before anything runs', async () => {
  const copy = path.join(at, 'copy_1.fastq.gz')
  copyFileSync(files.first, copy)
  const twice = [
    { ...names, reads: given('one', fastqPair, files) },
    { ...names, sample: 't', reads: given('two', fastqPair, { first: copy, second: files.second }) },
  ]
  expect(() => variantCalling({ samplesheet: twice, reference: genome })).toThrow(
    'both give the same content: reads_1.fastq.gz of sample "s" and copy_1.fastq.gz of sample "t" are equal byte for byte. Each row has reads of its own. Give the right file in one of them, or remove the row.',
  )
})
