import { readFileSync } from 'node:fs'
import { countsOf } from './confusion.ts'
import type { PartQuality, Report } from './metrics/classifier.script.ts'
import { ofTwo, type Quality } from './quality.ts'
import { Fault } from './script.ts'
import { plural } from './words.ts'

/** What steps/torch/validate.py writes of a trained and validated model. */
export interface Summary {
  readonly architecture: string
  readonly parameters: number
  readonly weights: string
  /** By number. */
  readonly classes: readonly string[]
  readonly options: Readonly<Record<string, string | number | boolean>>
  /** The weights that the training began with, where they were the user's; else it began with random ones. */
  readonly from: { readonly sha256: string; readonly licence: string; readonly source: string } | null
  /** Of groups: an image without one is a group of its own. */
  readonly trained_on: { readonly images: number; readonly groups: number; readonly names: readonly string[] }
  readonly validation_names: readonly string[]
  readonly versions: Readonly<Record<string, string>>
  readonly validation: { readonly seconds: number; readonly images_per_s: number; readonly [name: string]: string | number }
}
/** A line of the history: one epoch. */
export interface EpochLine {
  readonly epoch: number
  readonly loss: number
  readonly seconds: number
  readonly cpu_seconds: number
  readonly images_per_s: number
  readonly data_wait: number
  readonly validation_loss?: number | null
  readonly image_auc?: number | null
  readonly group_auc?: number | null
  readonly balanced_accuracy?: number | null
}
/** One configuration with all that is known of it. */
export interface Trial {
  readonly name: string
  readonly metrics: Report
  readonly summary: Summary
  readonly history: readonly EpochLine[]
}
export const historyOf = (text: string): readonly EpochLine[] =>
  text
    .split('\n')
    .filter(line => line !== '')
    .map((line): EpochLine => JSON.parse(line))

/** By group where that can be told, else by image: what a model is ranked and described by. */
export const foremost = ({ group, image }: PartQuality): Quality => group ?? image
/** How many are of each class: "4 bluish and 3 plain"; of many classes how many there are. */
export const classesText = (quality: Quality, classes: readonly string[]): string => {
  if (classes.length > 8) return `${classes.length} classes`
  const counts = countsOf(quality).map((row, n) => `${row.reduce((sum, each) => sum + each, 0)} ${classes[n]}`)
  return `${counts.slice(0, -1).join(', ')} and ${counts.at(-1)}`
}
/** That means are over fewer classes than there are, where that is so. */
export const missingText = (quality: Quality): readonly string[] =>
  ofTwo(quality) || quality.missing.length === 0
    ? []
    : [`The test has nothing of ${quality.missing.map(name => `"${name}"`).join(', ')}: means are over the other classes.`]
/** Sentences that say which figures have no interval, and why. */
export function whyNoIntervals(quality: Quality): readonly string[] {
  const own = { AUC: quality.auc, accuracy: quality.accuracy, 'balanced accuracy': quality.balancedAccuracy, F1: quality.f1 }
  const shares = ofTwo(quality) ? { sensitivity: quality.sensitivity, specificity: quality.specificity, precision: quality.precision } : {}
  const reasons = new Map<string, string[]>()
  for (const [name, { interval, why }] of Object.entries({ ...own, ...shares }))
    if (interval === null && why !== undefined) reasons.set(why, [...(reasons.get(why) ?? []), name])
  return [...reasons].map(([why, names]) => `no interval of ${names.join(', ')}: ${why}.`)
}
/** What is judged as a whole, in words: a group, or an image where nothing is told by group. */
export const unitWord = ({ whyNoGroup }: Report, groups: string): string => (whyNoGroup === null ? groups : 'image')

/**
 * The best first: by AUC of groups, then of images, then by Brier score, on the validation part. Where there is none it has to be the test, and
 * then the figures of the first place are better than the model is: it won by luck too.
 */
