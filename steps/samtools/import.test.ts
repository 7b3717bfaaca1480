import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { truncateSync } from 'node:fs'
import path from 'node:path'
import { itself, sameAs } from 'trireme-bio'
import { anyBam, anyCram, anyFasta, normalisedFasta } from 'trireme-bio/kinds'
import { normalise } from 'trireme-bio/steps/genome/normalise'
import { markdup } from 'trireme-bio/steps/samtools/markdup'
import {
  bamFile,
  content,
  fastaFile,
  folder,
  genome,
  hla,
  indexedBamFile,
  normalisedFiles,
  pairs,
  phage,
  samOf,
  samText,
} from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { describe, expect, it } from 'vitest'
import { importBam, importCram } from './import.ts'

const at = folder()
const genomeFile = fastaFile(at)
const fastaOf = (file: string) => given('genome', normalisedFasta({ reference: itself }), normalisedFiles(file))
const reference = fastaOf(genomeFile)
const group = 'p.s.L1'
const taken = (name: string, sam: string, sample = 's') =>
  importBam({ alignments: given(name, anyBam, bamFile(at, name, sam)), reference, sample, group })
const refused = (name: string, sam: string, sample = 's') => expect(made(taken(name, sam, sample))).rejects
const recordsOf = (file: string) =>
  samOf(file)
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('@'))

it('sorts what is not sorted, adds mate scores, and the outcome can be marked', async () => {
  const { imported } = taken('unsorted', samText(pairs().toReversed(), 's'))
  const done = await made({ imported, ...markdup({ merged: imported }) })
  expect(samOf(done.imported.path)).toMatch(/^@HD\tVN:1.6\tSO:coordinate\n/)
  expect(recordsOf(done.imported.path).every(line => /\tms:i:3200\b/.test(line) && /\tMC:Z:80M\b/.test(line))).toBe(true)
  expect(recordsOf(done.marked.path).length).toBe(2 * pairs().length)
  expect(samOf(done.imported.path)).not.toContain('@PG')
})
/** Lines as sets of their fields: optional ones come in any order. */
const fieldsOf = (sam: string) => sam.split('\n').map(line => new Set(line.split('\t')))
it('takes sorted alignments with mate scores as they are', async () => {
  const sorted = indexedBamFile(at, 'sorted', samText(pairs(), 's', 'unsorted', 'ms:i:1\tMC:Z:80M'))['']
  const { imported } = await made(importBam({ alignments: given('sorted', anyBam, sorted), reference, sample: 's', group }))
  expect(fieldsOf(samOf(imported.path))).toEqual(fieldsOf(samOf(sorted).replaceAll('s.lane', `${group}/s.lane`)))
})
it('takes a CRAM', async () => {
  const cram = path.join(at, 'x.cram')
  execFileSync('samtools', ['view', '--no-PG', '-C', '-T', genomeFile, '-o', cram, bamFile(at, 'x', samText(pairs(), 's'))])
  const { imported } = await made(importCram({ alignments: given('x', anyCram, cram), reference, sample: 's', group }))
  expect(recordsOf(imported.path).length).toBe(2 * pairs().length)
  const changed = folder()
  const swapped = fastaFile(changed, { ...genome, [hla]: `${genome[hla]!.slice(1)}${genome[hla]![0]}` })
  await expect(
    made(importCram({ alignments: given('x', anyCram, cram), reference: fastaOf(swapped), sample: 's', group })),
  ).rejects.toThrow(
    /The alignments are of another reference: their contig "HLA-A\*01:01:01:01" has the MD5 sum [0-9a-f]{32}, that of the reference has [0-9a-f]{32}\. Give the reference they were aligned to, or align the reads again\./,
  )
})
const good = samText(pairs().slice(0, 3), 's')
const remedy = 'Give the reference they were aligned to, or align the reads again.'
it('refuses alignments of another reference', async () => {
  await refused('name', good.replaceAll(phage, 'chr1')).toThrow(
    `The alignments are of another reference: they have a contig "chr1", the reference has "${phage}", "${hla}". ${remedy}`,
  )
  await refused('length', good.replace('LN:800', 'LN:801')).toThrow(
    `The alignments are of another reference: their contig "${hla}" has 801 bases, that of the reference has 800. ${remedy}`,
  )
  await refused('lacking', good.replace(/@SQ\tSN:HLA.*\n/, '')).toThrow(
    `The alignments are of another reference: they lack its contig "${hla}". ${remedy}`,
  )
  await refused('md5', good.replace('LN:800', `LN:800\tM5:${'0'.repeat(32)}`)).toThrow(
    `has the MD5 sum ${'0'.repeat(32)}, that of the reference has`,
  )
  const [phageLine = '', hlaLine = ''] = good.match(/@SQ.*\n/g) ?? []
  await refused('order', good.replace(phageLine + hlaLine, hlaLine + phageLine)).toThrow(
    `The alignments have the reference's contigs in another order: contig 1 is "${hla}", in the reference it is "${phage}". Reorder them (gatk ReorderSam), or align the reads again.`,
  )
})
it('refuses read groups of another sample, or none', async () => {
  await refused('sample', good, 'other').toThrow(
    'Read group "s.lane" of the alignments is of sample "s", the row says "other". Correct the row, or the read groups.',
  )
})

