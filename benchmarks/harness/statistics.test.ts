import { describe, expect, test } from 'vitest'
import { normal, times } from '../../test/noise.ts'
import { generator } from './random.ts'
import { drift, isEnough, medianRatio, medianWithInterval, nextValue, noise, outliers, ratios, smallestChange } from './statistics.ts'

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
/** How often something holds in 2,000 simulations. */
function share(seed: number, holds: (random: () => number) => boolean): number {
  const random = generator(seed)
  let held = 0
  for (let n = 0; n < 2_000; n++) if (holds(random)) held++
  return held / 2_000
}
const within = (value: number, { low, high }: { readonly low?: number; readonly high?: number }) => low! <= value && value <= high!

describe.each([6, 10, 20, 30])('of %d runs with 5 % noise', runs => {
  test('the interval of a ratio holds the true one as often as it says', () => {
    const held = share(runs, random => within(1.1, medianRatio(times(random, runs, 1.1, 0.05), times(random, runs, 1, 0.05))))
    expect(held).toBeGreaterThan(0.93)
    expect(held).toBeLessThan(0.99)
  })
  test('the next one lies where it is said to', () => {
    const held = share(runs, random => within(Math.exp(0.05 * normal(random)), nextValue(times(random, runs, 1, 0.05))!))
    expect(held).toBeGreaterThan(0.93)
    expect(held).toBeLessThan(0.97)
  })
  test('a change as small as is said to be seen is seen nine times in ten', () => {
    const of = (random: () => number, change: number) => ratios(times(random, runs, 1 + change, 0.05), times(random, runs, 1, 0.05))
    const random = generator(runs + 1)
    const told = Array.from({ length: 2_000 }, () => smallestChange(of(random, 0))!).sort((a, b) => a - b)[1_000]!
    const seen = share(runs, random => medianWithInterval(of(random, told)).low! > 1)
    expect(seen).toBeGreaterThan(0.8)
    expect(seen).toBeLessThan(0.96)
  })
})
test('no next value under six, or where one took no time', () => {
  expect(nextValue([1, 2, 3, 4, 5])).toBeUndefined()
  expect(nextValue([1, 2, 3, 4, 5, 0])).toBeUndefined()
  expect(smallestChange([1, 1.1, 1, 1.1, 1])).toBeUndefined()
})
test('noise is a share of the median that one far value does not move', () => {
  expect(noise([9, 10, 11, 10, 1000])).toBeCloseTo(0.14826)
  expect(noise([0, 0, 0])).toBe(0)
})
test('enough is when every ratio is known narrowly, and never before the least, nor after the most', () => {
  const [narrow, wide, none] = [{ value: 1, low: 0.96, high: 1.05 }, { value: 1, low: 0.9, high: 1.05 }, { value: 1 }]
  expect([5, 6, 30].map(rounds => isEnough({}, rounds, [narrow]))).toEqual([false, true, true])
  expect([6, 29, 30].map(rounds => isEnough({}, rounds, [narrow, wide]))).toEqual([false, false, true])
  expect([isEnough({ width: 0.1 }, 6, [narrow, wide]), isEnough({}, 6, [none])]).toEqual([true, false])
})
test('an interval that was looked at after every round until it was narrow holds the true ratio as often', () => {
  const held = share(1, random => {
    const [a, b]: [number[], number[]] = [[], []]
    for (;;) {
      a.push(...times(random, 1, 1.1, 0.05))
      b.push(...times(random, 1, 1, 0.05))
      const estimate = medianRatio(a, b)
      if (isEnough({}, a.length, [estimate])) return within(1.1, estimate)
    }
  })
  expect(held).toBeGreaterThan(0.93)
  expect(held).toBeLessThan(0.99)
})
test('drift is told where the later half differs by more than chance', () => {
  const rising = Array.from({ length: 12 }, (_, n) => 1 + 0.02 * n)
  expect(drift(rising).low).toBeGreaterThan(1)
  expect(drift(rising).value).toBeCloseTo(1.114, 2)
  expect(drift([1, 1.2, 1, 1.2, 1, 1.2, 1, 1.2, 1.2, 1, 1.2, 1]).low).toBeLessThan(1)
  expect(drift([1, 2, 3, 4, 5]).low).toBeUndefined()
  const alarms = share(2, random => !within(1, drift(times(random, 20, 1, 0.05))))
  expect(alarms).toBeLessThan(0.05)
})
