// A sheet of images, or the folders that they lie in → one checked row an image. No image is decoded; that each is there is looked at.
//   node sheet.script.mjs --archive FILE --table OUT.tsv --told OUT.txt --image=NAME --label=NAME [--group=NAME] [--split=NAME] [--positive=WORD] [--absent=leave-out] [--class=WORD …] [-- SHEET]
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { tableText } from '../image-table.ts'
import { Fault, main } from '../script.ts'
import { openArchive } from './archive/archive.ts'
import { tableOf } from './sheet/table.ts'

await main(async () => {
  const text = { type: 'string' } as const
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      archive: text,
      table: text,
      told: text,
      image: text,
      label: text,
      group: text,
      split: text,
      positive: text,
      absent: text,
      class: { ...text, multiple: true },
    },
  })
  const [sheet, ...others] = positionals
  if (others.length > 0) throw new Fault(`${positionals.length} sheets are given. Give one, with all images.`)
  const { image = 'image', label = 'label', group, split, positive } = values
  const archive = await openArchive(values.archive ?? '', 0)
  await archive.close()
  const { rows, told } = tableOf(
    sheet === undefined ? undefined : readFileSync(sheet),
    archive,
    { image, label, group, split },
    { positive, absent: values.absent === 'leave-out' ? 'leave-out' : 'refuse', classes: values.class ?? [] },
  )
  writeFileSync(values.table ?? '', tableText(rows))
  if (told.length > 0) writeFileSync(values.told ?? '', told.map(line => `${line}\n`).join(''))
})
