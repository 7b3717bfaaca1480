import { readFileSync } from 'node:fs'
import { fastqPair } from 'trireme-bio/kinds'
import { content, fastqFiles, folder, pairs } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { trim } from './trim.ts'

const at = folder()
const reads = given('reads', fastqPair, fastqFiles(at, 'reads'))
/** An insert of 40 bases: both mates read through it into the adapter. */
const adapter = 'AGATCGGAAGAGCACACGTCTGAACTCCAGTCACATCACG'
const through = pairs().map(pair => ({
  ...pair,
  sequences: [pair.sequences[0].slice(0, 40) + adapter, reversed(adapter) + pair.sequences[0].slice(0, 40)] as const,
}))
function reversed(sequence: string): string {
  return [...sequence]
    .reverse()
    .map(base => ({ A: 'T', C: 'G', G: 'C', T: 'A' })[base]!)
    .join('')
}
const lengths = (file: string) =>
  new Set(
    content(file)
      .split('\n')
      .filter((_, n) => n % 4 === 1)
      .map(sequence => sequence.length),
  )

it('passes good reads, and its reports hold no date, path or command line', async () => {
  const { trimmed, report, page } = await made(trim({ reads }))
  expect(content(trimmed.parts.first!).split('\n').length).toBe(4 * pairs().length + 1)
  expect(JSON.parse(content(report.path))).toMatchObject({
    command: 'fastp',
    summary: { after_filtering: { total_reads: 2 * pairs().length } },
  })
  expect(content(page.path)).not.toMatch(/in\/reads|out\/|20[0-9]{2}-[0-9]{2}-[0-9]{2}|--dont_eval/)
})
it('writes the same bytes with one core and with two', async () => {
  const [one, two] = [await made(trim({ reads }), { cpu: 1 }), await made(trim({ reads }), { cpu: 2 })]
  for (const [a, b] of [
    [one.trimmed.parts.first, two.trimmed.parts.first],
    [one.trimmed.parts.second, two.trimmed.parts.second],
    [one.report.path, two.report.path],
    [one.page.path, two.page.path],
  ])
    expect(readFileSync(a!).equals(readFileSync(b!))).toBe(true)
})
it('trims adapters, unless told not to', async () => {
  const long = given('through', fastqPair, fastqFiles(at, 'through', through))
  expect(lengths((await made(trim({ reads: long }))).trimmed.parts.first!)).toEqual(new Set([40]))
  expect(lengths((await made(trim({ reads: long, adapters: false }))).trimmed.parts.first!)).toEqual(new Set([80]))
})
it('drops short reads, unless told not to', async () => {
  const kept = async (settings: { minLength?: number; dropShort?: boolean }) =>
    JSON.parse(content((await made(trim({ reads, minLength: 81, ...settings }))).report.path)).summary.after_filtering.total_reads
  expect(await kept({ minLength: 80 })).toBe(2 * pairs().length)
  expect(await kept({ dropShort: false })).toBe(2 * pairs().length)
})
it('gives files without reads where none are left', async () => {
  const dimers = pairs().map(pair => ({ ...pair, sequences: ['ACGTACGTAC', 'ACGTACGTAC'] as const }))
  const { trimmed } = await made(trim({ reads: given('dimers', fastqPair, fastqFiles(at, 'dimers', dimers)) }))
  expect([trimmed.parts.first, trimmed.parts.second].map(file => content(file!))).toEqual(['', ''])
})
it('drops no read for poor bases or Ns, unless told to', async () => {
  const poor = pairs().map((pair, n) => ({
    ...pair,
    sequences: [n % 2 === 0 ? `${'N'.repeat(20)}${pair.sequences[0].slice(20)}` : pair.sequences[0], pair.sequences[1]] as const,
  }))
  const files = given('poor', fastqPair, fastqFiles(at, 'poor', poor))
  const kept = async (settings: { dropPoor?: boolean; maxN?: number }) =>
    JSON.parse(content((await made(trim({ reads: files, ...settings }))).report.path)).summary.after_filtering.total_reads
  expect(await kept({})).toBe(2 * poor.length)
  expect(await kept({ dropPoor: true })).toBe(2 * Math.floor(poor.length / 2))
  expect(await kept({ dropPoor: true, maxN: 20 })).toBe(2 * poor.length)
})
