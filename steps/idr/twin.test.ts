import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { imageTable } from 'trireme-bio/kinds'
import { pack } from 'trireme-bio/steps/image/pack'
import { given, made, scratch } from 'trireme-bio/testing'
import { describe, expect, it } from 'vitest'
import { twin, twinImages } from './twin.ts'

const header = 'image\tpatient\troi\tlabel\tsplit\tscored\tset'
const rows = [
  '33381_0_fal_10_0\t33381\t10\t1\ttrain\t1\tfold_1',
  '33381_0_fal_14_0\t33381\t14\t1\ttrain\t1\tfold_1',
  '33553_1_nrm_10_0\t33553\t10\t0\ttrain\t1\tfold_1',
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
    expect(readFileSync(two.packed.parts.index!, 'utf8')).toBe([header, ...rows, ''].join('\n'))
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
    await expect(faulty('a\tb\t1\t2\ttrain\t1\tx')).rejects.toThrow('is faulty: line 2 has the label "2"; right is 0 or 1')
    await expect(faulty('../a\tb\t1\t1\ttrain\t1\tx')).rejects.toThrow('line 2 has the image "../a" and the patient "b"; right are names')
  })
})
