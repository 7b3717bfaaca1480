import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { confusions, countsOf, mostInTable } from '../confusion.ts'
import { headlineOf } from '../headline.ts'
import {
  foremost,
  intervalText,
  missingText,
  partsText,
  ranked,
  readTrials,
  type Summary,
  shareText,
  type Trial,
  trainingSeconds,
  unitWord,
  whyNoIntervals,
} from '../leaderboard.ts'
import { markdownText } from '../markup.ts'
import type { JudgedUnit, PartQuality, Report } from '../metrics/classifier.script.ts'
import { ofTwo, type Quality } from '../quality.ts'
import { main } from '../script.ts'
import type { Estimate } from '../statistics.ts'
import { capital, plural, several } from '../words.ts'

/** What the card says in the words of who knows the data. */
interface Told {
  readonly about: string
  readonly licence: string
  readonly limits: string
  readonly positive: string
  readonly groups: string
  readonly note: string
}
const table = (heads: readonly string[], rows: readonly (readonly (string | number)[])[]) =>
  [heads, heads.map(() => '---'), ...rows].map(cells => `|${cells.map(cell => ` ${cell} `).join('|')}|`).join('\n')
const estimate = ({ value, interval }: Estimate) => `${shareText(value)}${interval ? ` (${intervalText(interval)})` : ''}`

function qualityTable({ image, group }: PartQuality, word: string): string {
  const rows = [...(group ? [[word, group] as const] : []), ['image', image] as const]
  const figures = (quality: Quality): Readonly<Record<string, string | number>> => {
    const { count, auc, accuracy, balancedAccuracy, f1, brier, calibrationError } = quality
    const all = { 'balanced accuracy': estimate(balancedAccuracy), F1: estimate(f1) }
    const calibration = { 'Brier score': shareText(brier), 'calibration error': shareText(calibrationError) }
    if (!ofTwo(quality)) return { count, AUC: estimate(auc), accuracy: estimate(accuracy), ...all, ...calibration }
    const { positives, sensitivity, specificity } = quality
    const own = { sensitivity: estimate(sensitivity), specificity: estimate(specificity), accuracy: estimate(accuracy) }
    return { 'count (positive)': `${count} (${positives})`, AUC: estimate(auc), ...own, ...all, ...calibration }
  }
  return table(
    ['by', ...Object.keys(figures(image))],
    rows.map(([name, quality]) => [markdownText(name), ...Object.values(figures(quality))]),
  )
}
function classTables(quality: Quality, classes: readonly string[]): string {
  if (ofTwo(quality)) return ''
  const [counts, names] = [countsOf(quality), classes.map(markdownText)]
  const each = table(
    ['class', 'count', 'AUC', 'recall', 'precision', 'F1'],
    quality.perClass.map((own, n) => [names[n]!, own.count, ...[own.auc, own.recall, own.precision, own.f1].map(estimate)]),
  )
  const errors =
    classes.length > mostInTable
      ? table(
          ['class', 'judged as', 'count', 'of'],
          confusions(counts, names).map(({ real, judged, count, of }) => [real, judged, count, of]),
        )
      : table(
          ['class, judged as', ...names],
          counts.map((row, n) => [names[n]!, ...row]),
        )
  return `\n${each}\n\n${errors}\n`
}
/** Where the network's weights began. */
const begun = ({ from }: Summary) =>
  from === null
    ? 'from random weights'
    : `from weights of the user's own (SHA-256 \`${from.sha256.slice(0, 16).replace(/\W/g, '')}\`, licence: ${markdownText(from.licence) || 'not told'}, source: ${markdownText(from.source) || 'not told'})`

