import { readFileSync } from 'node:fs'
import { bam } from 'trireme-bio/kinds'
import { bamFile, folder, indexedBamFile, pairs, samText } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { index } from './index.ts'

const at = folder()

it('puts the index beside a copy of the alignments', async () => {
  const files = indexedBamFile(at, 'sorted', samText(pairs(), 's'))
  const { indexed } = await made(index({ sorted: given('sorted', bam({ sorted: 'coordinate' }), files['']) }))
  expect(readFileSync(indexed.path).equals(readFileSync(files['']))).toBe(true)
  expect(readFileSync(indexed.companions['.bai']!).equals(readFileSync(files['.bai']))).toBe(true)
})
it('fails on alignments that only claim to be sorted', async () => {
  const lie = bamFile(at, 'lie', samText(pairs().toReversed(), 's', 'coordinate'))
  await expect(made(index({ sorted: given('lie', bam({ sorted: 'coordinate' }), lie) }))).rejects.toThrow(
    /unsorted positions|no index|failed to create index/i,
  )
})
