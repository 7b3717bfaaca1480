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
export interface Interval {
  readonly value: number
  readonly low: number
  readonly high: number
}
/**
 * Ratio of two medians with its percentile bootstrap interval of 95 % (Efron 1979). Whole rounds are drawn, since both arms of a round met the
 * same weather.
 */
export function ratioOfMedians(a: readonly number[], b: readonly number[], seed: number, draws = 5000): Interval {
  const random = generator(seed)
  const ratios = Array.from({ length: draws }, () => {
    const rounds = a.map(() => Math.floor(random() * a.length))
    return median(rounds.map(n => a[n]!)) / median(rounds.map(n => b[n]!))
  }).sort((x, y) => x - y)
  return { value: median(a) / median(b), low: ratios[Math.floor(draws * 0.025)]!, high: ratios[Math.ceil(draws * 0.975) - 1]! }
}
/** Runs far from the rest: modified Z-score above 14.8, hyperfine's own threshold (Iglewicz and Hoaglin 1993). */
export function outliers(values: readonly number[]): number {
  const middle = median(values)
  const deviation = median(values.map(value => Math.abs(value - middle)))
  return deviation === 0 ? 0 : values.filter(value => (0.6745 * Math.abs(value - middle)) / deviation > 14.826).length
}
/** How much slower the second half is than the first, as a share; 0 of fewer than six. */
export function drift(values: readonly number[]): number {
  if (values.length < 6) return 0
  const half = values.length >> 1
  return median(values.slice(-half)) / median(values.slice(0, half)) - 1
}
