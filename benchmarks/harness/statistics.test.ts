import { expect, test } from 'vitest'
import { outliers } from './statistics.ts'

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
