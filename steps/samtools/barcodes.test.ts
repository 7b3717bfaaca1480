import { anyBam } from 'trireme-bio/kinds'
import { bamFile, content, folder, pairs, samText } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { barcodes } from './barcodes.ts'

const at = folder()
const own = pairs().slice(0, 4)
const without = async (umi: 'name' | 'RX', sam: string) => {
  const alignments = given('reads', anyBam, bamFile(at, 'reads', sam))
  return Number(content((await made(barcodes({ alignments, umi }))).report.path))
}
it('counts reads whose names have no eighth part', async () => {
  const named = own.map((pair, n) => ({ ...pair, name: n < 3 ? `A:1:F:1:11:2:3:ACGT${n}` : 'A:1:F:1:11:2:3' }))
  expect(await without('name', samText(named, 's'))).toBe(2)
})
it('counts reads without the tag', async () => {
  expect(await without('RX', samText(own, 's'))).toBe(8)
  expect(await without('RX', samText(own, 's', 'unsorted', 'RX:Z:ACGT'))).toBe(0)
})
