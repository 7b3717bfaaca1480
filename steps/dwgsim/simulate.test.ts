import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { fasta } from 'trireme-bio/kinds'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { simulate } from './simulate.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'dwgsim-simulate-'))
const file = path.join(folder, 'haplotype.fa')
// 3,000 bases without a pattern, from awk's own arithmetic: dwgsim needs nothing of them but that they be A, C, G or T.
const bases = execFileSync('awk', [
  'BEGIN { x = 7; for (i = 0; i < 3000; i++) { x = (x * 48271) % 2147483647; printf "%s", substr("ACGT", 1 + x % 4, 1) } }',
]).toString()
writeFileSync(file, `>gi|1|ref|c.1| with a comment\n${bases}\n`)
const haplotypes = given('haplotypes', fasta, file)

const fastq = (at: string) => gunzipSync(readFileSync(at)).toString().trimEnd().split('\n')
const complement = (text: string) =>
  [...text]
    .reverse()
    .map(base => 'TGCA'['ACGT'.indexOf(base)])
    .join('')

it('draws every read from the haplotype, with the coverage asked for and no noise', async () => {
  const { reads } = await made(
    simulate({ haplotypes, prefix: 's_L1', amount: { coverage: 20 }, length: 50, errorRate: 0, insert: 200, insertDeviation: 20, seed: 1 }),
  )
  const [first, second] = [fastq(reads.parts.first ?? ''), fastq(reads.parts.second ?? '')]
  const texts = [...first, ...second].filter((_, line) => line % 4 === 1)
  expect(texts.filter(text => !bases.includes(text) && !bases.includes(complement(text)))).toEqual([])
  expect((texts.length * 50) / 3000).toBeCloseTo(20, 0)
  expect(first[0]).toMatch(/^@s_L1_/)
  expect(first.filter((_, line) => line % 4 === 0).map(name => name.replace(/\/1$/, ''))).toEqual(
    second.filter((_, line) => line % 4 === 0).map(name => name.replace(/\/2$/, '')),
  )
})

it('gives the same bytes for the same seed, others for another', async () => {
  const of = async (seed: number) => {
    const { reads } = await made(simulate({ haplotypes, prefix: 's', amount: { pairs: 100 }, length: 50, insert: 200, seed }))
    return readFileSync(reads.parts.first ?? '')
  }
  const [one, again, other] = [await of(1), await of(1), await of(2)]
  expect(gunzipSync(one).toString().split('\n')).toHaveLength(401)
  expect(again.equals(one)).toBe(true)
  expect(other.equals(one)).toBe(false)
})
