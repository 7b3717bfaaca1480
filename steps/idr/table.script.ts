// The study's annotation and its list of files → one checked row an image.
//   node table.script.mjs --annotation FILE.csv --paths FILE.tsv --images OUT.tsv [--train N] [--test N] [--rois N] [--set NAME …] --pathology WORD
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { tableText } from '../image-table.ts'
import { main } from '../script.ts'
import { readAnnotation } from './tables/annotation.ts'
import { readSets } from './tables/paths.ts'
import { select } from './tables/select.ts'
import { type SetName, sets } from './tables/study.ts'

await main(() => {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    options: {
      annotation: text,
      paths: text,
      images: text,
      train: text,
      test: text,
      rois: text,
      pathology: text,
      set: { ...text, multiple: true },
    },
  })
  const count = (given: string | undefined) => (given === undefined ? undefined : Number(given))
  const annotated = readAnnotation(readFileSync(values.annotation ?? '', 'utf8'))
  const setOf = readSets(readFileSync(values.paths ?? '', 'utf8'), annotated)
  const rows = select(annotated, setOf, {
    train: count(values.train),
    test: count(values.test),
    rois: count(values.rois),
    sets: (values.set ?? []).filter((name): name is SetName => name in sets),
    pathology: values.pathology === 'positive' ? 'positive' : 'unscored',
  })
  writeFileSync(values.images ?? '', tableText(rows))
})
