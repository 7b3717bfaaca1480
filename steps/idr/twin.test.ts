import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { imageTable } from 'trireme-bio/kinds'
import { pack } from 'trireme-bio/steps/image/pack'
import { given, made, scratch } from 'trireme-bio/testing'
import { describe, expect, it } from 'vitest'
import { twin, twinImages } from './twin.ts'

const header = 'image\tgroup\tlabel\tclass\tsplit\tscored\troi\tset'
const rows = [
  '33381_0_fal_10_0.png\t33381\t1\tfailing\ttrain\t1\t10\tfold_1',
  '33381_0_fal_14_0.png\t33381\t1\tfailing\ttrain\t1\t14\tfold_1',
  '33553_1_nrm_10_0.png\t33553\t0\tother\ttrain\t1\t10\tfold_1',
]
const tableOf = (...rows: readonly string[]) => {
  const file = path.join(scratch(), 'table.tsv')
  writeFileSync(file, [header, ...rows].map(row => `${row}\n`).join(''))
  return given('table', imageTable, file)
}
const bytes = 250 * 250 * 3
const imagesOf = (file: string) => {
  const content = readFileSync(file)
  const start = 10 + content.readUInt16LE(8)
  return Array.from({ length: (content.length - start) / bytes }, (_, n) => content.subarray(start + n * bytes, start + (n + 1) * bytes))
}
const digest = (content: Buffer) => createHash('sha256').update(content).digest('hex').slice(0, 16)

describe('the twin', () => {
  it('draws the bytes that are pinned, whatever the number of threads', async () => {
    const table = tableOf(...rows)
    const [two, one] = [await made(twin({ table })), await made(twin({ table }), { cpu: 1 })]
    expect(imagesOf(two.packed.parts.pixels!).map(digest)).toEqual(['b221e7b2f1e9f3e1', '7b7b63c5057e260f', '14e567c163a9e86b'])
    expect(readFileSync(one.packed.parts.pixels!).equals(readFileSync(two.packed.parts.pixels!))).toBe(true)
    const [, ...index] = readFileSync(two.packed.parts.index!, 'utf8').trimEnd().split('\n')
    expect(index.map(line => line.split('\t')[0])).toEqual(rows.map(line => line.split('\t')[0]))
    expect(index[1]).toMatch(/^33381_0_fal_14_0\.png\t7b7b63c5057e260f[0-9a-f]{48}\tdrawn\t250\t250$/)
  })
  it('draws any image alone', async () => {
    const { packed } = await made(twin({ table: tableOf(rows[1]!) }))
    expect(imagesOf(packed.parts.pixels!).map(digest)).toEqual(['7b7b63c5057e260f'])
  })
  it('draws others with another seed', async () => {
    const { packed } = await made(twin({ table: tableOf(rows[1]!), seed: 7 }))
    expect(imagesOf(packed.parts.pixels!).map(digest)).not.toEqual(['7b7b63c5057e260f'])
  })
  it('writes an array as NumPy does', async () => {
    const { packed } = await made(twin({ table: tableOf(...rows) }))
    const start = readFileSync(packed.parts.pixels!).subarray(0, 128)
    expect(start.subarray(0, 8).toString('latin1')).toBe('\x93NUMPY\x01\x00')
    expect(start.toString('latin1', 10)).toMatch(/^\{'descr': '\|u1', 'fortran_order': False, 'shape': \(3, 250, 250, 3\), \} *\n$/)
  })
  it('is the same by way of PNGs, and the archive the same each time', async () => {
    const table = tableOf(...rows)
    const archive = twinImages({ table }).archive
    const all = await made({
      archive,
      again: twinImages({ table }).archive,
      direct: twin({ table }).packed,
      by: pack({ table, archive }).packed,
    })
    expect(readFileSync(all.by.parts.pixels!).equals(readFileSync(all.direct.parts.pixels!))).toBe(true)
    expect(digest(readFileSync((await made(twinImages({ table }))).archive.path))).toBe(digest(readFileSync(all.archive.path)))
  })
  it('refuses what is no table of images', async () => {
    const faulty = async (row: string) => made(twin({ table: tableOf(row) }))
    await expect(faulty('a\tb\tx\tc\ttrain\t1\t1\tx')).rejects.toThrow(
      'is faulty: line 2 has the label "x"; right is the number of a class, from 0',
    )
    await expect(faulty('../a\tb\t1\tc\ttrain\t1\t1\tx')).rejects.toThrow(
      'line 2 has the image "../a"; right is a place within the images, without ".."',
    )
    await expect(faulty('a\tb\t1\tc\ttrain\t1\tone\tx')).rejects.toThrow(
      'The image "a" has the region "one" in the column roi; right is a whole number.',
    )
  })
})
