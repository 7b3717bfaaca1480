// Statistics of judgements that no npm library has (simple-statistics 7 has means and quantiles, none has DeLong or Wilson), each with its
// source. Those of things that are alike in groups are in steps/jackknife.ts.

/** A value with its interval; null where the data give none. */
export interface Estimate {
  readonly value: number | null
  /** 95 %. */
  readonly interval: readonly [number, number] | null
  /** Why there is no interval, in words that follow "since". */
  readonly why?: string
}
/** One judged thing, an image or a group: how likely it is positive, and whether it is. */
export interface Judged {
  readonly probability: number
  readonly label: 0 | 1
}
/** 97.5 % quantile of the standard normal distribution. */
export const z = 1.959963984540054

/** Ranks from 1, the mean of them for equal values. */
export function midranks(values: readonly number[]): number[] {
  const order = values.map((_, n) => n).sort((a, b) => values[a]! - values[b]!)
  const ranks = new Array<number>(values.length)
  for (let from = 0; from < order.length; ) {
    let to = from
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++
    for (let n = from; n < to; n++) ranks[order[n]!] = (from + to + 1) / 2
    from = to
  }
  return ranks
}
export const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
export const mean = (values: readonly number[]) => sum(values) / values.length
const variance = (values: readonly number[]) => {
  const middle = mean(values)
  return sum(values.map(value => (value - middle) ** 2)) / (values.length - 1)
}
/** Area under the ROC curve by ranks (Mann and Whitney), ties counted half; null where a class is missing. */
export function auc(judged: readonly Judged[]): number | null {
  const positives = judged.filter(({ label }) => label === 1).length
  const negatives = judged.length - positives
  if (positives === 0 || negatives === 0) return null
  const ranks = midranks(judged.map(({ probability }) => probability))
  const own = sum(judged.map(({ label }, n) => (label === 1 ? ranks[n]! : 0)))
  return (own - (positives * (positives + 1)) / 2) / (positives * negatives)
}
/**
 * Of each positive thing the share of negative ones that it is above, and of each negative one the share of positive ones that it is below, ties counted
 * half: from midranks, as Sun and Xu (2014, doi:10.1109/LSP.2014.2337313) do. Their variances make that of the AUC.
 */
export function placements(positive: readonly number[], negative: readonly number[]) {
  const all = midranks([...positive, ...negative])
  const [own, other] = [midranks(positive), midranks(negative)]
  return {
    positive: positive.map((_, n) => (all[n]! - own[n]!) / negative.length),
    negative: negative.map((_, n) => 1 - (all[positive.length + n]! - other[n]!) / positive.length),
  }
}
export const apart = 'the classes are fully apart, so the data say nothing of the variance'
/**
 * AUC of independent things with the interval of DeLong et al. (1988, doi:10.2307/2531595), on the logit scale so that it stays within 0 and 1
 * (Pepe 2003, section 5.2.4). No interval where the classes are fully apart: the estimated variance is then 0, which says nothing.
 */
