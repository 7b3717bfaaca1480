import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { indexedFasta } from 'trireme-bio/kinds'
import { given, made } from 'trireme-bio/testing'
import { describe, expect, it } from 'vitest'
import { apply, draw, generator, leftAligned, readFasta, type Variant, type Wish } from './mutate.script.ts'
import { mutate } from './mutate.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'haplotype-mutate-'))
const random = generator(7)
// Two contigs of random bases with a homopolymer every 200; names as hostile as the lambda phage's own.
const contigs = ['gi|1|ref|c.1|', 'two'].map((name, n) => ({
  name,
  bases: Array.from({ length: 30 - 20 * n }, () => random.bases(190) + random.oneOf(['AAAAAA', 'TTTTT', 'CCCC'])).join(''),
}))
const genome = path.join(folder, 'genome.fa')
writeFileSync(genome, contigs.map(({ name, bases }) => `>${name} a comment\n${(bases.match(/.{1,60}/g) ?? []).join('\n')}\n`).join(''))
execFileSync('samtools', ['faidx', genome])

const usual: Wish = {
  snps: 60,
  indels: 30,
  maxIndel: 20,
  minDistance: 15,
  edge: 50,
  adjacent: 0.2,
  homopolymer: 0.3,
  borders: [1000, 2000, 3000, 4000],
  ploidy: 1,
  homozygous: 0.4,
  shared: 0.5,
  sharedSeed: 1,
  seed: 2,
}
const isSnp = ({ ref, alt }: Variant) => ref.length === alt.length
const site = ({ contig, start, ref, alt }: Variant) => `${contig}:${start}:${ref}:${alt}`

it('draws the same numbers everywhere', () => {
  const { below } = generator(42)
  expect([below(2 ** 32), below(2 ** 32), below(2 ** 32)]).toEqual([2581720956, 1925393290, 3661312704])
})

describe('left alignment', () => {
  it.each([
    [4, 1, '', { start: 1, ref: 'GA', alt: 'G', end: 6 }],
    [6, 0, 'A', { start: 1, ref: 'G', alt: 'GA', end: 6 }],
    [8, 2, '', { start: 5, ref: 'ACT', alt: 'A', end: 10 }],
    [8, 0, 'CT', { start: 5, ref: 'A', alt: 'ACT', end: 10 }],
    [7, 0, 'GG', { start: 6, ref: 'C', alt: 'CGG', end: 7 }],
  ])('of an indel before base %i, %i bases away, "%s" in', (at, removed, inserted, expected) => {
    expect(leftAligned('TGAAAACTCTGG', at, removed, inserted)).toEqual(expected)
  })
})

describe('draws', () => {
  const variants = draw(contigs, usual)
  it('as many as asked for, where asked for, and the same again', () => {
    expect(variants.filter(isSnp)).toHaveLength(60)
    expect(variants.filter(variant => !isSnp(variant))).toHaveLength(30)
    expect(variants.filter(({ place }) => place === 'adjacent')).toHaveLength(12)
    expect(variants.filter(({ place }) => place === 'homopolymer').length).toBeGreaterThanOrEqual(7)
    expect(draw(contigs, usual)).toEqual(variants)
    expect(draw(contigs, { ...usual, seed: 3 })).not.toEqual(variants)
  })
  it('at every border: on the last base, on the first of the next, across, and between', () => {
    const near = (at: number) =>
      variants.filter(({ contig, place, start }) => contig === 0 && place === 'border' && Math.abs(start + 1 - at) <= 20)
    const [across, between, last, first] = [1000, 2000, 3000, 4000].map(near)
    expect(last?.map(({ start }) => start + 1)).toEqual([3000])
    expect(first?.map(({ start }) => start + 1)).toEqual([4001])
    expect(across?.[0]?.start).toBeLessThan(1000)
    expect((across?.[0]?.start ?? 0) + (across?.[0]?.ref.length ?? 0)).toBeGreaterThan(1000)
    expect(between?.[0]).toMatchObject({ ref: expect.stringMatching(/^.$/), alt: expect.stringMatching(/^.{2,}$/) })
  })
  it('no two too near, but for the pairs', () => {
    for (const [n, { contig, start, ref, place }] of variants.entries()) {
      const next = variants[n + 1]
      if (next?.contig === contig && !(place === 'adjacent' && next.place === 'adjacent'))
        expect(next.start - (start + ref.length)).toBeGreaterThanOrEqual(15)
    }
  })
  it('half in common for samples with the same shared seed', () => {
    const other = new Set(draw(contigs, { ...usual, seed: 3 }).map(site))
    expect(variants.filter(variant => other.has(site(variant))).length).toBeGreaterThanOrEqual(45)
  })
  it('a diploid with both kinds of heterozygote', () => {
    const diploid = draw(contigs, { ...usual, ploidy: 2 })
    expect(new Set(diploid.map(({ alleles }) => alleles.join('|')))).toEqual(new Set(['0|1', '1|0', '1|1']))
  })
  it('or says that there is no room', () => {
    expect(() => draw(contigs, { ...usual, snps: 4000 })).toThrow(/^Only \d+ of 4000 snps fit into \d+ bases\. .* lower one of them\.$/)
  })
})

it('puts them into the bases', () => {
  const at = { contig: 0, place: 'random', alleles: [1] } as const
  expect(
    apply('ACGTACGT', [
      { ...at, start: 1, ref: 'C', alt: 'T' },
      { ...at, start: 3, ref: 'TA', alt: 'T' },
      { ...at, start: 6, ref: 'G', alt: 'GCC' },
    ]),
  ).toBe('ATGTCGCCT')
})

it.each([1, 2] as const)('writes what bcftools agrees with: normal form, and the haplotypes by consensus (ploidy %i)', async ploidy => {
  const reference = given('genome', indexedFasta({ reference: { sameAs: 'genome' } }), { '': genome, '.fai': `${genome}.fai` })
  const { haplotypes, truth } = await made(
    mutate({
      genome: reference,
      sample: 's',
      snps: 60,
      indels: 30,
      minDistance: 15,
      edge: 50,
      borders: [1000],
      shared: 0.5,
      seed: 5,
      ploidy,
    }),
  )
  const bcftools = (...words: string[]) => execFileSync('bcftools', words, { stdio: ['ignore', 'pipe', 'ignore'] }).toString()
  const records = bcftools('view', '-H', truth.path)
  expect(records.trim().split('\n')).toHaveLength(90)
  expect(bcftools('norm', '-f', genome, '-m', '-both', '-a', '-c', 'e', truth.path).replace(/^#.*\n/gm, '')).toBe(records)
  const consensus = Array.from({ length: ploidy }, (_, n) =>
    readFasta(bcftools('consensus', '-f', genome, '-H', `${n + 1}`, truth.path)).map(({ bases }) => bases),
  )
  expect(readFasta(readFileSync(haplotypes.path, 'utf8')).map(({ bases }) => bases)).toEqual(consensus.flat())
})
