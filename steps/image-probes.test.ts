import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { packedImages } from 'trireme-bio/kinds'
import { scratch } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { npyHeader, readNpyHeader } from './npy.ts'

const digest = 'a'.repeat(64)
const index = `image\tsha256\tformat\twidth\theight\na\t${digest}\tpng\t4\t4\nb\t${digest}\tpng\t4\t4\n`
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
  [
    array([2, 4, 4, 3], 96),
    index.replace(/\t4\n$/, '\tfour\n'),
    `(index) is faulty: line 3 is "b\t${digest}\tpng\t4\tfour"; right are image, sha256, format, width, height`,
  ],
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
