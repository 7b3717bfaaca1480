/// <reference path="./jstat.d.ts" />
// Intervals of figures over things that are alike in groups: images of a patient, wells of a plate.
import library from 'jstat'
import { apart, auc, type Estimate, placements, shareWilson, sum, z } from './statistics.ts'

/** What was drawn by chance: groups of things, from classes. */
export interface Sample {
  /** Number of its group, from 0, by thing. */
  readonly groups: readonly number[]
  /** Number of its class, by group. Where a group has things of several classes, groups are drawn from one heap: all are 0. */
  readonly strata: readonly number[]
}
/**
 * A figure, and how much each thing moves it: its influence (Hampel 1974, doi:10.1080/01621459.1974.10482962). Groups are drawn, so the
 * variance of the sums of influences over groups is that of the figure. Of an AUC these are the placements of DeLong (1988), and the sums over groups those of
 * Obuchowski (1997, doi:10.2307/2533958); of a share they are the linearisation of a ratio (Cochran 1977, section 6.13).
 */
export interface Figure {
  readonly value: number
  /** By thing; the sum is nothing. */
  readonly influence: readonly number[]
  /** How many groups, and things, a share would be of that is as sure as this where all agree. */
  readonly counts: { readonly groups: number; readonly things: number }
  /** Groups in the smallest class that the figure needs. */
  readonly fewest: number
}
export function sampleOf(things: readonly { readonly group: string; readonly label: number }[]): Sample {
  const numbers = new Map<string, number>()
  const strata: number[] = []
  let pure = true
  const groups = things.map(({ group, label }) => {
    const number = numbers.get(group) ?? numbers.set(group, numbers.size).size - 1
    strata[number] ??= label
    if (strata[number] !== label) pure = false
    return number
  })
  return { groups, strata: pure ? strata : strata.map(() => 0) }
}
/** True where each thing is a group of its own. */
export const independent = ({ groups, strata }: Sample): boolean => groups.length === strata.length

const groupsOf = ({ groups }: Sample, own: (thing: number) => boolean) => new Set(groups.filter((_, n) => own(n))).size

/** A ratio of two sums over things: a share where `hits` is 0 or 1 of what is in `of`. Undefined where there is nothing. */
export function ratio(sample: Sample, hits: readonly number[], of: readonly number[]): Figure | undefined {
  const total = sum(of)
  if (total === 0) return undefined
  const value = sum(hits) / total
  const groups = groupsOf(sample, n => of[n]! > 0)
  const influence = hits.map((hit, n) => (hit - value * of[n]!) / total)
  return { value, influence, counts: { groups, things: of.filter(each => each > 0).length }, fewest: groups }
}
/** Area under the ROC curve. Undefined where a class is missing. */
export function areaUnder(sample: Sample, probabilities: readonly number[], positive: readonly boolean[]): Figure | undefined {
  const value = auc(probabilities.map((probability, n) => ({ probability, label: positive[n] ? 1 : 0 })))
  if (value === null) return undefined
  const among = (wanted: boolean) => probabilities.filter((_, n) => positive[n] === wanted)
  const placed = placements(among(true), among(false))
  const at = { positive: 0, negative: 0 }
  const influence = positive.map(each => {
    const side = each ? 'positive' : 'negative'
    return (placed[side][at[side]++]! - value) / placed[side].length
  })
  const groups = Math.min(...[true, false].map(wanted => groupsOf(sample, n => positive[n] === wanted)))
  return { value, influence, counts: { groups, things: Math.min(placed.positive.length, placed.negative.length) }, fewest: groups }
}
/** Mean of figures of one sample: a macro figure. */
export function average(figures: readonly Figure[]): Figure | undefined {
  const [first] = figures
  if (first === undefined) return undefined
  const mean = (values: readonly number[]) => sum(values) / figures.length
  const together = (of: (figure: Figure) => number) => figures.length ** 2 / sum(figures.map(figure => 1 / of(figure)))
  return {
    value: mean(figures.map(({ value }) => value)),
    influence: first.influence.map((_, n) => mean(figures.map(({ influence }) => influence[n]!))),
    counts: { groups: together(({ counts }) => counts.groups), things: together(({ counts }) => counts.things) },
    fewest: Math.min(...figures.map(({ fewest }) => fewest)),
  }
}

