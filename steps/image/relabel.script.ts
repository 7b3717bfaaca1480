// Labels shuffled over the groups of each part, images as they were: what a network then learns is chance, and its AUC near 0.5.
//   node relabel.script.mjs TABLE.tsv NEW_TABLE.tsv SEED
import { readFileSync, writeFileSync } from 'node:fs'
import { type ImageRow, parseTable, splits, tableText } from '../image-table.ts'
import { Fault, main } from '../script.ts'

/** Numbers from 0 to 1 by a seed (mulberry32, in the public domain). */
function generator(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
/** In place, by Fisher and Yates. */
function shuffle<T>(items: T[], random: () => number): T[] {
  for (let n = items.length - 1; n > 0; n--) {
    const m = Math.floor(random() * (n + 1))
    ;[items[n], items[m]] = [items[m]!, items[n]!]
  }
  return items
}
function relabelled(rows: readonly ImageRow[], seed: number): readonly ImageRow[] {
  const random = generator(seed)
  const given = new Map<string, Pick<ImageRow, 'label' | 'class'>>()
  for (const split of splits) {
    const own = new Map(
      rows.filter(row => row.split === split && row.scored).map(({ group, label, class: name }) => [group, { label, class: name }]),
    )
    const shuffled = shuffle([...own.values()], random)
    for (const [n, group] of [...own.keys()].entries()) given.set(group, shuffled[n]!)
  }
  return rows.map(row => ({ ...row, ...given.get(row.group) }))
}
await main(() => {
  const [table = '', made = '', seed = ''] = process.argv.slice(2)
  const rows = parseTable(readFileSync(table, 'utf8'))
  if (typeof rows === 'string') throw new Fault(`The table of images ${rows}.`)
  writeFileSync(made, tableText(relabelled(rows, Number(seed))))
})
