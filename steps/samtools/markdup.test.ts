import { bam } from 'trireme-bio/kinds'
import { fixmate } from 'trireme-bio/steps/samtools/fixmate'
import { sort } from 'trireme-bio/steps/samtools/sort'
import { bamFile, folder, pairs, samOf, samText } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { markdup } from './markdup.ts'

const at = folder()
const flagged = (sam: string) => sam.split('\n').filter(line => (Number(line.split('\t')[1]) & 1024) !== 0 && !line.startsWith('@'))

it('marks the second of two pairs that lie alike, and writes an index', async () => {
  const twice = pairs().flatMap(pair => [pair, ...(pair.name === '4:0' ? [{ ...pair, name: 'again' }] : [])])
  const aligned = given('aligned', bam({ sorted: 'unsorted' }), bamFile(at, 'aligned', samText(twice, 's')))
  const { marked } = await made(markdup({ merged: sort({ unsorted: fixmate({ aligned }).fixed }).sorted }))
  const sam = samOf(marked.path)
  expect(flagged(sam).length).toBe(2)
  expect(flagged(sam).every(line => line.startsWith('again\t') || line.startsWith('4:0\t'))).toBe(true)
  expect(sam).not.toContain('@PG')
  expect(marked.companions['.bai']).toMatch(/\.bam\.bai$/)
})
it('says what is missing when mates have no scores', async () => {
  const merged = given('merged', bam({ sorted: 'coordinate' }), bamFile(at, 'bare', samText(pairs().slice(0, 1), 's', 'coordinate')))
  await expect(made(markdup({ merged }))).rejects.toThrow('Please run samtools fixmate on file first')
})