/** The figure's variance over groups, and the factor of its standard error for 95 %: a quantile of Student's t. */
function spread({ influence }: Figure, { groups, strata }: Sample): { readonly variance: number; readonly quantile: number } {
  const sums = new Array<number>(strata.length).fill(0)
  for (const [n, group] of groups.entries()) sums[group]! += influence[n]!
  const parts = [...new Set(strata)].map(stratum => {
    const own = sums.filter((_, group) => strata[group] === stratum)
    if (own.length === 1) return { variance: own[0]! ** 2, freedom: 1 } // a class that others are told from, and which has one group
    const middle = sum(own) / own.length
    return { variance: (own.length / (own.length - 1)) * sum(own.map(each => (each - middle) ** 2)), freedom: own.length - 1 }
  })
  const variance = sum(parts.map(part => part.variance))
  // Satterthwaite (1946, doi:10.2307/3002019): as many degrees of freedom as the sum of the classes' variances has.
  const squares = sum(parts.map(part => part.variance ** 2 / part.freedom))
  const freedom = squares > 0 ? variance ** 2 / squares : sum(parts.map(part => part.freedom))
  return { variance, quantile: library.jStat.studentt.inv(0.975, freedom) }
}
/** Below so many groups in a class an interval would hold the truth less often than in 92 % of all cases; steps/coverage.test.ts counts it. */
export const fewestGroups = 5

const none = (value: number, why: string): Estimate => ({ value, interval: null, why })
const tooFew = ({ fewest }: Figure) => `a class has ${fewest} ${fewest === 1 ? 'group' : 'groups'}, and an interval needs ${fewestGroups}`

/** With an interval that is even on the logit scale, so that it stays within 0 and 1 (Pepe 2003, section 5.2.4): for AUCs. */
export function logitEstimate(figure: Figure | undefined, sample: Sample): Estimate {
  if (figure === undefined) return { value: null, interval: null, why: 'a class is missing' }
  const { value } = figure
  if (value === 0 || value === 1) return none(value, apart)
  if (figure.fewest < fewestGroups) return none(value, tooFew(figure))
  const { variance, quantile } = spread(figure, sample)
  if (variance === 0) return none(value, 'all groups agree, so the data say nothing of the variance')
  const [middle, half] = [Math.log(value / (1 - value)), (quantile * Math.sqrt(variance)) / (value * (1 - value))]
  const back = (x: number) => 1 / (1 + Math.exp(-x))
  return { value, interval: [back(middle - half), back(middle + half)] }
}
/**
 * With Wilson's interval of a share of so many independent things as would have the figure's variance (Korn and Graubard 1998, Survey Methodology 24, 193;
 * compared by Dean and Pagano 2015, doi:10.1093/jssam/smv024): for shares and their means. Where all agree, groups are taken as one thing each.
 */
export function scoreEstimate(figure: Figure | undefined, sample: Sample): Estimate {
  if (figure === undefined) return { value: null, interval: null, why: 'there is nothing to count' }
  const { value, counts } = figure
  if (figure.fewest < fewestGroups) return none(value, tooFew(figure))
  if (value === 0 || value === 1) return shareWilson(value * counts.groups, counts.groups)
  const { variance, quantile } = spread(figure, sample)
  const number = Math.min((value * (1 - value)) / variance, counts.things) * (z / quantile) ** 2
  return { value, interval: shareWilson(value * number, number).interval }
}
/** A share with Wilson's interval: of independent things as it stands, else by `scoreEstimate`. */
export function shareEstimate(sample: Sample, hits: readonly boolean[], of: readonly boolean[]): Estimate {
  const own = of.map((each, n) => (each && hits[n] ? 1 : 0))
  const all = of.map(Number)
  return independent(sample) ? shareWilson(sum(own), sum(all)) : scoreEstimate(ratio(sample, own, all), sample)
}
