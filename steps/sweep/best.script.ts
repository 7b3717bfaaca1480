import { copyFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { intervalText, partsText, ranked, readTrials, shareText, type Trial, trainingSeconds } from '../leaderboard.ts'
import { markdownText } from '../markup.ts'
import type { Quality } from '../metrics/patients.script.ts'
import { main } from '../script.ts'
import type { Estimate } from '../statistics.ts'

const estimate = ({ value, interval }: Estimate) => `${shareText(value)}${interval ? ` (${intervalText(interval)})` : ''}`
const quality = (name: string, { count, positives, auc, sensitivity, specificity, accuracy, brier, calibrationError }: Quality) =>
  `| ${[name, `${count} (${positives})`, ...[auc, sensitivity, specificity, accuracy].map(estimate), shareText(brier), shareText(calibrationError)].join(' | ')} |`

/** A card after Mitchell et al. (2019, doi:10.1145/3287560.3287596): what it is, what it was made with, how good it is, where it must not be used. */
function card(
  { name, metrics, summary, history }: Trial,
  {
    data,
    positive,
    note,
    by,
    of,
  }: { readonly data: string; readonly positive: string; readonly note: string; readonly by: string; readonly of: number },
): string {
  const { test, holdout, threshold, thresholdFrom, unscored } = metrics
  const options = Object.entries(summary.options).map(([option, value]) => `| ${markdownText(option)} | ${markdownText(String(value))} |`)
  const last = history.at(-1)
  return `# Model card: ${markdownText(name)}
${note === '' ? '' : `\n> **${markdownText(note)}**\n`}
## Model

${markdownText(summary.architecture)}, ${summary.parameters.toLocaleString('en')} parameters, weights \`${summary.weights.slice(0, 16).replace(/\W/g, '')}\`, trained from nothing with torch ${markdownText(summary.versions.torch ?? '')}.
It judges an image by the mean over a grid of patches, a patient by the mean over the images.${of > 1 ? ` First of ${of} configurations, chosen on ${by === 'holdout' ? 'training patients that were held out' : 'the TEST patients, so that the figures below are too good'}.` : ''}

| option | value |
|---|---|
${options.join('\n')}

## Data and split

${data === '' ? 'What the images are was not told (--data).' : markdownText(data)}
Label 1 is ${markdownText(positive)}. Trained on ${summary.trained_on.images} images of ${summary.trained_on.patients} patients${holdout ? `, ${holdout.patient.count} patients held out` : ''}; tested on ${test.image.count} images of ${test.patient.count} other patients.
${partsText({ name, metrics, summary, history })}${unscored.length > 0 ? ` ${unscored.length} patients of the test (${unscored.map(({ patient, probability }) => `${markdownText(patient)}: probability ${shareText(probability)}`).join(', ')}) are not scored: judged, and in none of the figures.` : ''}

## Quality on the test

| | count (positive) | AUC | sensitivity | specificity | accuracy | Brier score | calibration error |
|---|---|---|---|---|---|---|---|
${quality('patients', test.patient)}
${quality('images', test.image)}

Intervals are 95 %. Patients: ${test.patient.intervals}. Images: ${test.image.intervals}.
Positive above a probability of ${shareText(threshold)} (${thresholdFrom === 'holdout' ? 'chosen on the held-out patients' : 'given beforehand'}). Of the patients, ${test.patient.confusion.fn} positive and ${test.patient.confusion.fp} negative ones are judged wrongly.

Training took ${trainingSeconds({ name, metrics, summary, history }).toFixed(0)} s (${last?.images_per_s.toFixed(0)} patches/s) on ${markdownText(String(summary.options.device))} with ${markdownText(String(summary.options.threads))} thread(s).

## Intended use

Research on methods: comparing models, machines and pipelines.

## Limits

- No medical device. It must not be used to decide about anybody's health.
- Its quality was measured on the test images above and on no others: nothing is known of images from other laboratories, scanners, stains or magnifications, or of other illnesses.
- Its probabilities are means of a softmax, not calibrated; see the calibration error above.
- The intervals hold the chance of drawing these patients, not the chance of another training or another laboratory.
`
}
await main(() => {
  const [text, list] = [{ type: 'string', default: '' } as const, { type: 'string', multiple: true } as const]
  const { values } = parseArgs({
    options: {
      ...{ data: text, positive: text, note: text, 'out-model': text, 'out-card': text, 'out-metrics': text, 'out-summary': text },
      ...{ name: list, metrics: list, summary: list, history: list, checkpoint: list },
    },
  })
  const { trials, by } = ranked(readTrials(values))
  const [first] = trials
  const n = values.name?.indexOf(first!.name) ?? 0
  const at = { data: values.data, positive: values.positive, note: values.note, by, of: trials.length }
  copyFileSync(values.checkpoint?.[n] ?? '', values['out-model'])
  copyFileSync(values.metrics?.[n] ?? '', values['out-metrics'])
  copyFileSync(values.summary?.[n] ?? '', values['out-summary'])
  writeFileSync(values['out-card'], card(first!, at))
})
