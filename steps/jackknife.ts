/// <reference path="./jstat.d.ts" />
// Intervals of figures over things that are alike in groups: images of a patient, wells of a plate. Groups are what chance drew, so they are left out in turn.
import library from 'jstat'
import { apart, auc, type Estimate, mean, placements, shareWilson, sum, z } from './statistics.ts'

/** What chance drew: so many groups of each class, as a divided table has them. */
export interface Sample {
  /** Number of its group, from 0, by thing. */
  readonly groups: readonly number[]
  /** Its class, by number of the group. Where a group has things of several classes, groups were drawn from one heap: all are 0. */
  readonly strata: readonly number[]
}
/** A figure, and what it would be without each group (Quenouille 1956, Tukey 1958). */
export interface Figure {
  readonly value: number
  /** By number of the group. */
  readonly without: readonly number[]
  /** How many groups, and things, a share would be of that is as sure as this where all agree. */
  readonly counts: { readonly groups: number; readonly things: number }
  /** Groups in the smallest class that the figure needs. */
  readonly fewest: number
  /** Half of the least by which it can differ from 0 or 1. */
  readonly half: number
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

const sumsOf = ({ groups, strata }: Sample, values: readonly number[]): readonly number[] => {
  const sums = new Array<number>(strata.length).fill(0)
  for (const [n, group] of groups.entries()) sums[group]! += values[n]!
  return sums
}
const positiveOnes = (values: readonly number[]) => values.filter(each => each > 0).length

/** A ratio of two sums over things: a share where `hits` is 0 or 1 of what is in `of`. Undefined where there is nothing. */
export function ratio(sample: Sample, hits: readonly number[], of: readonly number[]): Figure | undefined {
  const [hit, all] = [sum(hits), sum(of)]
  if (all === 0) return undefined
  const [own, among] = [sumsOf(sample, hits), sumsOf(sample, of)]
  const without = among.map((each, group) => (hit - own[group]!) / (all - each))
  const groups = positiveOnes(among)
  return { value: hit / all, without, counts: { groups, things: positiveOnes(of) }, fewest: groups, half: 0.5 / all }
}
/** Area under the ROC curve. Undefined where a class is missing. */
export function areaUnder(sample: Sample, probabilities: readonly number[], positive: readonly boolean[]): Figure | undefined {
  const judged = probabilities.map((probability, n) => ({ probability, label: positive[n] ? 1 : 0 }) as const)
  const value = auc(judged)
  if (value === null) return undefined
  const among = (wanted: boolean) => probabilities.filter((_, n) => positive[n] === wanted)
  const placed = placements(among(true), among(false))
  const [positives, negatives] = [placed.positive.length, placed.negative.length]
  const at = { positive: 0, negative: 0 }
  // Pairs that each thing is in and that are in order: with those of its group gone, pairs within the group would be taken away twice.
  const won = positive.map(each => (each ? negatives * placed.positive[at.positive++]! : positives * placed.negative[at.negative++]!))
  const [wins, own] = [sumsOf(sample, won), sumsOf(sample, positive.map(Number))]
  const others = sumsOf(
    sample,
    positive.map(each => Number(!each)),
  )
  const within = new Map<number, (typeof judged)[number][]>()
  for (const [n, group] of sample.groups.entries())
    if (own[group]! > 0 && others[group]! > 0) within.set(group, [...(within.get(group) ?? []), judged[n]!])
  const without = wins.map((each, group) => {
    const twice = (auc(within.get(group) ?? []) ?? 0) * own[group]! * others[group]!
    return (value * positives * negatives - each + twice) / ((positives - own[group]!) * (negatives - others[group]!))
  })
  const fewest = Math.min(positiveOnes(own), positiveOnes(others))
  return { value, without, counts: { groups: fewest, things: Math.min(positives, negatives) }, fewest, half: 0.5 / (positives * negatives) }
}
/** Mean of figures of one sample: a macro figure. */
export function average(figures: readonly Figure[]): Figure | undefined {
  const [first] = figures
  if (first === undefined) return undefined
  const together = (of: (figure: Figure) => number) => figures.length ** 2 / sum(figures.map(figure => 1 / of(figure)))
  return {
    value: mean(figures.map(({ value }) => value)),
    without: first.without.map((_, group) => mean(figures.map(({ without }) => without[group]!))),
    counts: { groups: together(({ counts }) => counts.groups), things: together(({ counts }) => counts.things) },
    fewest: Math.min(...figures.map(({ fewest }) => fewest)),
    half: Math.min(...figures.map(({ half }) => half)) / figures.length,
  }
}

/** On the logit scale, where intervals near 0 and 1 are longer inwards; at its ends half a step from them. */
function logitOf(value: number, half: number): number {
  const inside = Math.min(Math.max(value, half), 1 - half)
  return Math.log(inside / (1 - inside))
}
/** Variance of a figure on the logit scale, by the jackknife within each class (Jones 1974, doi:10.1093/biomet/61.1.169 for strata). */
function variance({ value, without, half }: Figure, { strata }: Sample): number {
  const parts = [...new Set(strata)].map(stratum => {
    const own = without.filter((_, group) => strata[group] === stratum).map(each => logitOf(each, half))
    if (own.length === 1) return (own[0]! - logitOf(value, half)) ** 2 // a class that others are told from, and which has one group
    const middle = mean(own)
    return ((own.length - 1) / own.length) * sum(own.map(each => (each - middle) ** 2))
  })
  return sum(parts)
}
/**
 * How many standard errors either side make 95 %. The variance of few groups is itself unsure, so that it is a quantile of Student's t with the degrees of freedom
 * of the smallest class. Of independent things the normal one holds its 95 % from three a class on.
 */
const quantile = ({ fewest }: Figure, sample: Sample): number => (independent(sample) ? z : library.jStat.studentt.inv(0.975, fewest - 1))
/** With fewer groups in a class intervals do not hold their 95 %, or say nothing; steps/coverage.test.ts counts it. */
export const fewestGroups = 3

const none = (value: number, why: string): Estimate => ({ value, interval: null, why })
const tooFew = ({ fewest }: Figure) => `a class has ${fewest} ${fewest === 1 ? 'group' : 'groups'}, and an interval needs ${fewestGroups}`

/**
 * With an interval that is even on the logit scale, where the jackknife is taken too, for AUCs: near 1, where few groups have all the errors, it is longer below.
 * The scale is that of Pepe (2003, section 5.2.4); the variance without the logarithms is close to that of Obuchowski (1997, doi:10.2307/2533958).
 */
export function logitEstimate(figure: Figure | undefined, sample: Sample): Estimate {
  if (figure === undefined) return { value: null, interval: null, why: 'a class is missing' }
  const { value, half } = figure
  if (value === 0 || value === 1) return none(value, apart)
  if (figure.fewest < fewestGroups) return none(value, tooFew(figure))
  const [middle, reach] = [logitOf(value, half), quantile(figure, sample) * Math.sqrt(variance(figure, sample))]
  if (reach === 0) return none(value, 'all groups agree, so the data say nothing of the variance')
  const back = (x: number) => 1 / (1 + Math.exp(-x))
  return { value, interval: [back(middle - reach), back(middle + reach)] }
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
  const alike = 1 / (value * (1 - value) * variance(figure, sample))
  const number = Math.min(alike, counts.things) * (z / quantile(figure, sample)) ** 2
  return { value, interval: shareWilson(value * number, number).interval }
}
/** A share with Wilson's interval: of independent things as it stands, else by `scoreEstimate`. */
export function shareEstimate(sample: Sample, hits: readonly boolean[], of: readonly boolean[]): Estimate {
  const own = of.map((each, n) => (each && hits[n] ? 1 : 0))
  const all = of.map(Number)
  return independent(sample) ? shareWilson(sum(own), sum(all)) : scoreEstimate(ratio(sample, own, all), sample)
}