const groupsIn = (sam: string) => ({
  header: sam
    .split('\n')
    .filter(line => line.startsWith('@RG'))
    .map(line => line.split('\t').slice(1, 3)),
  records: [...new Set(sam.match(/\tRG:Z:[^\t\n]*/g))].map(tag => tag.slice(6)),
})
describe('read groups', () => {
  const all = (sam: string) => recordsOfText(sam).length
  const recordsOfText = (sam: string) => sam.split('\n').filter(line => line !== '' && !line.startsWith('@'))
  it('of two files never have the same name, and every record has one that the header knows', async () => {
    const one = await made(taken('one', good))
    const two = await made(
      importBam({ alignments: given('two', anyBam, bamFile(at, 'two', good)), reference, sample: 's', group: 'p.s.L2' }),
    )
    expect(groupsIn(samOf(one.imported.path))).toEqual({ header: [['ID:p.s.L1/s.lane', 'SM:s']], records: ['p.s.L1/s.lane'] })
    expect(groupsIn(samOf(two.imported.path))).toEqual({ header: [['ID:p.s.L2/s.lane', 'SM:s']], records: ['p.s.L2/s.lane'] })
  })
  it('that the header lacks, or that are not there, are of the sample of the row', async () => {
    // The last record alone, far behind the first 2,000.
    const many = samText(Array.from({ length: 20 }, (_, n) => pairs().map(pair => ({ ...pair, name: `${n}.${pair.name}` }))).flat(), 's')
    const last = many.lastIndexOf('RG:Z:s.lane')
    const { imported, report } = await made(taken('late', `${many.slice(0, last)}RG:Z:stray${many.slice(last + 11)}`))
    expect(groupsIn(samOf(imported.path))).toEqual({
      header: [
        ['ID:p.s.L1/s.lane', 'SM:s'],
        ['ID:p.s.L1/stray', 'SM:s'],
      ],
      records: ['p.s.L1/s.lane', 'p.s.L1/stray'],
    })
    expect(JSON.parse(content(report.path))).toMatchObject({ readGroups: { 's.lane': all(many) - 1, stray: 1 }, notInHeader: ['stray'] })
    const none = await made(taken('none', good.replace(/@RG.*\n/, '').replaceAll('\tRG:Z:s.lane', '')))
    expect(groupsIn(samOf(none.imported.path))).toEqual({ header: [['ID:p.s.L1', 'SM:s']], records: ['p.s.L1'] })
  })
  it.each([
    ['UTF-8', 'Prøve 1'],
    ['Latin-1', Buffer.from('Pr\xf8ve', 'latin1')],
  ])('may have names of any bytes: %s', async (encoding, name) => {
    const renamed = Buffer.from(good.replaceAll('s.lane', '@@'))
    const parts = renamed.toString('latin1').split('@@')
    const bytes = Buffer.from(parts.join(Buffer.from(name).toString('latin1')), 'latin1')
    const file = path.join(at, `${encoding}.bam`)
    execFileSync('samtools', ['sort', '--no-PG', '-o', file, '-'], { input: bytes, stdio: ['pipe', 'pipe', 'ignore'] })
    const { imported } = await made(importBam({ alignments: given('x', anyBam, file), reference, sample: 's', group }))
    const raw = execFileSync('samtools', ['view', '--no-PG', '-h', imported.path], { encoding: 'latin1' })
    const own = `${group}/${Buffer.from(name).toString('latin1')}`
    expect(groupsIn(raw)).toEqual({ header: [[`ID:${own}`, 'SM:s']], records: [own] })
    await expect(made(importBam({ alignments: given('x', anyBam, file), reference, sample: 't', group }))).rejects.toThrow(
      'is of sample "s"',
    )
  })
  it('of another sample are refused where they have records, wherever those are, and dropped where they have none', async () => {
    const both = good.replace('@RG', '@RG\tID:else\tSM:t\n@RG')
    const last = both.lastIndexOf('RG:Z:s.lane')
    await refused('mixed', `${both.slice(0, last)}RG:Z:else${both.slice(last + 11)}`).toThrow(
      'The alignments mix samples: 1 of their records are in read group "else" of sample "t", the row says "s". Give each sample a file of its own: "samtools split" makes one of each read group.',
    )
    expect(groupsIn(samOf((await made(taken('empty-group', both))).imported.path)).header).toEqual([['ID:p.s.L1/s.lane', 'SM:s']])
  })
})
describe('mates', () => {
  const scored = samText(pairs(), 's', 'unsorted', 'ms:i:1\tMC:Z:80M')
  const tags = (sam: string, name: string) => sam.split('\n').filter(line => line.startsWith(`${name}\t`))
  it('get scores wherever one of them has none', async () => {
    const last = scored.lastIndexOf('\tms:i:1')
    const { imported } = await made(taken('last', scored.slice(0, last) + scored.slice(last + 7)))
    expect(recordsOf(imported.path).every(line => line.includes('\tms:i:3200'))).toBe(true)
  })
  it.each([
    ['with scores', scored],
    ['without scores', samText(pairs(), 's')],
  ])('that the file lacks are told, counted, and stop no later step: %s', async (_, sam) => {
    const lines = sam.split('\n').filter(line => !(line.startsWith('0:0\t147\t') || line.startsWith('1:0\t99\t')))
    const { imported } = taken('orphans', lines.join('\n'))
    const done = await made({ imported, ...markdup({ merged: imported }) })
    const sam0 = samOf(done.marked.path)
    expect([...tags(sam0, '0:0'), ...tags(sam0, '1:0')].map(line => line.split('\t').slice(1, 8))).toEqual([
      ['0', phage, '1', '60', '80M', '*', '0'],
      ['16', phage, '131', '60', '80M', '*', '0'],
    ])
    expect(sam0.match(/\tms:i:/g)?.length).toBe(2 * pairs().length - 4)
    const { report } = await made(taken('orphans', lines.join('\n')))
    expect(JSON.parse(content(report.path))).toMatchObject({ records: 2 * pairs().length - 2, orphans: 2, matesScored: true })
  })
  it('with the names of others are refused', async () => {
    const [first, ...others] = pairs()
    await refused('names', samText([first!, { ...others[40]!, name: first!.name }, ...others], 's')).toThrow(
      'Read "0:0" of the alignments is there 2 times as first and 2 times as second mate: two runs were merged that use the same names, or a file was merged with itself. Give the files as they were before merging, a row each.',
    )
  })
})
it.each([
  ['pairs', samText(pairs(), 's', 'unsorted', 'ms:i:1\tMC:Z:80M')],
  ['single reads', samText(pairs(), 's').replaceAll('\t99\t', '\t0\t').replaceAll('\t147\t', '\t16\t')],
])('refuses a file merged with itself, or with a part of itself: %s', async (_, sam) => {
  const [whole, part] = [bamFile(at, 'whole', sam), path.join(at, 'part.bam')]
  execFileSync('samtools', ['sort', '--no-PG', '-o', part, '-'], { input: sam.split('\n').slice(0, 60).join('\n') })
  for (const other of [whole, part]) {
    const sorted = [whole, other].map((file, n) => {
      const own = path.join(at, `sorted-${n}.bam`)
      execFileSync('samtools', ['sort', '--no-PG', '-o', own, file])
      return own
    })
    const merged = path.join(at, 'merged.bam')
    execFileSync('samtools', ['merge', '--no-PG', '-f', '-c', '-o', merged, ...sorted])
    await expect(made(importBam({ alignments: given('x', anyBam, merged), reference, sample: 's', group }))).rejects.toThrow(
      'of the alignments is there twice in one place: a file was merged with itself, or with one that holds some of the same reads. Give the files as they were before merging, a row each, or take out what is there twice.',
    )
  }
})
it('takes single reads as they are, and records with every type of field', async () => {
  const fields =
    'XA:A:x\tXc:i:-1\tXC:i:200\tXs:i:-300\tXS:i:60000\tXi:i:-70000\tXI:i:4000000000\tXf:f:1.5\tXH:H:1AE3\tXB:B:i,1,2\tXb:B:f,0.5\tXz:Z:'
  const single = samText(pairs(), 's', 'unsorted', fields).replaceAll('\t99\t', '\t0\t').replaceAll('\t147\t', '\t16\t')
  const { imported } = await made(taken('single', single))
  expect(samOf(imported.path).split(fields)).toHaveLength(2 * pairs().length + 1)
})
it('refuses reads whose qualities are not there, or believed by nobody, wherever they are', async () => {
  const last = good.lastIndexOf(`\t${'I'.repeat(80)}`)
  const words = `callers weigh bases by them, and some take what is not there for the best or the worst. Give the file as the aligner wrote it. Where qualities are not known, give all bases one, such as 30 ("?"): samtools view -h x.bam | awk`
  await refused('unqualified', `${good.slice(0, last)}\t*${good.slice(last + 81)}`).toThrow(
    `1 of 6 reads of the alignments have no base qualities ("*"); ${words}`,
  )
  await refused('worthless', good.replaceAll('I'.repeat(80), '#'.repeat(80))).toThrow(
    'No base of the alignments has a quality of 5 or more: callers believe none of them, and would find no variant. Give the file as',
  )
})
it('says that reads are not aligned', async () => {
  const unaligned = path.join(at, 'unaligned.bam')
  execFileSync('samtools', ['view', '--no-PG', '-b', '-o', unaligned, '-'], {
    input: `@HD\tVN:1.6\nr\t4\t*\t0\t0\t*\t*\t0\t0\tACGT\tIIII\n`,
  })
  await expect(made(importBam({ alignments: given('x', anyBam, unaligned), reference, sample: 's', group }))).rejects.toThrow(
    'The header of the alignments names no contig: these are reads that nobody aligned yet (uBAM). Give them as FASTQ: samtools collate',
  )
})
it('refuses alignments without records', async () =>
  await refused('norecord', good.replace(/^[^@].*\n/gm, '')).toThrow(
    'The alignments hold no record. Leave the row out, or make the file again.',
  ))
