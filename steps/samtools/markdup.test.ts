import { bam } from 'trireme-bio/kinds'
import { fixmate } from 'trireme-bio/steps/samtools/fixmate'
import { sort } from 'trireme-bio/steps/samtools/sort'
import { bamFile, content, folder, pairs, samOf, samText } from 'trireme-bio/steps/tiny'
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
it('removes duplicates when asked to, and counts them either way', async () => {
  const twice = pairs().flatMap(pair => [pair, { ...pair, name: `${pair.name}:again` }])
  const aligned = given('copies', bam({ sorted: 'unsorted' }), bamFile(at, 'copies', samText(twice, 's')))
  const { sorted } = sort({ unsorted: fixmate({ aligned }).fixed })
  for (const remove of [false, true]) {
    const { marked, report } = await made(markdup({ merged: sorted, remove }))
    const lines = samOf(marked.path)
      .split('\n')
      .filter(line => line !== '' && !line.startsWith('@'))
    expect(lines.length).toBe(remove ? twice.length : 2 * twice.length)
    expect(content(report.path)).toMatch(new RegExp(`^DUPLICATE PRIMARY TOTAL: ${twice.length}$`, 'm'))
    expect(content(report.path)).not.toContain('COMMAND')
  }
})
it('tells molecules apart by their UMI, in names and in the tag RX', async () => {
  const [pair] = pairs()
  const named = ['AAAA', 'AAAA', 'CCCC'].map((umi, n) => ({ ...pair!, name: `M:1:F:1:1:1:${n}:${umi}` }))
  const tagged = samText(named, 's')
    .split('\n')
    .map(line => line.replace(/^(\S+:([ACGT]{4})\t.*)$/, '$1\tRX:Z:$2'))
    .join('\n')
  const aligned = given('umis', bam({ sorted: 'unsorted' }), bamFile(at, 'umis', tagged))
  const { sorted } = sort({ unsorted: fixmate({ aligned }).fixed })
  const count = async (umi: 'none' | 'name' | 'RX') => flagged(samOf((await made(markdup({ merged: sorted, umi }))).marked.path)).length
  expect([await count('none'), await count('name'), await count('RX')]).toEqual([4, 2, 2])
})
