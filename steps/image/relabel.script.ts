// Labels shuffled over the patients of each split, images as they were: what a network then learns is chance, and its AUC near 0.5.
//   node relabel.script.mjs PIXELS.npy INDEX.tsv NEW_PIXELS.npy NEW_INDEX.tsv SEED
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
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
  const labels = new Map<string, 0 | 1>()
  for (const split of splits) {
    const own = new Map(rows.filter(row => row.split === split && row.scored).map(({ patient, label }) => [patient, label]))
    const given = shuffle([...own.values()], random)
    for (const [n, patient] of [...own.keys()].entries()) labels.set(patient, given[n]!)
  }
  return rows.map(row => ({ ...row, label: labels.get(row.patient) ?? row.label }))
}
await main(() => {
  const [pixels = '', index = '', newPixels = '', newIndex = '', seed = ''] = process.argv.slice(2)
  const rows = parseTable(readFileSync(index, 'utf8'))
  if (typeof rows === 'string') throw new Fault(`The index ${rows}.`)
  copyFileSync(pixels, newPixels)
  writeFileSync(newIndex, tableText(relabelled(rows, Number(seed))))
})