function judgedText(report: Report, quality: Quality, word: string): string {
  const { threshold, thresholdFrom, classes } = report
  if (!ofTwo(quality) || threshold === null) return 'Each is judged as its most probable class.'
  const from = thresholdFrom === 'validation' ? 'chosen on the validation part' : 'given beforehand'
  const { fn, fp } = quality.confusion
  return `Judged ${markdownText(classes[1]!)} above a probability of ${shareText(threshold)} (${from}). Of the ${plural(word)}, ${fn} ${markdownText(classes[1]!)} and ${fp} ${markdownText(classes[0]!)} ones are judged wrongly.`
}
function unscoredText(unscored: readonly JudgedUnit[], classes: readonly string[], word: string): string {
  if (unscored.length === 0) return ''
  const shown = unscored.slice(0, 20).map(({ group, images, judged, probabilities }) => {
    const name = word === 'image' ? images[0]! : group
    return `${markdownText(name)}: ${markdownText(classes[judged]!)} ${shareText(probabilities[judged]!)}`
  })
  const more = unscored.length > shown.length ? `, and ${unscored.length - shown.length} more` : ''
  return `\nJudged, and in none of the figures: ${several(unscored.length, word)} (${shown.join(', ')}${more}).`
}
/** What the images are and how they were divided: in the user's words, and what was checked. */
function dataText({ metrics, summary }: Trial, quality: Quality, told: Told): string {
  const { classes, test, validation, whyNoGroup } = metrics
  const size = ({ image, group }: PartQuality) =>
    `${several(image.count, 'image')}${group ? ` of ${several(group.count, told.groups)}` : ''}`
  const { images, groups } = summary.trained_on
  const trained = `${several(images, 'image')}${groups < images ? ` of ${several(groups, told.groups)}` : ''}`
  const positive = told.positive === '' ? '' : `: ${markdownText(told.positive)}`
  const named = ofTwo(quality)
    ? `The positive class is ${markdownText(classes[1]!)}${positive}. The other is ${markdownText(classes[0]!)}.`
    : `Classes: ${classes.map(name => `"${markdownText(name)}"`).join(', ')}.`
  return [
    told.about === '' ? 'What the images are was not told (--data-about).' : markdownText(told.about),
    told.licence === '' ? 'Their licence was not told.' : `Their licence: ${markdownText(told.licence)}.`,
    named,
    `Trained on ${trained}${validation ? `; validation part: ${size(validation)}` : ''}; tested on ${size(test)}.`,
    ...(whyNoGroup === null ? [] : [`All figures are by image. ${markdownText(whyNoGroup)}`]),
    ...missingText(quality).map(markdownText),
  ].join('\n')
}
/** A card after Mitchell et al. (2019, doi:10.1145/3287560.3287596): what it is, what it was made with, how good it is, where it must not be used. */
function card(
  trial: Trial,
  told: Told,
  checks: readonly string[],
  place: { readonly by: 'validation' | 'test'; readonly of: number },
): string {
  const { name, metrics, summary, history } = trial
  const { test, unscored, classes } = metrics
  const [word, quality] = [unitWord(metrics, told.groups), foremost(test)]
  const options = Object.entries(summary.options).map(([option, value]) => [markdownText(option), markdownText(String(value))])
  const chosen = place.by === 'validation' ? 'the validation part' : 'the TEST, so that the figures below are too good'
  const methods = [
    ...(test.group ? [`${capital(plural(told.groups))}: ${test.group.intervals}. Images`] : ['Images']),
    test.image.intervals,
  ]
  const without = whyNoIntervals(quality).map(each => ` By ${word}, ${markdownText(each)}`)
  return `# Model card: ${markdownText(name)}
${told.note === '' ? '' : `\n> **${markdownText(told.note)}**\n`}
## Model

${markdownText(summary.architecture)}, ${summary.parameters.toLocaleString('en')} parameters, weights \`${summary.weights.slice(0, 16).replace(/\W/g, '')}\`, trained with torch ${markdownText(summary.versions.torch ?? '')} ${begun(summary)}.
It judges an image by the mean over its patches${test.group ? `, a ${told.groups} by the mean over its images` : ''}.${place.of > 1 ? ` First of ${place.of} configurations, chosen on ${chosen}.` : ''}

${table(['option', 'value'], options)}

## Data and split

${dataText(trial, quality, told)}${unscoredText(unscored, classes, word)}

What was checked:

${[partsText(trial, told.groups), ...checks.map(markdownText)].map(each => `- ${each}`).join('\n')}

## Quality on the test

${qualityTable(test, told.groups)}
${classTables(quality, classes)}
Intervals are 95 %. ${methods.join(': ')}.${without.join('')}
${judgedText(metrics, quality, word)}

Training took ${trainingSeconds(trial).toFixed(0)} s (${history.at(-1)?.images_per_s.toFixed(0)} patches/s) on ${markdownText(String(summary.options.device))} with ${markdownText(String(summary.options.threads))} thread(s).

## Limits

${told.limits === '' ? '' : `- ${markdownText(told.limits)}\n`}- Its quality was measured on the test images above and on no others.
- Its probabilities are means of a softmax, not calibrated; see the calibration error above.
- The intervals hold the chance of drawing these ${plural(word)}, not the chance of another training or of images from elsewhere.
`
}
await main(() => {
  const [text, list] = [{ type: 'string', default: '' } as const, { type: 'string', multiple: true } as const]
  const { values } = parseArgs({
    options: {
      ...{ about: text, licence: text, limits: text, positive: text, groups: text, note: text, split: text },
      ...{ 'out-model': text, 'out-card': text, 'out-metrics': text, 'out-summary': text, 'out-headline': text },
      ...{ name: list, metrics: list, summary: list, history: list, checkpoint: list },
    },
  })
  const { trials, by } = ranked(readTrials(values), values.groups)
  const [first] = trials
  const n = values.name?.indexOf(first!.name) ?? 0
  const { checks }: { readonly checks: readonly string[] } = JSON.parse(readFileSync(values.split, 'utf8')) // written by steps/image/split
  writeFileSync(values['out-headline'], headlineOf(first!, values.groups))
  copyFileSync(values.checkpoint?.[n] ?? '', values['out-model'])
  copyFileSync(values.metrics?.[n] ?? '', values['out-metrics'])
  copyFileSync(values.summary?.[n] ?? '', values['out-summary'])
  writeFileSync(values['out-card'], card(first!, { ...values, groups: markdownText(values.groups) }, checks, { by, of: trials.length }))
})
