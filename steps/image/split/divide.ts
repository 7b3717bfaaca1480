import type { ImagePair } from '../../image-pairs.ts'
import { classesOf, type ImageRow, type Split } from '../../image-table.ts'
import { Fault } from '../../script.ts'
import { several } from '../../words.ts'
import { countOf, drawn, type Unit, unitsOf } from './units.ts'
import { listed } from './words.ts'

export interface Shares {
  readonly test: number
  readonly validation: number
  readonly seed: number
}
export interface PartedRow extends ImageRow {
  readonly split: Split
}
export interface Divided {
  readonly rows: readonly PartedRow[]
  readonly made: 'given' | 'drawn' | 'partly drawn'
  /** Groups that were drawn as one with others, since their images show the same. */
  readonly joined: number
}
/**
 * Every row's part: the one that it has, or one that is drawn. Where the table has no test, one is drawn of all; where it has no validation,
 * one is drawn of what is left to train.
 * @param pairs Images whose groups are drawn as one
 */
export function divide(rows: readonly ImageRow[], pairs: readonly ImagePair[], { test, validation, seed }: Shares): Divided {
  const given = (part: Split) => rows.some(({ split }) => split === part)
  const open = rows.filter(({ split }) => split === '')
  const nothing = open.length === rows.length
  if (!nothing && !given('test'))
    throw new Fault(
      open.length > 0
        ? `The table gives ${several(open.length, 'image')} no part, others one, and none is in test. Say of each what it is in, mark those of the test, or leave all open: then all parts are drawn.`
        : 'The table has no image in test, so that nothing can be judged. Mark those of the test, or leave the split of all images open: then all parts are drawn.',
    )
  const drawing = { test: nothing ? test : 0, validation: given('validation') ? 0 : validation }
  const free = unitsOf(
    rows.filter(({ split }) => split === '' || split === 'train'),
    pairs,
  )
  refuseTooFew(free, drawing, rows)
  const tested = nothing ? judgedOnly(free, drawn(free, 'test', test, seed)) : new Set<string>()
  const rest = free.filter(({ groups }) => ![...groups].some(group => tested.has(group)))
  const held = drawn(rest, 'holdout', drawing.validation, seed)
  const partOf = ({ group, split }: ImageRow): Split =>
    split === 'test' || tested.has(group) ? 'test' : split === 'validation' || held.has(group) ? 'validation' : 'train'
  const draws = drawing.test > 0 || drawing.validation > 0
  return {
    rows: rows.map(row => ({ ...row, split: partOf(row) })),
    made: nothing ? 'drawn' : draws ? 'partly drawn' : 'given',
    joined: draws ? free.filter(({ groups }) => groups.size > 1).reduce((sum, { groups }) => sum + groups.size, 0) : 0,
  }
}
/** With those of which nothing is scored: they can be classified, and not learnt from. */
const judgedOnly = (units: readonly Unit[], tested: ReadonlySet<string>): ReadonlySet<string> =>
  new Set([...tested, ...units.flatMap(({ label, groups }) => (label === undefined ? [...groups] : []))])

function refuseTooFew(units: readonly Unit[], { test, validation }: Omit<Shares, 'seed'>, rows: readonly ImageRow[]): void {
  const classes = classesOf(rows)
  const parts = ['train', ...(validation > 0 ? ['validation'] : []), ...(test > 0 ? ['test'] : [])]
  const few = classes.flatMap((name, label) => {
    const own = units.filter(unit => unit.label === label)
    const left = own.length - countOf(own.length, test)
    if (own.length === 0 || left - countOf(left, validation) > 0) return []
    const groups = own.reduce((sum, unit) => sum + unit.groups.size, 0)
    return [
      `"${name}" has ${groups === own.length ? several(groups, 'group') : `${several(groups, 'group')}, which images that show the same join into ${own.length}`}`,
    ]
  })
  if (few.length === 0) return
  const lower = validation > 0 ? 'lower --test or --validation (0 is none)' : 'lower --test'
  throw new Fault(
    `Too few groups for ${parts.join(', ')}: ${listed(few, '; ')}. Each class needs ${parts.length} or more, one for each part. Add images of other groups, or ${lower}.`,
  )
}
