/** Alleles counted against the truth. */
export interface Counts {
  readonly tp: number
  readonly fp: number
  readonly fn: number
  /** True positives whose genotype holds the same share of ALT, so that 1 equals 1/1 and 0|1 equals 1/0. */
  readonly genotypesSame: number
}
/** Each null where it would be 0 / 0. */
export interface Rates {
  readonly precision: number | null
  readonly recall: number | null
  readonly f1: number | null
  readonly genotypeConcordance: number | null
}
/**
 * precision = TP / (TP + FP), recall = TP / (TP + FN), F1 = 2 TP / (2 TP + FP + FN) (C. J. van Rijsbergen, 1979),
 * genotype concordance = true positives with the same genotype / TP.
 */
export const rates = ({ tp, fp, fn, genotypesSame }: Counts): Rates => ({
  precision: ratio(tp, tp + fp),
  recall: ratio(tp, tp + fn),
  f1: ratio(2 * tp, 2 * tp + fp + fn),
  genotypeConcordance: ratio(genotypesSame, tp),
})
const ratio = (part: number, whole: number) => (whole === 0 ? null : part / whole)
