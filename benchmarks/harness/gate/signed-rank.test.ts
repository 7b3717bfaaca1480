import { expect, test } from 'vitest'
import { times } from '../../../test/noise.ts'
import { generator } from '../random.ts'
import { centre, chanceAbove } from './signed-rank.ts'

/** By going through all choices of signs. */
function chanceByAllSigns(values: readonly number[]): number {
  const sizes = values.filter(value => value !== 0).map(Math.abs)
  const rank = (size: number) => sizes.filter(other => other < size).length + (sizes.filter(other => other === size).length + 1) / 2
  const sum = (isPositive: (n: number) => boolean) => sizes.reduce((total, size, n) => total + (isPositive(n) ? rank(size) : 0), 0)
  const signs = values.filter(value => value !== 0).map(value => value > 0)
  const seen = sum(n => signs[n]!)
  const choices = Array.from({ length: 2 ** sizes.length }, (_, bits) => sum(n => ((bits >> n) & 1) === 1))
  return choices.filter(each => each >= seen).length / choices.length
}
test.each([[[1, 2, 3, 4, 5]], [[-1, 2, 3, 4, -5, 6]], [[1, 1, -1, 2, 2, -3, 0]], [[-1, -2, -3]], [[0.5, -0.5, 0.5, 0.5, 7, -7, 0, 0]]])(
  'the chance of %j is the share of all choices of signs that reach as far',
  values => {
    expect(chanceAbove(values)).toBeCloseTo(chanceByAllSigns(values), 12)
  },
)
test('values that are all 0 prove nothing', () => {
  expect(chanceAbove([0, 0, 0])).toBe(1)
})
test.each([
  [6, 1],
  [10, 9],
  [20, 53],
])('of %d values the interval ends at the %d. mean of a pair', (n, rank) => {
  const values = Array.from({ length: n }, (_, at) => 2 ** at)
  const means = values.flatMap((a, at) => values.slice(at).map(b => (a + b) / 2)).sort((a, b) => a - b)
  const { low, high } = centre(values.toReversed())
  expect([means.indexOf(low!) + 1, means.length - means.indexOf(high!)]).toEqual([rank, rank])
})
test('under six values there is no interval', () => {
  expect(centre([3, 1, 2, 4, 5])).toEqual({ value: 3 })
  expect(centre([1, 2])).toEqual({ value: 1.5 })
})
test.each([6, 10, 20, 30])('the interval of %d values holds the true centre as often as it says', n => {
  const random = generator(n)
  let held = 0
  for (let k = 0; k < 2_000; k++) {
    const { low, high } = centre(times(random, n, 1, 0.05).map(Math.log))
    if (low! <= 0 && 0 <= high!) held++
  }
  expect(held / 2_000).toBeGreaterThan(0.93)
  expect(held / 2_000).toBeLessThan(0.99)
})