export function ranked(
  trials: readonly Trial[],
  word = 'group',
): { readonly trials: readonly Trial[]; readonly by: 'validation' | 'test' } {
  refuseOtherImages(trials, word)
  const by = trials.every(({ metrics }) => metrics.validation !== null) ? 'validation' : 'test'
  const merit = ({ metrics }: Trial): readonly number[] => {
    const part = metrics[by]!
    return [-(foremost(part).auc.value ?? 0), -(part.image.auc.value ?? 0), foremost(part).brier]
  }
  const order = [...trials].sort((a, b) => {
    const differences = merit(a).map((value, n) => value - merit(b)[n]!)
    return differences.find(difference => difference !== 0) ?? (a.name < b.name ? -1 : 1)
  })
  return { trials: order, by }
}
/** @throws Fault where trials were judged on different images: then a better figure may be due to easier ones */
function refuseOtherImages(trials: readonly Trial[], word: string): void {
  const judged = {
    classes: ({ metrics }: Trial) => metrics.classes,
    [`${plural(word)} for validation`]: ({ summary }: Trial) => summary.validation_names,
    'images for the test': ({ metrics }: Trial) => metrics.groups.flatMap(({ images }) => images),
  }
  for (const [what, of] of Object.entries(judged)) {
    const sets = trials.map(trial => [...of(trial)].sort().join('\n'))
    const other = sets.findIndex(set => set !== sets[0])
    if (other > 0)
      throw new Fault(
        `The configurations "${trials[0]!.name}" and "${trials[other]!.name}" have different ${what} (${of(trials[0]!).length} and ${of(trials[other]!).length}), so that their figures cannot be compared. Give all the same table of images.`,
      )
  }
}
/**
 * What is known of groups being in two parts, by the lists of names that training and judging wrote; other names may still be one patient.
 */
export function partsText({ summary, metrics }: Trial, groups: string): string {
  const test = [...new Set([...metrics.groups, ...metrics.unscored].map(({ group }) => group))]
  const parts = { training: summary.trained_on.names, validation: summary.validation_names, test }
  const word = [...metrics.groups, ...metrics.unscored].every(({ group, images }) => group === images[0]) ? 'image' : groups
  const seen = new Set<string>()
  const twice = Object.values(parts)
    .flat()
    .find(name => seen.size === seen.add(name).size)
  if (twice !== undefined)
    throw new Fault(
      `The ${word} "${twice}" is in two parts, so that the figures are too good. Correct the table of images, and train anew.`,
    )
  const counts = Object.entries(parts).flatMap(([part, { length }]) => (length > 0 ? [`${length} ${part}`] : []))
  const told = `By their names, none of the ${counts.slice(0, -1).join(', ')} and ${counts.at(-1)} ${plural(word)} is in two parts`
  return word === 'image' ? `${told}.` : `${told}; whether two names are one ${word} was not checked.`
}
/** Options in which the trials differ. */
export function varying(trials: readonly Trial[]): readonly string[] {
  const names = Object.keys(trials[0]?.summary.options ?? {})
  return names.filter(name => new Set(trials.map(({ summary }) => summary.options[name])).size > 1)
}
export const shareText = (value: number | null, digits = 3): string => (value === null ? '–' : value.toFixed(digits))
export const intervalText = (interval: readonly [number, number] | null): string =>
  interval === null ? '' : `${interval[0].toFixed(3)}–${interval[1].toFixed(3)}`
export const trainingSeconds = ({ history }: Trial): number => history.reduce((sum, { seconds }) => sum + seconds, 0)
/** Trials from the words of a command: as many names as files of each sort, in the same order. */
export function readTrials(given: {
  readonly name?: readonly string[] | undefined
  readonly metrics?: readonly string[] | undefined
  readonly summary?: readonly string[] | undefined
  readonly history?: readonly string[] | undefined
}): readonly Trial[] {
  const { name: names = [], metrics = [], summary = [], history = [] } = given
  if (names.length === 0) throw new Fault('There is nothing to collect: no configuration was given.')
  if ([metrics, summary, history].some(files => files.length !== names.length || files.includes('')))
    throw new Fault('Metrics, summaries and histories should have the same names.')
  const text = (file: string | undefined) => readFileSync(file ?? '', 'utf8')
  return names.map((name, n) => ({
    name,
    metrics: JSON.parse(text(metrics[n])),
    summary: JSON.parse(text(summary[n])),
    history: historyOf(text(history[n])),
  }))
}
