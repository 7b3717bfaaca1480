/** Middle of the sorted values; of an even number, between the two middle ones. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}
/** mulberry32 (Tommy Ettinger, public domain). @returns numbers from 0 to 1, the same for the same seed */
export function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
export function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  const order = [...items]
  for (let n = order.length - 1; n > 0; n--) {
    const other = Math.floor(random() * (n + 1))
    ;[order[n], order[other]] = [order[other]!, order[n]!]
  }
  return order
}
export interface Estimate {
  readonly value: number
  /** Interval of 95 %; none where there are too few values for one. */
  readonly low?: number
  readonly high?: number
}
/**
 * Median with the distribution-free interval that two order statistics make: the narrowest symmetric one that holds the true median with at
 * least 95 % (David & Nagaraja, Order Statistics, 2003, section 7.1). It assumes nothing but independent values, and is exact: the chance that it misses is a sum of
 * binomial terms. Under six values no interval reaches 95 %, and none is given.
 */
export function medianWithInterval(values: readonly number[]): Estimate {
  const n = values.length
  const sorted = [...values].sort((a, b) => a - b)
  let beyond = 0 // below the lower end, or as well above the upper
  let term = 0.5 ** n
  let rank = 0
  while (rank < n && beyond + term <= 0.025) {
    beyond += term
    term *= (n - rank) / (rank + 1)
    rank++
  }
  const value = median(sorted)
  return rank === 0 ? { value } : { value, low: sorted[rank - 1]!, high: sorted[n - rank]! }
}
/**
 * How many times the one arm takes what the other does: median of the ratios within each round, since both arms of a round ran while the machine was in the same
 * state.
 */
export const medianRatio = (a: readonly number[], b: readonly number[]): Estimate => medianWithInterval(a.map((value, n) => value / b[n]!))
/** Ten standard deviations: of normally distributed values the standard deviation is 1.4826 times the median absolute deviation. */
const outlierThreshold = 1.4826 * 10
/**
 * How many values lie far from the rest, by hyperfine's rule: |value - median| / MAD above 14.826, where MAD is the median absolute deviation
 * (`src/outlier_detection.rs` of hyperfine). Where most values are equal, MAD is 0 and every other value counts. The modified Z-score of
 * Iglewicz and Hoaglin (1993) has a factor of 0.6745, and a threshold of 3.5, in addition; hyperfine's has not.
 */
export function outliers(values: readonly number[]): number {
  const middle = median(values)
  const deviations = values.map(value => Math.abs(value - middle))
  const typical = Math.max(median(deviations), Number.EPSILON)
  return deviations.filter(deviation => deviation / typical > outlierThreshold).length
}
/** How much slower the second half is than the first, as a share; 0 of fewer than six. */
export function drift(values: readonly number[]): number {
  if (values.length < 6) return 0
  const half = values.length >> 1
  return median(values.slice(-half)) / median(values.slice(0, half)) - 1
}
