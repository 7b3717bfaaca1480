import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { packedImages } from 'trireme-bio/kinds'
import { scratch } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { npyHeader, readNpyHeader } from './npy.ts'

const index = 'image\tpatient\troi\tlabel\tsplit\tscored\tset\na\tp\t1\t1\ttrain\t1\tx\nb\tq\t1\t0\ttrain\t1\tx\n'
const verdict = async (pixels: Buffer, rows = index) => {
  const folder = scratch()
  const parts = { pixels: path.join(folder, 'a.npy'), index: path.join(folder, 'a.tsv') }
  writeFileSync(parts.pixels, pixels)
  writeFileSync(parts.index, rows)
  return packedImages.probe!({ path: path.join(folder, 'a'), facts: {}, companions: [], parts, same: () => undefined })
}
const array = (shape: readonly number[], bytes: number) => Buffer.concat([npyHeader(shape), Buffer.alloc(bytes)])

it('knows a sound pair of pixels and index', async () => {
  expect(await verdict(array([2, 4, 4, 3], 96))).toBeUndefined()
})
it.each([
  [Buffer.from('PK'), index, '(pixels) is not an array of NumPy: it does not start with \\x93NUMPY'],
  [array([2, 4, 4], 32), index, '(pixels) has the shape (2, 4, 4); right is (images, height, width, 3)'],
  [array([2, 4, 4, 3], 95), index, '(pixels) has 223 bytes where its header promises 224. Make or copy it again'],
  [array([1, 4, 4, 3], 48), index, 'holds 1 images and an index of 2. They are not of one packing; make it again'],
  [array([2, 4, 4, 3], 96), index.replace('q\t1\t0', 'q\t1\t7'), '(index) is faulty: line 3 has the label "7"; right is 0 or 1'],
  [
    array([2, 4, 4, 3], 96),
    index.replace('\tq\t', '\tp\t').replace(/train(?=\t1\t\w+\n$)/, 'test'),
    '(index) has the patient "p" in two parts: train in line 2, test in line 3. All images of a patient belong to one, or the test asks for what was learnt. Move them to one split',
  ],
  [
    array([2, 4, 4, 3], 96),
    index.replace('\tq\t', '\tp\t'),
    '(index) has the patient "p" with two labels: 1 in line 2, 0 in line 3. Patients are judged as a whole. Correct one of them',
  ],
  [array([2, 4, 4, 3], 96), index.replace('\nb', '\na'), '(index) names the image "a" twice, in lines 2 and 3. Each image has one row'],
])('says what is wrong: %#', async (pixels, rows, words) => {
  expect(await verdict(pixels, rows)).toBe(words)
})
it('reads the header it writes, of any shape', () => {
  for (const shape of [[1], [2299, 250, 250, 3], [7, 1]]) {
    const head = npyHeader(shape)
    expect([head.length % 64, readNpyHeader(head)]).toEqual([0, { shape, offset: head.length }])
  }
  expect(readNpyHeader(readFileSync(new URL(import.meta.url)))).toContain('is not an array')
  expect(readNpyHeader(Buffer.from(npyHeader([1]).toString('latin1').replace('|u1', '<f4'), 'latin1'))).toContain('right are bytes')
})
