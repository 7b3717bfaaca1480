// How well things were judged: images, or groups of them. Sources of the formulae are in steps/statistics.ts and steps/jackknife.ts.
import {
  areaUnder,
  average,
  independent,
  logitEstimate,
  ratio,
  type Sample,
  sampleOf,
  scoreEstimate,
  shareEstimate,
  smallestClass,
} from './jackknife.ts'
import {
  aucDeLong,
  type Bin,
  type Confusion,
  type Corner,
  calibration,
  confusion,
  type Estimate,
  mean,
  outline,
  rocCurve,
  sum,
} from './statistics.ts'

/** An image, or a group of them, with the probability of each class. */
export interface Unit {
  readonly group: string
  readonly images: readonly string[]
  /** Number of its class. */
  readonly label: number
  /** By number of the class. */
  readonly probabilities: readonly number[]
}
interface Shared {
  readonly count: number
  /** Of two classes that of the positive one; of more the mean over the classes, each told from the rest. */
  readonly auc: Estimate
  readonly accuracy: Estimate
  /** Mean of the classes' recalls. */
  readonly balancedAccuracy: Estimate
  /** Of two classes that of the positive one; of more the mean over the classes. */
  readonly f1: Estimate
  readonly brier: number
  readonly calibrationError: number
  /** Of two classes of the positive one's probability; of more of the largest. */
  readonly calibration: readonly Bin[]
  /** How the intervals were made. */
  readonly intervals: string
}
export interface TwoClassQuality extends Shared {
  readonly positives: number
  readonly sensitivity: Estimate
  readonly specificity: Estimate
  readonly precision: Estimate
  readonly confusion: Confusion
  readonly roc: readonly Corner[]
}
/** A class told from all others. */
export interface ClassQuality {
  readonly class: string
  readonly count: number
  readonly auc: Estimate
  readonly precision: Estimate
  readonly recall: Estimate
  readonly f1: Estimate
  readonly roc: readonly Corner[]
}
export interface ManyClassQuality extends Shared {
  /** By number. */
  readonly perClass: readonly ClassQuality[]
  /** Classes that nothing is of: means are over the others. */
  readonly missing: readonly string[]
  /** How many of each class (row) were judged as each (column), by number. */
  readonly confusion: readonly (readonly number[])[]
}
export type Quality = TwoClassQuality | ManyClassQuality
export const ofTwo = (quality: Quality): quality is TwoClassQuality => 'sensitivity' in quality

/** Number of the class that a thing is judged as: of two classes the positive one above the threshold, of more the most probable. */
export const judgedAs = ({ probabilities }: Unit, threshold: number | null): number =>
  threshold === null ? probabilities.indexOf(Math.max(...probabilities)) : Number(probabilities[1]! > threshold)
/** Distance of the probability of its class from 1: of what is judged wrongly with certainty it is 1. */
export const errorOf = ({ label, probabilities }: Unit): number =>
  probabilities.length === 2 ? Math.abs(probabilities[1]! - label) : 1 - probabilities[label]!
/** Of two classes: the probability of the positive one. */
export const positivity = ({ label, probabilities }: Unit) => ({ label: label === 1 ? 1 : 0, probability: probabilities[1]! }) as const

