import { median, medianRatio } from '../statistics.ts'
import type { Result } from './result.ts'

/** What of a record of format 1 can be computed again: whether targets are met, and ratios of two arms. It has no seal, and its other figures have no runs. */
export const olderContradictions = (result: Result): readonly string[] =>
  result.rows.flatMap(({ what, value, target: { least, most }, met }) => {
    const within = value >= (least ?? Number.NEGATIVE_INFINITY) && value <= (most ?? Number.POSITIVE_INFINITY)
    const ratios = ratiosOf(result, what)
    return [
      ...(within === met ? [] : [`rows › ${what}: met ${met} does not follow from ${value} and its target`]),
      ...(ratios.length === 0 || ratios.some(ratio => Math.abs(ratio / value - 1) < 1e-9)
        ? []
        : [`rows › ${what}: ${value} is not what the runs give, ${ratios[0]}`]),
    ]
  })
/** The ratio that a row is named for, as it is computed now, and as it was before 27 November 2026; none where it is named for something else. */
function ratiosOf({ arms }: Result, what: string): readonly number[] {
  const [, a = '', b = '', of] = /^(.+) \/ (.+), (CPU|wall)$/.exec(what) ?? []
  const [own, other] = [arms[a], arms[b]]
  if (!own || !other || own.length !== other.length || own.length === 0) return []
  const [x, y] = [own, other].map(runs => runs.map(run => run[of === 'CPU' ? 'cpu' : 'wall']))
  return [medianRatio(x!, y!).value, median(x!) / median(y!)]
}
