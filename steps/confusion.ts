import { ofTwo, type Quality } from './quality.ts'

/** How many of each class (row) were judged as each (column), by number. */
export function countsOf(quality: Quality): readonly (readonly number[])[] {
  if (!ofTwo(quality)) return quality.confusion
  const { tp, fp, tn, fn } = quality.confusion
  return [
    [tn, fp],
    [fn, tp],
  ]
}
/** A table of more classes is too large to read. */
export const mostInTable = 20
export interface ClassConfusion {
  readonly real: string
  readonly judged: string
  readonly count: number
  /** How many are of the class. */
  readonly of: number
}
/** The most frequent errors, the most first. */
export const confusions = (counts: readonly (readonly number[])[], classes: readonly string[]): readonly ClassConfusion[] =>
  counts
    .flatMap((row, real) => {
      const of = row.reduce((sum, each) => sum + each, 0)
      return row.flatMap((count, judged) =>
        judged === real || count === 0 ? [] : [{ real: classes[real]!, judged: classes[judged]!, count, of }],
      )
    })
    .sort((a, b) => b.count - a.count)
    .slice(0, mostInTable)