it('refuses a file that is cut off, and one that only claims to be sorted', async () => {
  const cut = bamFile(at, 'cut', samText(pairs(), 's'))
  truncateSync(cut, 3000)
  await expect(made(importBam({ alignments: given('cut', anyBam, cut), reference, sample: 's', group }))).rejects.toThrow(
    'The alignments are cut off or damaged: "samtools quickcheck" finds no header or no end-of-file block. Copy the file again.',
  )
  await refused('lie', samText(pairs().toReversed(), 's', 'coordinate', 'ms:i:1\tMC:Z:80M')).toThrow(
    'The header of the alignments says that they are sorted by coordinate, but they are not. Sort them with "samtools sort".',
  )
})
it('keeps the reference as a fact', () => {
  expect(
    importBam({ alignments: given('x', anyBam, genomeFile), reference, sample: 's', group }).imported.kind.facts.reference,
  ).toMatchObject(sameAs('genome'))
})
it('takes a CRAM of a genome with codes, and gives its bases back', async () => {
  const at = folder()
  const codes = { 100: 'R', 130: 'k', 200: '-', 260: 'N' }
  const coded = Object.entries(codes).reduce(
    (text, [n, code]) => text.slice(0, Number(n)) + code + text.slice(Number(n) + 1),
    genome[phage]!,
  )
  const given1 = fastaFile(at, { ...genome, [phage]: coded })
  // Reads have the sample's own bases, some what the genome has: a code in a read is no difference to the genome.
  const own = samText(pairs([{ contig: phage, position: 101, to: 'G' }]), 's', 'unsorted', 'ms:i:1\tMC:Z:80M')
  const cram = path.join(at, 'coded.cram')
  execFileSync('samtools', ['view', '--no-PG', '-C', '-T', given1, '-o', cram, bamFile(at, 'own', own)])
  const { normalised } = normalise({ genome: given('coded', anyFasta, given1) })
  const { imported } = await made(importCram({ alignments: given('x', anyCram, cram), reference: normalised, sample: 's', group: 'g' }))
  const bases = (lines: readonly string[]) => lines.map(line => [0, 1, 3, 9].map(n => line.split('\t')[n]).join(' ')).sort()
  expect(bases(recordsOf(imported.path))).toEqual(bases(own.split('\n').filter(line => line !== '' && !line.startsWith('@'))))
  const bam = bamFile(at, 'summed', own.replace('LN:2000', `LN:2000\tM5:${createHash('md5').update(coded.toUpperCase()).digest('hex')}`))
  await made(importBam({ alignments: given('y', anyBam, bam), reference: normalised, sample: 's', group: 'g' }))
})
