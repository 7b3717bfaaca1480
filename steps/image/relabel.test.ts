import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { packedImages } from 'trireme-bio/kinds'
import { npyHeader } from 'trireme-bio/steps/npy'
import { given, made, scratch } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { relabel } from './relabel.ts'

it('gives each split its own labels in another order, one a patient, and leaves the images alone', async () => {
  const folder = scratch()
  const [pixels, index] = [path.join(folder, 'a.npy'), path.join(folder, 'a.tsv')]
  const patients = Array.from({ length: 12 }, (_, n) => ({
    patient: `p${n}`,
    label: n < 6 ? 1 : 0,
    split: n % 2 === 0 ? 'train' : 'test',
    scored: 1,
  }))
  const all = [...patients, { patient: 'other', label: 1, split: 'test', scored: 0 }]
  const rows = all.flatMap(({ patient, label, split, scored }) =>
    [1, 2].map(roi => `${patient}_${roi}\t${patient}\t${roi}\t${label}\t${split}\t${scored}\tx\n`),
  )
  writeFileSync(pixels, Buffer.concat([npyHeader([26, 1, 1, 3]), Buffer.from(Array.from({ length: 78 }, (_, n) => n))]))
  writeFileSync(index, ['image\tpatient\troi\tlabel\tsplit\tscored\tset\n', ...rows].join(''))
  const packed = given('packed', packedImages, { pixels, index })
  const { relabelled } = await made(relabel({ packed, seed: 1 }))
  expect(readFileSync(relabelled.parts.pixels!).equals(readFileSync(pixels))).toBe(true)
  const labels = readFileSync(relabelled.parts.index!, 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map(row => row.split('\t'))
  const count = (split: string) => labels.filter(row => row[4] === split && row[5] === '1' && row[3] === '1').length
  expect([count('train'), count('test')]).toEqual([6, 6])
  for (const { patient } of all) expect(new Set(labels.filter(row => row[1] === patient).map(row => row[3])).size).toBe(1)
  expect(labels.filter(row => row[1] === 'other').map(row => row[3])).toEqual(['1', '1'])
  expect(labels.map(row => row[3]).join('')).not.toBe(rows.map(row => row.split('\t')[3]).join(''))
})
