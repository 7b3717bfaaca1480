import { readFileSync } from 'node:fs'
import { bam } from 'trireme-bio/kinds'
import { folder, indexedBamFile, pairs, samOf, samText } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { merge } from './merge.ts'

const at = folder()
const half = (n: number) => pairs().filter((_, m) => m % 2 === n)
const lane = (name: string, sam: string) => given(name, bam({ sorted: 'coordinate' }), indexedBamFile(at, name, sam)[''])
const named = (sam: string, id: string) => sam.replaceAll('s.lane', id)
const lanes = () => [lane('one', named(samText(half(0), 's'), 's.1')), lane('two', named(samText(half(1), 's'), 's.2'))]

it('keeps the order and both read groups', async () => {
  const sam = samOf((await made(merge({ lanes: lanes() }))).merged.path)
    .trimEnd()
    .split('\n')
  expect(sam[0]).toBe('@HD\tVN:1.6\tSO:coordinate')
  expect(sam.filter(line => line.startsWith('@RG'))).toEqual(['@RG\tID:s.1\tSM:s\tPL:ILLUMINA', '@RG\tID:s.2\tSM:s\tPL:ILLUMINA'])
  expect(sam.filter(line => !line.startsWith('@')).length).toBe(2 * pairs().length)
})
it('takes one lane as well, and equal read groups as one', async () => {
  const [first] = lanes()
  expect(samOf((await made(merge({ lanes: [first!] }))).merged.path)).toBe(
    samOf(indexedBamFile(at, 'one', named(samText(half(0), 's'), 's.1'))['']),
  )
  const same = await made(merge({ lanes: [lane('a', samText(half(0), 's')), lane('b', samText(half(1), 's'))] }))
  expect(samOf(same.merged.path).match(/^@RG/gm)).toEqual(['@RG'])
})
it('writes the same bytes twice', async () => {
  const [one, two] = [await made(merge({ lanes: lanes() })), await made(merge({ lanes: lanes() }), { cpu: 1 })]
  expect(readFileSync(one.merged.path).equals(readFileSync(two.merged.path))).toBe(true)
})
