import type { ImagePair } from '../../image-pairs.ts'
import type { PartedRow } from './divide.ts'
import { grouped, unions } from './unions.ts'
import { listed } from './words.ts'

/** What is known of images that show the same: of copies of one source not every pair stands in a table, so that whole sets are told. */
export interface Alike {
  readonly exact: number
  readonly near: number
  /** Images of sets that are in two parts or more. */
  readonly acrossParts: number
  /** Each of these sets in words: "a.png (train) and b.png (test), the same pixels". */
  readonly sets: readonly string[]
}
export function alike(rows: readonly PartedRow[], pairs: readonly ImagePair[]): Alike {
  const partOf = new Map(rows.map(({ image, split }) => [image, split]))
  const own = pairs.filter(({ image, other }) => partOf.has(image) && partOf.has(other))
  const firstOf = unions(
    own.flatMap(({ image, other }) => [image, other]),
    own.map(({ image, other }) => [image, other] as const),
  )
  const pairsOf = grouped(own, ({ image }) => firstOf.get(image)!)
  const sets = [...grouped(firstOf.keys(), image => firstOf.get(image)!)].map(([first, images]) => ({
    parts: grouped(images, image => partOf.get(image)!),
    pairs: pairsOf.get(first)!,
  }))
  const across = sets.filter(({ parts }) => parts.size > 1)
  const exact = own.filter(({ kind }) => kind === 'exact').length
  return {
    ...{ exact, near: own.length - exact },
    acrossParts: across.reduce((sum, { parts }) => sum + [...parts.values()].flat().length, 0),
    sets: across.map(({ parts, pairs }) => {
      const words = [...parts].map(([part, images]) => `${listed(images, ', ', 3)} (${part})`)
      const least = Math.min(...pairs.map(({ score }) => score))
      return `${words.join(' and ')}, ${pairs.every(({ kind }) => kind === 'exact') ? 'the same pixels' : `agreement ${least}`}`
    }),
  }
}
