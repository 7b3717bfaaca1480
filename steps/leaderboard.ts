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
  readonly trained_on: { readonly images: number; readonly patients: number }
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
