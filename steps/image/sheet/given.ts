import type { Split } from '../../image-table.ts'

/** One image as a sheet or a folder gives it. */
export interface Given {
  /** `line 7`, or its place in the archive. */
  readonly at: string
  readonly image: string
  /** As it was written, with any space around it. */
  readonly written: string
  readonly label: string
  /** Undefined where groups are not told: each image is one. */
  readonly group: string | undefined
  readonly split: Split | ''
  readonly extra: Readonly<Record<string, string>>
}
/** Images with all that is wrong, and what is worth telling of how they were read. */
export interface Reading {
  readonly images: readonly Given[]
  readonly faults: readonly string[]
  readonly notes: readonly string[]
}
const words: Readonly<Record<string, Split>> = {
  train: 'train',
  training: 'train',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  test: 'test',
  testing: 'test',
}
/** The part that a word names, of any case. */
export const partOf = (word: string): Split | undefined =>
  Object.hasOwn(words, word.toLowerCase()) ? words[word.toLowerCase()] : undefined
export const partWords = 'train (or training), validation (or val, valid), test (or testing)'

/** Words that were read as parts, other than the parts' own names. */
export function partNotes(read: readonly string[]): readonly string[] {
  const counts = tally(read)
  const others = [...counts].filter(([word]) => word !== partOf(word))
  return others.length === 0
    ? []
    : [`Parts of images: ${others.map(([word, images]) => `"${word}" was read as ${partOf(word)} (${counted(images)})`).join(', ')}.`]
}
export function tally(words: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return counts
}
export const counted = (images: number): string => `${images.toLocaleString('en')} ${images === 1 ? 'image' : 'images'}`
/** `Line 7`, `Lines 7, 8 and 9`, `Lines 7, 8, 9 and 1,197 more` */
export function linesOf(lines: readonly number[]): string {
  if (lines.length === 1) return `Line ${lines[0]}`
  const shown = lines.length > 4 ? lines.slice(0, 3) : lines.slice(0, -1)
  return `Lines ${shown.join(', ')} and ${lines.length > 4 ? `${(lines.length - 3).toLocaleString('en')} more` : lines.at(-1)}`
}
export const quoted = (words: readonly string[], most = 8): string =>
  `${words
    .slice(0, most)
    .map(word => `"${word}"`)
    .join(', ')}${words.length > most ? `, and ${words.length - most} more` : ''}`
