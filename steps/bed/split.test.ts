import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
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
  const text = `\ufeff# mine\n${hla}\t10\t60\textra\r\n${phage}\t100\t150\n${phage}\t140\t200\n${phage}\t200\t210\n`
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
it('takes contigs named as lines of a BED that are none', async () => {
  const at = folder()
  const names = ['track-1', 'browser', 'track', 'HLA-A*01:01']
  const odd = given(
    'odd',
    indexedFasta({}),
    (file => ({ '': file, '.fai': `${file}.fai` }))(fastaFile(at, Object.fromEntries(names.map(name => [name, 'ACGT'])))),
  )
  const whole = await made(splitGenome({ reference: odd, count: 1 }))
  expect(texts(whole.parts)).toEqual([names.map(name => `${name}\t0\t4\n`).join('')])
  const lines = [
    'track name="x y"',
    'browser position chr1:1-2',
    'track',
    'browser\t1\t3',
    'track\t0\t2',
    '#track-1\t0\t1',
    'track-1\t2\t4',
  ]
  const { parts } = await made(splitTargets({ reference: odd, targets: targets(`${lines.join('\n')}\n`), count: 1 }))
  expect(texts(parts)).toEqual(['track-1\t2\t4\nbrowser\t1\t3\ntrack\t0\t2\n'])
})
it('does eight times the work for eight times the contigs and regions', () => {
  const at = folder()
  const script = fileURLToPath(new URL('../../dist/steps/bed/split.script.mjs', import.meta.url))
  const seconds = (contigs: number) => {
    const line = (n: number) => `contig_${n}\t10000`
    const fai = path.join(at, `${contigs}.fai`)
    writeFileSync(fai, Array.from({ length: contigs }, (_, n) => `${line(n)}\t10\t60\t61\n`).join(''))
    const bed = path.join(at, `${contigs}.bed`)
    writeFileSync(
      bed,
      Array.from({ length: contigs }, (_, n) => `contig_${(n * 7919) % contigs}\t${n % 9000}\t${(n % 9000) + 500}\n`).join(''),
    )
    const started = performance.now()
    execFileSync('node', [script, fai, '8', '1', at, bed])
    return performance.now() - started
  }
  seconds(100)
  expect(seconds(80_000) / seconds(10_000)).toBeLessThan(32) // a quadratic one: 64 and more
})
