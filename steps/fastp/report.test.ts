import { fastqPair } from 'trireme-bio/kinds'
import { content, fastqFiles, folder, pairs } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { report } from './report.ts'

const at = folder()
const adapter = 'AGATCGGAAGAGCACACGTCTGAACTCCAGTCACATCACG'
const reversed = (sequence: string) =>
  [...sequence]
    .reverse()
    .map(base => ({ A: 'T', C: 'G', G: 'C', T: 'A', N: 'N' })[base]!)
    .join('')

it('counts every read, also poor and short ones, and those with adapters; its reports hold no date, path or command line', async () => {
  const own = pairs().map((pair, n) => {
    if (n % 3 === 0) return { ...pair, sequences: ['N'.repeat(80), 'N'.repeat(80)] as const }
    if (n % 3 === 1) return pair
    const insert = pair.sequences[0].slice(0, 40)
    return { ...pair, sequences: [insert + adapter, reversed(adapter) + insert] as const }
  })
  const reads = given('reads', fastqPair, fastqFiles(at, 'reads', own))
  const made_ = await made(report({ reads }))
  const told = JSON.parse(content(made_.report.path))
  expect([told.command, told.summary.before_filtering.total_reads, told.summary.after_filtering.total_reads]).toEqual([
    'fastp',
    2 * own.length,
    2 * own.length,
  ])
  expect(told.adapter_cutting.adapter_trimmed_reads).toBe(2 * own.filter((_, n) => n % 3 === 2).length)
  expect(content(made_.page.path)).not.toMatch(/in\/reads|out\/|20[0-9]{2}-[0-9]{2}-[0-9]{2}|--dont_eval/)
})
