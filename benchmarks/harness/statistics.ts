import library from 'jstat'
import type { StoppingRule } from './comparison.ts'

// Which figures are shown, and why, after Hoefler and Belli, Scientific Benchmarking of Parallel Computing Systems, SC'15, doi 10.1145/2807591.2807644:
// medians with intervals, since times are not normally distributed (their rules 5, 6 and 8), ratios only beside the absolute time of their base (4), no mean of
// ratios (3), and outliers that stay in. Distributions are jStat's; of intervals for a median no library for Node has the exact one.

const { jStat } = library

/** Middle of the sorted values; of an even number, between the two middle ones. */
export const median = (values: readonly number[]): number => jStat.median(values)

export interface Estimate {
  readonly value: number
  /** Interval of 95 %; none where there are too few values for one. */
  readonly low?: number
  readonly high?: number
}
/** How many of the n sorted values lie beyond either end of the interval of the median, counting the end itself; 0 where no interval holds the true median with 95 %. */
function rankOfEnd(n: number): number {
  let beyond = 0 // chance that the true median is below the lower end; it is above the upper one as often
  let term = 0.5 ** n
  let rank = 0
  while (rank < n && beyond + term <= 0.025) {
    beyond += term
    term *= (n - rank) / (rank + 1)
    rank++
  }
  return rank
}
/**
 * Median with the distribution-free interval that two order statistics make: the narrowest symmetric one that holds the true median with at
 * least 95 % (David & Nagaraja, Order Statistics, 2003, section 7.1). It assumes nothing but independent values, and is exact: the chance that it misses is a sum of
 * binomial terms. A bootstrap's interval of the median is made of the same few values and reaches its 95 % only as they become many. Under six values no interval
 * reaches 95 %, and none is given.
 */
export function medianWithInterval(values: readonly number[]): Estimate {
  const sorted = [...values].sort((a, b) => a - b)
  const rank = rankOfEnd(sorted.length)
  const value = median(sorted)
  return rank === 0 ? { value } : { value, low: sorted[rank - 1]!, high: sorted[sorted.length - rank]! }
}
/** Value by value. */
export const ratios = (a: readonly number[], b: readonly number[]): readonly number[] => a.map((value, n) => value / b[n]!)
/**
 * How many times the one arm takes what the other does: median of the ratios within each round, since both arms of a round ran while the machine was in the same
 * state.
 */
export const medianRatio = (a: readonly number[], b: readonly number[]): Estimate => medianWithInterval(ratios(a, b))
/** Of normally distributed values the standard deviation is so many times the median absolute deviation. */
const normalScale = 1.4826
/** How far values usually lie from their median, as a share of it: what would be the standard deviation if no value lay far out. 0 where the median is 0. */
export function noise(values: readonly number[]): number {
  const middle = median(values)
  return middle === 0 ? 0 : (normalScale * jStat.meddev(values)) / Math.abs(middle)
}
/**
 * Where the next value will lie, with 95 %, if times are log-normal: mean of the logarithms ± t(n - 1) · s · √(1 + 1/n) (Hahn & Meeker, Statistical Intervals, 1991,
 * section 4.8). Without that assumption 39 values would be needed. Outliers widen it. None under six values, or where one is 0.
 */
export function nextValue(values: readonly number[]): { readonly low: number; readonly high: number } | undefined {
  const n = values.length
  if (n < 6 || values.some(value => value <= 0)) return undefined
  const logs = values.map(Math.log)
  const half = jStat.studentt.inv(0.975, n - 1) * jStat.stdev(logs, true) * Math.sqrt(1 + 1 / n)
  return { low: Math.exp(jStat.mean(logs) - half), high: Math.exp(jStat.mean(logs) + half) }
}
/**
 * The smallest change, as a share, that as many rounds with as much noise would have shown nine times in ten: their interval would not hold 1. The lower end is the
 * `rank`-th smallest ratio; it is above 1 if at least n - rank + 1 ratios are, whose chance is a beta distribution's; noise says how far the median must lie from 1 for
 * that, which of few values seems n / (n - 0.8) times too small (Croux & Rousseeuw, COMPSTAT 1992). None under six rounds.
 */
export function smallestChange(ratios: readonly number[]): number | undefined {
  const n = ratios.length
  const rank = rankOfEnd(n)
  if (rank === 0) return undefined
  const above = jStat.beta.inv(0.9, n - rank + 1, rank)
  return Math.exp(((noise(ratios) * n) / (n - 0.8)) * jStat.normal.inv(above, 0, 1)) - 1
}
/** Half the width of an interval, as a share of the value; none where there is no interval. */
export const halfWidth = ({ value, low, high }: Estimate): number | undefined =>
  low === undefined || high === undefined ? undefined : (high - low) / 2 / Math.abs(value)
/**
 * Whether so many rounds are enough: the most there may be, or at least as many as there must be and every ratio is known narrowly. That one looks after each round
 * takes little from the 95 %: the width of an interval says nothing of where it lies.
 */
export const isEnough = ({ least = 6, most = 30, width = 0.05 }: StoppingRule, rounds: number, known: readonly Estimate[]): boolean =>
  rounds >= most || (rounds >= least && known.every(estimate => (halfWidth(estimate) ?? Number.POSITIVE_INFINITY) <= width))
/** Ten standard deviations. */
const outlierThreshold = 10 * normalScale
/**
 * How many values lie far from the rest, by hyperfine's rule: |value - median| / MAD above 14.826, where MAD is the median absolute deviation
 * (`src/outlier_detection.rs` of hyperfine). Where most values are equal, MAD is 0 and every other value counts. The modified Z-score of
 * Iglewicz and Hoaglin (1993) has a factor of 0.6745, and a threshold of 3.5, in addition; hyperfine's has not. Outliers are told, and stay among the values.
 */
export function outliers(values: readonly number[]): number {
  const middle = median(values)
  const typical = Math.max(jStat.meddev(values), Number.EPSILON)
  return values.filter(value => Math.abs(value - middle) / typical > outlierThreshold).length
}
/**
 * How many times as long the later half of the runs took as the first, run by run (after Cox & Stuart, Biometrika 42, 1955): drift, where the interval does not hold 1.
 * It has one from 12 runs on.
 */
export function drift(values: readonly number[]): Estimate {
  const half = values.length >> 1
  return half === 0 ? { value: 1 } : medianRatio(values.slice(-half), values.slice(0, half))
}
