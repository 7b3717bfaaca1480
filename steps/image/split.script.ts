// A table of images → the same with a part for each, and a report of how it was divided and what was checked.
//   node split.script.mjs --table IN.tsv --divided OUT.tsv --report OUT.json --told OUT.txt
//     --test SHARE --validation SHARE --seed N --duplicates refuse|allow [PAIRS.tsv]
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type ImagePair, parsePairs } from '../image-pairs.ts'
import { parseTable, tableText } from '../image-table.ts'
import { Fault, main } from '../script.ts'
import { several } from '../words.ts'
import { divide } from './split/divide.ts'
import { type Part, reported } from './split/report.ts'

const read = (file: string): readonly ImagePair[] => {
  const pairs = parsePairs(readFileSync(file, 'utf8'))
  if (typeof pairs === 'string') throw new Fault(`The file of pairs ${pairs}.`)
  return pairs
}
const lineOf = ([name, { images, groups, classes }]: readonly [string, Part]) =>
  `${name}: ${several(images, 'image')} of ${several(groups, 'group')} (${Object.entries(classes)
    .map(([word, count]) => `${word} ${count.toLocaleString('en')}`)
    .join(', ')})`

await main(() => {
  const text = { type: 'string' } as const
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...{ table: text, divided: text, report: text, told: text, test: text, validation: text, seed: text, duplicates: text },
    },
  })
  const rows = parseTable(readFileSync(values.table ?? '', 'utf8'))
  if (typeof rows === 'string') throw new Fault(`The table of images ${rows}.`)
  const pairs = positionals.length > 0 ? positionals.flatMap(read) : undefined
  const seed = Number(values.seed)
  const duplicates = values.duplicates === 'allow' ? 'allow' : 'refuse'
  const shares = { test: Number(values.test), validation: Number(values.validation), seed }
  const divided = divide(rows, duplicates === 'refuse' ? (pairs ?? []) : [], shares)
  const { report, warnings } = reported(divided, pairs, { seed, duplicates })
  writeFileSync(values.divided ?? '', tableText(divided.rows))
  writeFileSync(values.report ?? '', `${JSON.stringify(report, undefined, 2)}\n`)
  const lines = [...Object.entries(report.parts).map(lineOf), ...report.checks.filter(check => !warnings.includes(check))]
  writeFileSync(values.told ?? '', [...lines, ...warnings.map(warning => `Warning: ${warning}`)].map(line => `${line}\n`).join(''))
})