export function aucDeLong(judged: readonly Judged[]): Estimate {
  const value = auc(judged)
  const of = (wanted: 0 | 1) => judged.filter(({ label }) => label === wanted).map(({ probability }) => probability)
  const [positive, negative] = [of(1), of(0)]
  if (value === null) return { value, interval: null, why: 'a class is missing' }
  if (value === 0 || value === 1) return { value, interval: null, why: apart }
  if (positive.length < 2 || negative.length < 2) return { value, interval: null, why: 'a class is of one only' }
  const structural = placements(positive, negative)
  const spread = Math.sqrt(variance(structural.positive) / positive.length + variance(structural.negative) / negative.length)
  const [logit, half] = [Math.log(value / (1 - value)), (z * spread) / (value * (1 - value))]
  const back = (x: number) => 1 / (1 + Math.exp(-x))
  return spread > 0 ? { value, interval: [back(logit - half), back(logit + half)] } : { value, interval: null, why: apart }
}
/** A share of independent things with the score interval of Wilson (1927, doi:10.1080/01621459.1927.10502953). */
export function shareWilson(hits: number, of: number): Estimate {
  if (of === 0) return { value: null, interval: null, why: 'there is nothing to count' }
  const share = hits / of
  const middle = (share + z ** 2 / (2 * of)) / (1 + z ** 2 / of)
  const half = (z / (1 + z ** 2 / of)) * Math.sqrt((share * (1 - share)) / of + z ** 2 / (4 * of ** 2))
  return { value: share, interval: [Math.max(middle - half, 0), Math.min(middle + half, 1)] }
}
/** Uniform numbers in 0..1 by Park and Miller's generator: the same on every machine. */
export function uniform(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1
  const next = () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
  for (let n = 0; n < 8; n++) next() // the first numbers of small seeds are all small
  return next
}
export interface Confusion {
  readonly tp: number
  readonly fp: number
  readonly tn: number
  readonly fn: number
}
export function confusion(judged: readonly Judged[], threshold: number): Confusion {
  const count = (label: 0 | 1, positive: boolean) =>
    judged.filter(each => each.label === label && each.probability > threshold === positive).length
  return { tp: count(1, true), fp: count(0, true), tn: count(0, false), fn: count(1, false) }
}
/** A corner of the ROC curve: what is positive above the threshold. */
export interface Corner {
  readonly threshold: number
  readonly falsePositives: number
  readonly truePositives: number
}
/** From (0, 0) to (1, 1), one corner for each distinct probability; shares, not counts. */
export function rocCurve(judged: readonly Judged[]): readonly Corner[] {
  const positives = judged.filter(({ label }) => label === 1).length
  const negatives = judged.length - positives
  const sorted = [...judged].sort((a, b) => b.probability - a.probability)
  const corners: Corner[] = [{ threshold: 1, falsePositives: 0, truePositives: 0 }]
  let [tp, fp] = [0, 0]
  for (const [n, { label, probability }] of sorted.entries()) {
    if (label === 1) tp++
    else fp++
    if (sorted[n + 1]?.probability === probability) continue
    corners.push({ threshold: probability, falsePositives: fp / Math.max(negatives, 1), truePositives: tp / Math.max(positives, 1) })
  }
  return corners
}
/** The corners at which the curve turns: those between two others on one line are left out. */
export const outline = (corners: readonly Corner[]): readonly Corner[] =>
  corners.filter((corner, n) => {
    const [before, after] = [corners[n - 1], corners[n + 1]]
    if (before === undefined || after === undefined) return true
    const [x, y] = [corner.falsePositives - before.falsePositives, corner.truePositives - before.truePositives]
    return Math.abs(x * (after.truePositives - before.truePositives) - y * (after.falsePositives - before.falsePositives)) > 1e-12
  })
/** The threshold with the largest sensitivity + specificity - 1 (Youden 1950), midway to the next probability below. */
export function youden(judged: readonly Judged[]): number {
  const corners = rocCurve(judged)
  const index = ({ truePositives, falsePositives }: Corner) => truePositives - falsePositives
  let best = 0 // of equal ones the first, which has fewer positives; sums of fractions differ in their last digit
  for (const [n, corner] of corners.entries()) if (index(corner) > index(corners[best]!) + 1e-12) best = n
  return (corners[best]!.threshold + (corners[best + 1]?.threshold ?? 0)) / 2
}
export interface Bin {
  readonly from: number
  readonly to: number
  readonly count: number
  /** Mean probability, and share of positives, in the bin. */
  readonly predicted: number
  readonly observed: number
}
/**
 * How far probabilities may be taken at their word: Brier score (1950), and the expected calibration error over ten bins of equal width
 * (Naeini et al. 2015, doi:10.1609/aaai.v29i1.9602).
 */
export function calibration(judged: readonly Judged[]): { readonly brier: number; readonly error: number; readonly bins: readonly Bin[] } {
  const brier = mean(judged.map(({ probability, label }) => (probability - label) ** 2))
  const bins = Array.from({ length: 10 }, (_, n) => {
    const own = judged.filter(({ probability }) => Math.min(Math.floor(probability * 10), 9) === n)
    const [predicted, observed] = own.length > 0 ? [mean(own.map(each => each.probability)), mean(own.map(each => each.label))] : [0, 0]
    return { from: n / 10, to: (n + 1) / 10, count: own.length, predicted, observed }
  }).filter(({ count }) => count > 0)
  return { brier, error: sum(bins.map(bin => bin.count * Math.abs(bin.predicted - bin.observed))) / judged.length, bins }
}
