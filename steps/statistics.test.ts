import { expect, test } from 'vitest'
import {
  apart,
  auc,
  aucDeLong,
  calibration,
  confusion,
  type Judged,
  midranks,
  outline,
  rocCurve,
  shareWilson,
  uniform,
  youden,
} from './statistics.ts'

const judged = (positive: readonly number[], negative: readonly number[]): Judged[] => [
  ...positive.map(probability => ({ probability, label: 1 as const })),
  ...negative.map(probability => ({ probability, label: 0 as const })),
]
const next = uniform(5)
const noisy = judged(
  Array.from({ length: 40 }, () => Math.round((next() * 0.7 + 0.3) * 20) / 20),
  Array.from({ length: 60 }, () => Math.round(next() * 0.75 * 20) / 20),
)
const positive = noisy.filter(({ label }) => label === 1).map(({ probability }) => probability)
const negative = noisy.filter(({ label }) => label === 0).map(({ probability }) => probability)
const wins = (a: number, b: number): number => (a > b ? 1 : a === b ? 0.5 : 0)

test('ranks of equal values are their mean', () => {
  expect(midranks([3, 1, 3, 2])).toEqual([3.5, 1, 3.5, 2])
})
test('AUC is the share of pairs that are in the right order', () => {
  const pairs = positive.flatMap(a => negative.map(b => wins(a, b)))
  expect(auc(noisy)).toBeCloseTo(pairs.reduce((a, b) => a + b) / pairs.length, 12)
  expect(auc(judged([0.9], [0.1]))).toBe(1)
  expect(auc(judged([0.5, 0.5], [0.5]))).toBe(0.5)
  expect(auc(judged([0.5], []))).toBeNull()
})
test('the variance of DeLong, by its definition', () => {
  const placements = {
    positive: positive.map(a => negative.reduce((sum, b) => sum + wins(a, b), 0) / negative.length),
    negative: negative.map(b => positive.reduce((sum, a) => sum + wins(a, b), 0) / positive.length),
  }
  const area = auc(noisy)!
  const variance = (values: readonly number[]) => values.reduce((sum, value) => sum + (value - area) ** 2, 0) / (values.length - 1)
  const spread = Math.sqrt(variance(placements.positive) / positive.length + variance(placements.negative) / negative.length)
  const [low, high] = aucDeLong(noisy).interval!
  const logit = (x: number) => Math.log(x / (1 - x))
  expect((logit(high) - logit(low)) / 2).toBeCloseTo((1.959963984540054 * spread) / (area * (1 - area)), 9)
  expect((logit(high) + logit(low)) / 2).toBeCloseTo(logit(area), 9)
  expect(aucDeLong(judged([0.8, 0.9], [0.1, 0.2]))).toEqual({ value: 1, interval: null, why: apart })
})
test('Wilson’s interval, as Newcombe (1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, table I) prints it', () => {
  const printed = (hits: number, of: number) => shareWilson(hits, of).interval!.map(x => x.toFixed(4))
  expect(printed(81, 263)).toEqual(['0.2553', '0.3662'])
  expect(printed(15, 148)).toEqual(['0.0624', '0.1605'])
  expect(printed(0, 20)).toEqual(['0.0000', '0.1611'])
  expect(printed(1, 29)).toEqual(['0.0061', '0.1718'])
  expect(shareWilson(0, 0)).toEqual({ value: null, interval: null, why: 'there is nothing to count' })
})
test('ROC corners and the best threshold', () => {
  const own = judged([0.9, 0.8, 0.4], [0.5, 0.2, 0.1])
  expect(
    rocCurve(own).map(({ falsePositives, truePositives }) => [falsePositives, truePositives].map(x => x.toFixed(2)).join(' ')),
  ).toEqual(['0.00 0.00', '0.00 0.33', '0.00 0.67', '0.33 0.67', '0.33 1.00', '0.67 1.00', '1.00 1.00'])
  expect(youden(own)).toBeCloseTo(0.65, 12)
  expect(confusion(own, youden(own))).toEqual({ tp: 2, fp: 0, tn: 3, fn: 1 })
})
test('the outline of a ROC curve is the same curve', () => {
  const all = rocCurve(noisy)
  const turns = outline(all)
  const area = (corners: typeof all) =>
    corners.slice(1).reduce((sum, { falsePositives: x, truePositives: y }, n) => {
      const before = corners[n]!
      return sum + ((x - before.falsePositives) * (y + before.truePositives)) / 2
    }, 0)
  expect(turns.length).toBeLessThan(all.length)
  expect(area(turns)).toBeCloseTo(area(all), 12)
  expect([turns[0], turns.at(-1)]).toEqual([all[0], all.at(-1)])
  expect(outline(rocCurve(judged([0.9, 0.8, 0.7], [0.2, 0.1])))).toHaveLength(3)
})
test('calibration: the Brier score and the gap within bins', () => {
  const { brier, error, bins } = calibration(judged([1, 0.75], [0.75, 0]))
  expect(brier).toBeCloseTo((0.0625 + 0.5625) / 4, 12)
  expect(bins.map(({ count, observed }) => [count, observed])).toEqual([
    [1, 0],
    [2, 0.5],
    [1, 1],
  ])
  expect(error).toBeCloseTo((2 / 4) * 0.25, 12)
})
