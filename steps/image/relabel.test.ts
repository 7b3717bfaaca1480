import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { splitTable } from 'trireme-bio/kinds'
import { given, made, scratch } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { relabel } from './relabel.ts'

it('gives each part its own labels in another order, one a group', async () => {
  const file = path.join(scratch(), 'a.tsv')
  const groups = Array.from({ length: 12 }, (_, n) => ({
    group: `p${n}`,
    label: n < 6 ? 1 : 0,
    split: n % 2 === 0 ? 'train' : 'test',
    scored: 1,
  }))
  const all = [...groups, { group: 'other', label: 1, split: 'test', scored: 0 }]
  const rows = all.flatMap(({ group, label, split, scored }) =>
    [1, 2].map(n => `${group}_${n}\t${group}\t${label}\t${label === 1 ? 'yes' : 'no'}\t${split}\t${scored}\n`),
  )
  writeFileSync(file, ['image\tgroup\tlabel\tclass\tsplit\tscored\n', ...rows].join(''))
  const { relabelled } = await made(relabel({ table: given('table', splitTable, file), seed: 1 }))
  const labels = readFileSync(relabelled.path, 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map(row => row.split('\t'))
  const count = (split: string) => labels.filter(row => row[4] === split && row[5] === '1' && row[2] === '1').length
  expect([count('train'), count('test')]).toEqual([6, 6])
  for (const { group } of all) expect(new Set(labels.filter(row => row[1] === group).map(row => `${row[2]}${row[3]}`)).size).toBe(1)
  expect(labels.filter(row => row[1] === 'other').map(row => row[2])).toEqual(['1', '1'])
  expect(labels.map(row => row[2]).join('')).not.toBe(rows.map(row => row.split('\t')[2]).join(''))
})
