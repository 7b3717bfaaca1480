import { takenBy, whole } from './derive/taken.ts'
import { generator, shuffled } from './random.ts'
import type { Record2, Run } from './record.ts'
import { isEnough, medianRatio } from './statistics.ts'

type Definition = Record2['definition']
/** What is run once a round. */
export interface Place {
  readonly arm: string
  readonly environment: string
  readonly caches: Run['caches']
}
export const samePlace = (a: Place, b: Place): boolean => a.arm === b.arm && a.environment === b.environment && a.caches === b.caches

/** Order of a round: drawn from the seed and the number of the round alone, so that it can be told afterwards whether it was kept. */
export const orderOf = (places: readonly Place[], seed: number, round: number, warmup: boolean): readonly Place[] =>
  shuffled(places, generator(seed + 2 * round + (warmup ? 1 : 0)))

/** Whether so many rounds are enough: every ratio to the baseline, of the whole and of each measure, is known narrowly. */
export function enough(definition: Definition, runs: readonly Run[], rounds: number): boolean {
  const counted = runs.filter(run => !run.warmup)
  const { baseline, measures, settings } = definition
  const parts: readonly (readonly [string, readonly string[]])[] = [[whole, []], ...Object.entries(measures)]
  const places = counted.filter((run, n) => !settings?.[run.arm]?.once && counted.findIndex(other => samePlace(run, other)) === n)
  const ratios = places.flatMap(place => {
    const base = counted.filter(run => samePlace(run, { ...place, ...baseline }))
    if (samePlace(place, { ...place, ...baseline }) || base.length === 0) return []
    const own = counted.filter(run => samePlace(run, place))
    return parts.flatMap(([measure, steps]) => {
      const pairs = own.flatMap(run => {
        const [other, taken] = [base.find(each => each.round === run.round), takenBy(measure, steps, run)]
        const reference = other && takenBy(measure, steps, other)
        return taken && reference ? [[reference.wall, taken.wall] as const] : []
      })
      return pairs.length === 0
        ? []
        : [
            medianRatio(
              pairs.map(([a]) => a),
              pairs.map(([, b]) => b),
            ),
          ]
    })
  })
  return isEnough(definition.runs, rounds, ratios)
}
