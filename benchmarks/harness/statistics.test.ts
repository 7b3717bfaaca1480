import { expect, test } from 'vitest'
import { generator, medianRatio, medianWithInterval, outliers } from './statistics.ts'

test.each([
  [14.8, 0],
  [14.8259, 0],
  [14.8261, 1],
  [18, 1],
  [-14.8261, 1],
])('%d median absolute deviations from the median: %d outliers', (far, expected) => {
  // With `far` at either end the median stays 0, and half of all distances from it are 1 or less.
  expect(outliers([-1, -1, -1, 0, 0, 0, 1, 1, 1, far, -2 * Math.sign(far)])).toBe(expected)
})
test('where most values are equal, every other one is an outlier', () => {
  expect(outliers([10, 10, 10, 10, 100])).toBe(1)
  expect(outliers([10, 10, 10])).toBe(0)
})
test('few values have no outlier', () => {
  expect(outliers([50])).toBe(0)
  expect(outliers([0, 1000])).toBe(0)
})
test.each([
  [6, 1, 6],
  [9, 2, 8],
  [20, 6, 15],
  [30, 10, 21],
])('of %d values the interval is from the %d. to the %d.', (n, low, high) => {
  const values = Array.from({ length: n }, (_, at) => at + 1)
  expect(medianWithInterval(values.toReversed())).toEqual({ value: (n + 1) / 2, low, high })
})
test('under six values there is no interval', () => {
  expect(medianWithInterval([3, 1, 2, 5, 4])).toEqual({ value: 3 })
})
test.each([6, 10, 20, 30])('the interval of a ratio of %d rounds holds the true one as often as it says', rounds => {
  const random = generator(rounds)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()) // Box and Muller
  const times = (seconds: number) => Array.from({ length: rounds }, () => seconds * Math.exp(0.05 * normal()))
  let held = 0
  for (let n = 0; n < 2_000; n++) {
    const { low, high } = medianRatio(times(1.1), times(1))
    if (low! <= 1.1 && 1.1 <= high!) held++
  }
  expect(held / 2_000).toBeGreaterThan(0.93)
  expect(held / 2_000).toBeLessThan(0.99)
})
