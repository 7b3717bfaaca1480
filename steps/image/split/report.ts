import type { ImagePair } from '../../image-pairs.ts'
import { classesOf, type Split, splits } from '../../image-table.ts'
import { Fault } from '../../script.ts'
import { several } from '../../words.ts'
import { type Alike, alike } from './alike.ts'
import type { Divided, PartedRow } from './divide.ts'
import { grouped } from './unions.ts'
import { listed } from './words.ts'

export interface Part {
  readonly images: number
  readonly groups: number
  /** Images by the word of their class. */
  readonly classes: Readonly<Record<string, number>>
}
/** How images were divided, and what was checked: the file of kind `splitReport`. */
export interface SplitReport {
  readonly made: Divided['made']
  readonly by: 'group' | 'image'
  readonly seed: number
  readonly parts: Readonly<Partial<Record<Split, Part>>>
  readonly duplicates: {
    /** Pairs of images that were compared; 0 where nobody looked. */
    readonly compared: number
    readonly exact: number
    readonly near: number
    /** Images in sets that show the same and are in two parts or more. */
    readonly acrossParts: number
    readonly action: 'not looked for' | 'none' | 'kept in one part' | 'allowed'
  }
  /** Sentences for people: what was checked, and found. */
  readonly checks: readonly string[]
}
/** What people are told at once, beside the report. */
export interface Told {
  readonly report: SplitReport
  readonly warnings: readonly string[]
}
const looked = 'also turned, mirrored, cropped, recompressed and stained otherwise'

/**
 * @param pairs undefined where nobody looked for duplicates
 * @throws Fault where what was found makes figures worthless
 */
export function reported(
  { rows, made, joined }: Divided,
  pairs: readonly ImagePair[] | undefined,
  { seed, duplicates }: { readonly seed: number; readonly duplicates: 'refuse' | 'allow' },
): Told {
  const by = rows.every(({ image, group }) => image === group) ? 'image' : 'group'
  const parts = Object.fromEntries(
    splits.flatMap(part => {
      const own = rows.filter(({ split }) => split === part)
      return own.length === 0 ? [] : [[part, partOf(own)]]
    }),
  )
  const same = alike(rows, pairs ?? [])
  const across = `${several(same.sets.length, 'set')} of images that show the same ${same.sets.length === 1 ? 'is' : 'are'} in two parts (${several(same.acrossParts, 'image')})`
  if (same.sets.length > 0 && duplicates === 'refuse')
    throw new Fault(
      `${across}, so that the test asks for what was learnt:\n  ${listed(same.sets, '\n  ')}\nDivide before images are augmented or copied: leave all but one of each set out, give them one group, or leave the split open, then they are kept in one part. If they show different things, give --duplicates allow; the card then tells of them.`,
    )
  const { warnings, checks } = ofClasses(rows)
  const compared = pairs === undefined ? 0 : (rows.length * (rows.length - 1)) / 2
  const report: SplitReport = {
    ...{ made, by, seed, parts },
    duplicates: {
      ...{ compared, exact: same.exact, near: same.near, acrossParts: same.acrossParts },
      action: pairs === undefined ? 'not looked for' : same.acrossParts > 0 ? 'allowed' : joined > 0 ? 'kept in one part' : 'none',
    },
    checks: [
      ofDrawing(made, seed, by),
      by === 'group' ? `No ${by} is in two parts.` : 'Each image is a group of its own: the table names none.',
      ...(pairs ? ofPairs(compared, same, joined) : ['Nobody looked for images that show the same.']),
      ...checks,
      ...warnings,
    ],
  }
  const allowed = same.sets.length === 0 ? [] : [`${across}: ${listed(same.sets, '; ')}.`]
  return { report, warnings: [...allowed, ...warnings] }
}
const partOf = (rows: readonly PartedRow[]): Part => ({
  images: rows.length,
  groups: new Set(rows.map(({ group }) => group)).size,
  classes: Object.fromEntries([...grouped(rows, row => row.class)].map(([name, own]) => [name, own.length])),
})
function ofDrawing(made: Divided['made'], seed: number, by: string): string {
  const how = `by ${by}, each class in the same shares (seed ${seed})`
  if (made === 'given') return 'All parts were given.'
  return made === 'drawn' ? `All parts were drawn ${how}.` : `The test was given; the validation part was drawn of the others ${how}.`
}
function ofPairs(compared: number, { exact, near, acrossParts }: Alike, joined: number): readonly string[] {
  const before = `${several(compared, 'pair')} of images were compared, ${looked}:`
  if (exact + near === 0) return [`${before} no two show the same.`]
  const where = acrossParts === 0 ? 'none in two parts' : `${several(acrossParts, 'image')} in sets of two parts, which was allowed`
  return [
    `${before} ${several(exact, 'exact copy')} and ${several(near, 'near copy')}, ${where}.`,
    ...(joined > 0 ? [`${several(joined, 'group')} share such images with others, and were drawn together with them.`] : []),
  ]
}
/** What the classes lack in the parts. @throws Fault where nothing can be learnt or judged */
function ofClasses(rows: readonly PartedRow[]): { readonly warnings: readonly string[]; readonly checks: readonly string[] } {
  const scored = rows.filter(row => row.scored)
  const classes = classesOf(scored).filter(name => name !== undefined)
  if (classes.length < 2)
    throw new Fault(
      `All images that are scored are of ${classes.length === 0 ? 'no class' : `one class, "${classes[0]}"`}. A classifier needs two classes or more.`,
    )
  const lacks = (part: Split) => {
    const has = new Set(scored.flatMap(row => (row.split === part ? row.class : [])))
    return classes.filter(name => !has.has(name)).map(name => `"${name}"`)
  }
  const [train, validation, test] = splits.map(lacks) as [string[], string[], string[]]
  if (train.length > 0)
    throw new Fault(
      `Images to train with lack the class ${listed(train)}, which cannot be learnt then. Move images of it to train, or leave it out.`,
    )
  if (test.length === classes.length)
    throw new Fault('No image of the test is scored, so that nothing can be judged. Correct the column scored, or the split.')
  const none = validation.length === classes.length
  const mixed = [...grouped(rows, ({ group }) => group)].flatMap(([group, own]) =>
    own.some(row => row.class !== own[0]!.class) ? [group] : [],
  )
  const unscored = rows.length - scored.length
  return {
    warnings: [
      ...(test.length > 0 ? [`The test lacks the class ${listed(test)}: nothing is said of how well it is told apart.`] : []),
      ...(!none && validation.length > 0 ? [`The validation part lacks the class ${listed(validation)}.`] : []),
    ],
    checks: [
      ...(none ? ['There is no validation part: what is shown after each epoch is the training alone, and no threshold is chosen.'] : []),
      ...(mixed.length > 0
        ? [`${several(mixed.length, 'group')} with images of more than one class: ${listed(mixed)}. They are judged by image.`]
        : []),
      ...(unscored > 0 ? [`${several(unscored, 'image')} ${unscored === 1 ? 'is' : 'are'} counted in no score.`] : []),
    ],
  }
}
