import { readFileSync } from 'node:fs'
import type { Report } from './metrics/patients.script.ts'
import { Fault } from './script.ts'

/** What steps/torch/classify.py writes of a trained and validated model. */
export interface Summary {
  readonly architecture: string
  readonly parameters: number
  readonly weights: string
  readonly options: Readonly<Record<string, string | number | boolean>>
  readonly holdout: readonly string[]
  readonly trained_on: { readonly images: number; readonly patients: number; readonly names: readonly string[] }
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
  readonly image_auc?: number | null
  readonly patient_auc?: number | null
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

/**
 * The best first: by patient AUC, then image AUC, then Brier score, on the held-out training patients. Where none were held out it has to be the
 * test, and then the figures of the first place are better than the model is: it won by luck too.
 */
export function ranked(trials: readonly Trial[]): { readonly trials: readonly Trial[]; readonly by: 'holdout' | 'test' } {
  refuseOtherPatients(trials)
  const by = trials.every(({ metrics }) => metrics.holdout !== null) ? 'holdout' : 'test'
  const merit = ({ metrics }: Trial): readonly number[] => {
    const { patient, image } = metrics[by]!
    return [-(patient.auc.value ?? 0), -(image.auc.value ?? 0), patient.brier]
  }
  const order = [...trials].sort((a, b) => {
    const differences = merit(a).map((value, n) => value - merit(b)[n]!)
    return differences.find(difference => difference !== 0) ?? (a.name < b.name ? -1 : 1)
  })
  return { trials: order, by }
}
/** @throws Fault where trials were judged on different patients: then a better figure may be due to easier patients */
function refuseOtherPatients(trials: readonly Trial[]): void {
  const judged = {
    'held out': ({ summary }: Trial) => summary.holdout,
    'tested with': ({ metrics }: Trial) => metrics.patients.map(({ patient }) => patient),
  }
  for (const [how, of] of Object.entries(judged)) {
    const sets = trials.map(trial => [...of(trial)].sort().join('\n'))
    const other = sets.findIndex(set => set !== sets[0])
    if (other > 0)
      throw new Fault(
        `The configurations "${trials[0]!.name}" and "${trials[other]!.name}" have different patients ${how} (${of(trials[0]!).length} and ${of(trials[other]!).length}), so that their figures cannot be compared. Give all the same holdout and the same images.`,
      )
  }
}
/**
 * What is known of patients being in two parts, by the lists of names that training and judging wrote; other names may still be one person.
 */
export function partsText({ summary, metrics }: Trial): string {
  const test = [...new Set([...metrics.patients, ...metrics.unscored].map(({ patient }) => patient))]
  const parts = [summary.trained_on.names, summary.holdout, test]
  const seen = new Set<string>()
  const twice = parts.flat().find(name => seen.size === seen.add(name).size)
  if (twice !== undefined)
    throw new Fault(
      `The patient "${twice}" is in two parts, so that the figures are too good. Correct the table of images, and train anew.`,
    )
  return `By their names, none of the ${parts[0]!.length} training, ${parts[1]!.length} held-out and ${test.length} test patients is in two parts; whether two names are one person was not checked.`
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
