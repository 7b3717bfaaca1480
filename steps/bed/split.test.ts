import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { bed, indexedFasta } from 'trireme-bio/kinds'
import { content, fastaFile, folder, hla, phage } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { splitGenome, splitTargets } from './split.ts'

const at = folder()
const genome = fastaFile(at)
const reference = given('genome', indexedFasta({}), { '': genome, '.fai': `${genome}.fai` })
const targets = (text: string) => {
  const file = path.join(folder(), 'targets.bed')
  writeFileSync(file, text)
  return given('targets', bed, file)
}
const texts = (parts: readonly { path: string }[]) => parts.map(({ path }) => content(path))

it('cuts a genome into parts of equal size, in its order', async () => {
  const { parts } = await made(splitGenome({ reference, count: 4, minBases: 100 }))
  expect(texts(parts)).toEqual([
    `${phage}\t0\t700\n`,
    `${phage}\t700\t1400\n`,
    `${phage}\t1400\t2000\n${hla}\t0\t100\n`,
    `${hla}\t100\t800\n`,
  ])
})
it('makes fewer parts of a small genome', async () => {
  const { parts } = await made(splitGenome({ reference, count: 4 }))
  expect(texts(parts)).toEqual([`${phage}\t0\t2000\n${hla}\t0\t800\n`])
})
it('sorts and merges targets before it cuts them', async () => {
  const text = `# mine\n${hla}\t10\t60\textra\r\n${phage}\t100\t150\n${phage}\t140\t200\n${phage}\t200\t210\n`
  const { parts } = await made(splitTargets({ reference, targets: targets(text), count: 2, minBases: 1 }))
  expect(texts(parts)).toEqual([`${phage}\t100\t180\n`, `${phage}\t180\t210\n${hla}\t10\t60\n`])
})
it.each([
  ['chr1\t0\t5\n', `Line 1 of the BED names the contig "chr1", the reference has "${phage}", "${hla}". Give the BED of this reference.`],
  [`${hla}\t0\t801\n`, `Line 1 of the BED ends at 801, the contig "${hla}" at 800. Give the BED of this reference.`],
  [
    `#\n${hla}\t5\t5\n`,
    'Line 2 of the BED goes from "5" to "5"; right are whole numbers, the first the lesser, counted from 0. Correct the line.',
  ],
  ['# none\n', 'The BED holds no region; one is the least. Give another BED, or none for the whole genome.'],
])('refuses %j', async (text, message) => {
  await expect(made(splitTargets({ reference, targets: targets(text), count: 1 }))).rejects.toThrow(message)
})
