import { execFileSync } from 'node:child_process'
import { truncateSync } from 'node:fs'
import path from 'node:path'
import { itself, sameAs } from 'trireme-bio'
import { anyBam, anyCram, indexedFasta } from 'trireme-bio/kinds'
import { markdup } from 'trireme-bio/steps/samtools/markdup'
import { bamFile, fastaFile, folder, genome, hla, indexedBamFile, pairs, phage, samOf, samText } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { importBam, importCram } from './import.ts'

const at = folder()
const genomeFile = fastaFile(at)
const fastaOf = (file: string) => given('genome', indexedFasta({ reference: itself }), { '': file, '.fai': `${file}.fai` })
const reference = fastaOf(genomeFile)
const taken = (name: string, sam: string, sample = 's') =>
  importBam({ alignments: given(name, anyBam, bamFile(at, name, sam)), reference, sample })
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
it('takes sorted alignments with mate scores as they are', async () => {
  const sorted = indexedBamFile(at, 'sorted', samText(pairs(), 's', 'unsorted', 'ms:i:1\tMC:Z:80M'))['']
  const { imported } = await made(importBam({ alignments: given('sorted', anyBam, sorted), reference, sample: 's' }))
  expect(samOf(imported.path)).toBe(samOf(sorted))
})
it('takes a CRAM', async () => {
  const cram = path.join(at, 'x.cram')
  execFileSync('samtools', ['view', '--no-PG', '-C', '-T', genomeFile, '-o', cram, bamFile(at, 'x', samText(pairs(), 's'))])
  const { imported } = await made(importCram({ alignments: given('x', anyCram, cram), reference, sample: 's' }))
  expect(recordsOf(imported.path).length).toBe(2 * pairs().length)
  const changed = folder()
  const swapped = fastaFile(changed, { ...genome, [hla]: `${genome[hla]!.slice(1)}${genome[hla]![0]}` })
  await expect(made(importCram({ alignments: given('x', anyCram, cram), reference: fastaOf(swapped), sample: 's' }))).rejects.toThrow(
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
  await refused('nogroup', good.replace(/@RG.*\n/, '').replaceAll('\tRG:Z:s.lane', '')).toThrow(
    'The alignments have no read group; callers tell samples apart by them. There should be one with SM:s.',
  )
})
it('refuses a file that is cut off, and one that only claims to be sorted', async () => {
  const cut = bamFile(at, 'cut', samText(pairs(), 's'))
  truncateSync(cut, 3000)
  await expect(made(importBam({ alignments: given('cut', anyBam, cut), reference, sample: 's' }))).rejects.toThrow(
    'The alignments are cut off or damaged: "samtools quickcheck" finds no header or no end-of-file block. Copy the file again.',
  )
  await refused('lie', samText(pairs().toReversed(), 's', 'coordinate', 'ms:i:1\tMC:Z:80M')).toThrow(
    'The header of the alignments says that they are sorted by coordinate, but they are not. Sort them with "samtools sort".',
  )
})
it('keeps the reference as a fact', () => {
  expect(importBam({ alignments: given('x', anyBam, genomeFile), reference, sample: 's' }).imported.kind.facts.reference).toMatchObject(
    sameAs('genome'),
  )
})
