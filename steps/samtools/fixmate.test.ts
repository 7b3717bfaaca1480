import { bam } from 'trireme-bio/kinds'
import { bamFile, folder, pairs, samOf, samText } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { fixmate } from './fixmate.ts'

it('gives every read the score and CIGAR of its mate', async () => {
  const aligned = given('aligned', bam({ sorted: 'unsorted' }), bamFile(folder(), 'aligned', samText(pairs(), 's')))
  const sam = samOf((await made(fixmate({ aligned }))).fixed.path)
  const records = sam.split('\n').filter(line => line !== '' && !line.startsWith('@'))
  expect(records.length).toBe(2 * pairs().length)
  expect(records.every(line => /\tms:i:3200\b/.test(line) && /\tMC:Z:80M\b/.test(line))).toBe(true)
  expect(sam).not.toContain('@PG')
})
