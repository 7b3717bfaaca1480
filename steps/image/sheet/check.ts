import { type ImageRow, splits } from '../../image-table.ts'
import { counted, type Given, quoted, tally } from './given.ts'

/** Numbers in words count as such: "grade 2" comes before "grade 10". */
const natural = new Intl.Collator('en', { numeric: true }).compare

/** Words of classes in the order of their numbers, or what is wrong with them. Of two the positive one is the last. */
export function classesIn(
  images: readonly Given[],
  positive: string | undefined,
): { readonly classes: readonly string[]; readonly faults: readonly string[] } {
  const counts = tally(images.map(({ label }) => label))
  const words = [...counts.keys()].sort((a, b) => natural(a, b) || (a < b ? -1 : 1))
  const { faults, slips } = alike(images)
  if (words.length === 1) faults.push(`All ${counted(images.length)} have the label "${words[0]}". Two classes are the least.`)
  else
    for (const [word, number] of counts)
      if (number < fewest && !slips.has(word))
        faults.push(`The class "${word}" has ${counted(number)}. Two are the least: one to learn from, one to be tested with.`)
  if (positive !== undefined && !words.includes(positive))
    faults.push(`The positive class is to be "${positive}", and labels are ${quoted(words)}. Correct --positive.`)
  else if (positive !== undefined && words.length > 2)
    faults.push(`There are ${words.length} classes, ${quoted(words)}; only one of two can be the positive one. Leave out --positive.`)
  const last = words.length === 2 && positive !== undefined ? [...words.filter(word => word !== positive), positive] : words
  return { classes: last, faults }
}
const fewest = 2
/** Labels that differ by spaces or case alone: one of them is a slip of the pen. */
function alike(images: readonly Given[]): { readonly faults: string[]; readonly slips: ReadonlySet<string> } {
  const byKey = new Map<string, Map<string, Given[]>>()
  for (const image of images) {
    const key = image.label.normalize('NFKC').toLowerCase().replace(/\s+/g, '')
    const same = byKey.get(key) ?? new Map<string, Given[]>()
    const own = same.get(image.written)
    if (own) own.push(image)
    else byKey.set(key, same.set(image.written, [image]))
  }
  const several = [...byKey.values()].filter(same => same.size > 1)
  const faults = several.map(same => {
    const words = [...same].sort(([, a], [, b]) => b.length - a.length)
    const told = words.map(([word, own]) => `"${word}" (${counted(own.length)}, ${own.length === 1 ? '' : 'first '}${own[0]!.at})`)
    return `Labels differ by a space or by case alone: ${told.join(', ')}. Write them alike.`
  })
  return { faults, slips: new Set(several.flatMap(same => [...same.values()].flatMap(own => own.map(({ label }) => label)))) }
}
/** Images that are there twice; groups in two parts. */
export function contradictions(images: readonly Given[]): readonly string[] {
  const faults: string[] = []
  const seen = new Map<string, Given>()
  const groups = new Map<string, Given>()
  const told = new Set<string>()
  for (const given of images) {
    const before = seen.get(given.image)
    if (before !== undefined)
      faults.push(`The image "${given.image}" is named twice, in ${before.at} and ${given.at}. Each image has one line. Remove one.`)
    else seen.set(given.image, given)
    if (given.group === undefined) continue
    const first = groups.get(given.group)
    if (first === undefined) groups.set(given.group, given)
    else if (first.split !== given.split && !told.has(given.group)) {
      told.add(given.group)
      faults.push(
        `The group "${given.group}" is in two parts: ${first.split || 'none'} in ${first.at}, ${given.split || 'none'} in ${given.at}. All images of a group belong to one, or the test asks for what was learnt.`,
      )
    }
  }
  return faults
}
/** What is no fault, and worth knowing. */
export function remarks(images: readonly Given[]): readonly string[] {
  const open = images.filter(({ split }) => split === '').length
  return open === 0 || open === images.length
    ? []
    : [`${counted(open)} of ${images.length.toLocaleString('en')} have no part: they are divided anew among ${splits.join(', ')}.`]
}
export const tableRows = (images: readonly Given[], classes: readonly string[]): readonly ImageRow[] =>
  images.map(({ image, group, label, split, extra }) => ({
    ...{ image, group: group ?? image, label: classes.indexOf(label), class: label },
    ...{ split, scored: true, extra },
  }))
