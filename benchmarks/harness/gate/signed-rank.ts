import type { Estimate } from '../statistics.ts'

// Wilcoxon's signed ranks (Biometrics Bulletin 1, 1945), exact. Of two equal programs, timed one after the other in an order that is drawn, the logarithm of a round's
// ratio is as likely x as -x, whatever the noise, its tails and the machine's drift: the chance computed here is that of the draw itself. jStat has no such test.

/** How many of all choices of signs give each sum of the positive ranks. */
function waysToSum(ranks: readonly number[]): Float64Array {
  const ways = new Float64Array(ranks.reduce((sum, rank) => sum + rank, 0) + 1)
  ways[0] = 1
  let reached = 0
  for (const rank of ranks) {
    reached += rank
    for (let sum = reached; sum >= rank; sum--) ways[sum]! += ways[sum - rank]!
  }
  return ways
}
/** The chance that values which are as likely negative as positive lie as far above 0 as these do, or farther. Zeros say nothing. */
export function chanceAbove(values: readonly number[]): number {
  const sizes = values.filter(value => value !== 0).sort((a, b) => Math.abs(a) - Math.abs(b))
  // Equal values share the mean of their ranks. Ranks are doubled, so that it is a whole number.
  const ranks = sizes.map(value => {
    const isAsFar = (other: number) => Math.abs(other) === Math.abs(value)
    return sizes.findIndex(isAsFar) + sizes.findLastIndex(isAsFar) + 2
  })
  const positive = ranks.reduce((sum, rank, n) => (sizes[n]! > 0 ? sum + rank : sum), 0)
  const ways = waysToSum(ranks)
    .subarray(positive)
    .reduce((sum, each) => sum + each, 0)
  return ways / 2 ** ranks.length
}
const ends = new Map<number, number>()
/** Which of the sorted means of pairs is the end of an interval of 95 %, counted from either side; 0 where there is none. */
function rankOfEnd(n: number): number {
  const known = ends.get(n)
  if (known !== undefined) return known
  const ways = waysToSum(Array.from({ length: n }, (_, at) => at + 1))
  let [rank, beyond] = [0, 0]
  while (beyond + ways[rank]! <= 0.025 * 2 ** n) beyond += ways[rank++]!
  ends.set(n, rank)
  return rank
}
/**
 * Median of the means of all pairs (Hodges & Lehmann, Annals of Mathematical Statistics 34, 1963), with the interval of all centres that the test does not
 * refuse. None under six values.
 */
export function centre(values: readonly number[]): Estimate {
  const means = new Float64Array((values.length * (values.length + 1)) / 2)
  let at = 0
  for (const [n, a] of values.entries()) for (let m = n; m < values.length; m++) means[at++] = (a + values[m]!) / 2
  means.sort()
  const half = (means.length - 1) / 2
  const value = (means[Math.floor(half)]! + means[Math.ceil(half)]!) / 2
  const rank = rankOfEnd(values.length)
  return rank === 0 ? { value } : { value, low: means[rank - 1]!, high: means[means.length - rank]! }
}
