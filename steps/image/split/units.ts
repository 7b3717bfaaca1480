import { createHash } from 'node:crypto'
import type { ImagePair } from '../../image-pairs.ts'
import type { ImageRow } from '../../image-table.ts'
import { grouped, unions } from './unions.ts'

/** What is divided as one: a group, or several that share images which show the same. */
export interface Unit {
  /** Of its groups, the first by name. */
  readonly name: string
  readonly groups: ReadonlySet<string>
  /** The class of most of its scored images; undefined where none is scored. */
  readonly label: number | undefined
}
/** Units of these rows; pairs of other images say nothing here. */
export function unitsOf(rows: readonly ImageRow[], pairs: readonly ImagePair[]): readonly Unit[] {
  const groupOf = new Map(rows.map(({ image, group }) => [image, group]))
  const joined = pairs.flatMap(({ image, other }) => {
    const [one, two] = [groupOf.get(image), groupOf.get(other)]
    return one === undefined || two === undefined ? [] : [[one, two] as const]
  })
  const nameOf = unions(groupOf.values(), joined)
  return [...grouped(rows, ({ group }) => nameOf.get(group)!)].map(([name, own]) => {
    const counts = [
      ...grouped(
        own.filter(({ scored }) => scored),
        ({ label }) => label,
      ),
    ]
    const [most] = counts.sort(([a, m], [b, n]) => n.length - m.length || a - b)
    return { name, groups: new Set(own.map(({ group }) => group)), label: most?.[0] }
  })
}
/** How many of so many units a share is: never none, unless the share is. */
export const countOf = (units: number, share: number): number => (share > 0 ? Math.ceil(units * share) : 0)

/**
 * Groups of the units that are drawn: of each class those whose digests are the least. A unit's digest follows its name alone, so that of the
 * others at most one a class changes its part when one is added.
 */
export function drawn(units: readonly Unit[], word: 'holdout' | 'test', share: number, seed: number): ReadonlySet<string> {
  const digest = ({ name }: Unit) =>
    createHash('sha256')
      .update(seed === 0 ? `${word}/${name}` : `${word}/${seed}/${name}`)
      .digest('hex')
  const taken = [...new Set(units.map(({ label }) => label))].flatMap(label => {
    const own = units.flatMap(unit => (unit.label === label && label !== undefined ? [{ unit, digest: digest(unit) }] : []))
    const ranked = own.sort((a, b) => (a.digest < b.digest ? -1 : 1))
    return ranked.slice(0, countOf(own.length, share)).flatMap(({ unit }) => [...unit.groups])
  })
  return new Set(taken)
}