/** How intervals are made: of independent things, and of things in groups. */
const methods = {
  two: "AUC: DeLong on the logit scale; shares: Wilson; balanced accuracy and F1: Wilson's of as many things as have their variance by the jackknife",
  many: "AUC: jackknife on the logit scale; shares: Wilson; means and F1: Wilson's of as many things as have their variance by the jackknife",
  groups:
    "AUC: jackknife of whole groups on the logit scale; shares, means and F1: Wilson's of as many things as have their variance by it; quantiles of t",
}
/** Quality of judgements about things; those of one group are alike. The threshold is null where there are more than two classes. */
export function qualityOf(units: readonly Unit[], classes: readonly string[], threshold: number | null): Quality {
  const sample = sampleOf(units)
  return threshold === null ? ofManyClasses(units, classes, sample) : ofTwoClasses(units, threshold, sample)
}
/** How well the things of a class are found: `real` are of it, `judged` are judged to be. */
function found(sample: Sample, real: readonly boolean[], judged: readonly boolean[]) {
  const right = real.map((each, n) => each && judged[n]!)
  const twice = right.map(each => (each ? 2 : 0))
  const either = real.map((each, n) => Number(each) + Number(judged[n]))
  return {
    recall: ratio(sample, right.map(Number), real.map(Number)),
    f1: ratio(sample, twice, either),
    estimates: { precision: shareEstimate(sample, right, judged), recall: shareEstimate(sample, right, real) },
  }
}
/** Share of all that is judged rightly. It is of all classes, and no surer than the smallest of them. */
function accuracyOf(sample: Sample, right: readonly boolean[]): Estimate {
  const all = right.map(() => true)
  if (independent(sample)) return shareEstimate(sample, right, all)
  const figure = ratio(sample, right.map(Number), all.map(Number))
  return scoreEstimate(figure && { ...figure, fewest: smallestClass(sample) }, sample)
}
function ofTwoClasses(units: readonly Unit[], threshold: number, sample: Sample): TwoClassQuality {
  const [real, judged] = [units.map(({ label }) => label === 1), units.map(unit => judgedAs(unit, threshold) === 1)]
  const not = (each: readonly boolean[]) => each.map(one => !one)
  const [positive, negative] = [found(sample, real, judged), found(sample, not(real), not(judged))]
  const [things, probabilities] = [units.map(positivity), units.map(unit => unit.probabilities[1]!)]
  const { brier, error, bins } = calibration(things)
  const alone = independent(sample)
  return {
    count: units.length,
    positives: real.filter(Boolean).length,
    auc: alone ? aucDeLong(things) : logitEstimate(areaUnder(sample, probabilities, real), sample),
    sensitivity: positive.estimates.recall,
    specificity: negative.estimates.recall,
    precision: positive.estimates.precision,
    accuracy: accuracyOf(
      sample,
      real.map((each, n) => each === judged[n]),
    ),
    balancedAccuracy: scoreEstimate(average([positive.recall, negative.recall].flatMap(each => each ?? [])), sample),
    f1: scoreEstimate(positive.f1, sample),
    confusion: confusion(things, threshold),
    ...{ brier, calibrationError: error, calibration: bins, roc: outline(rocCurve(things)) },
    intervals: alone ? methods.two : methods.groups,
  }
}
function ofManyClasses(units: readonly Unit[], classes: readonly string[], sample: Sample): ManyClassQuality {
  const judged = units.map(unit => judgedAs(unit, null))
  const right = units.map(({ label }, n) => judged[n] === label)
  const each = classes.map((name, number) => {
    const [real, own] = [units.map(({ label }) => label === number), judged.map(one => one === number)]
    const probabilities = units.map(unit => unit.probabilities[number]!)
    const { recall, f1, estimates } = found(sample, real, own)
    const area = areaUnder(sample, probabilities, real)
    const roc = outline(rocCurve(probabilities.map((probability, n) => ({ probability, label: real[n] ? 1 : 0 }))))
    const count = real.filter(Boolean).length
    const perClass = { class: name, count, auc: logitEstimate(area, sample), ...estimates, f1: scoreEstimate(f1, sample), roc }
    return { perClass, area, recall, f1 }
  })
  const present = each.filter(({ perClass }) => perClass.count > 0)
  const macro = (of: 'area' | 'recall' | 'f1') => average(present.flatMap(own => own[of] ?? []))
  const top = calibration(units.map(({ probabilities }, n) => ({ probability: Math.max(...probabilities), label: right[n] ? 1 : 0 })))
  const counts = classes.map(() => classes.map(() => 0))
  for (const [n, { label }] of units.entries()) counts[label]![judged[n]!]!++
  return {
    count: units.length,
    auc: logitEstimate(macro('area'), sample),
    accuracy: accuracyOf(sample, right),
    balancedAccuracy: scoreEstimate(macro('recall'), sample),
    f1: scoreEstimate(macro('f1'), sample),
    perClass: each.map(({ perClass }) => perClass),
    missing: each.flatMap(({ perClass }) => (perClass.count === 0 ? [perClass.class] : [])),
    confusion: counts,
    brier: mean(units.map(({ label, probabilities }) => sum(probabilities.map((one, n) => (one - Number(n === label)) ** 2)))),
    ...{ calibrationError: top.error, calibration: top.bins },
    intervals: independent(sample) ? methods.many : methods.groups,
  }
}
