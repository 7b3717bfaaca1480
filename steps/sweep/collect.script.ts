import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Chart, enclosing, escaped, figure } from '../charts.ts'
import { confusions, countsOf, mostInTable } from '../confusion.ts'
import {
  classesText,
  type EpochLine,
  foremost,
  intervalText,
  missingText,
  ranked,
  readTrials,
  shareText,
  type Trial,
  trainingSeconds,
  unitWord,
  varying,
  whyNoIntervals,
} from '../leaderboard.ts'
import { csvLine } from '../markup.ts'
import { type ManyClassQuality, ofTwo, type Quality } from '../quality.ts'
import { classRocs, rocChart } from '../roc.ts'
import { main } from '../script.ts'
import type { Estimate } from '../statistics.ts'
import { plural, several } from '../words.ts'

type Column = readonly [string, (trial: Trial, n: number) => string | number]
const withInterval = (name: string, of: (trial: Trial) => Estimate): readonly Column[] => [
  [name, trial => shareText(of(trial).value)],
  [`${name}_95`, trial => intervalText(of(trial).interval)],
]
/** The leaderboard's columns, each with what it holds of a trial. */
function columns(first: Trial, by: 'validation' | 'test', options: readonly string[], groups: string): readonly Column[] {
  const byGroup = first.metrics.whyNoGroup === null
  const group = groups.replace(/[^\p{L}\p{N}]+/gu, '_')
  const quality = ({ metrics }: Trial) => foremost(metrics.test)
  const two = (of: 'sensitivity' | 'specificity') => (trial: Trial) => {
    const own = quality(trial)
    return ofTwo(own) ? own[of] : { value: null, interval: null }
  }
  const parts = (['group', 'image'] as const).filter(part => part === 'image' || byGroup)
  const validationAuc = (part: 'group' | 'image'): Column => [
    `validation_${part === 'group' ? group : part}_auc`,
    ({ metrics }) => shareText(metrics.validation?.[part]?.auc.value ?? null),
  ]
  return [
    ['rank', (_, n) => n + 1],
    ['name', trial => trial.name],
    ...options.map((option): Column => [option, trial => String(trial.summary.options[option])]),
    ...(by === 'validation' ? parts.map(validationAuc) : []),
    ...(byGroup ? withInterval(`test_${group}_auc`, trial => quality(trial).auc) : []),
    ...withInterval('test_image_auc', trial => trial.metrics.test.image.auc),
    ...(first.metrics.classes.length === 2
      ? [...withInterval('sensitivity', two('sensitivity')), ...withInterval('specificity', two('specificity'))]
      : []),
    ...withInterval('balanced_accuracy', trial => quality(trial).balancedAccuracy),
    ['f1', trial => shareText(quality(trial).f1.value)],
    ...(first.metrics.threshold === null ? [] : [['threshold', (trial: Trial) => shareText(trial.metrics.threshold)] as const]),
    ['brier', trial => shareText(quality(trial).brier)],
    ['parameters', trial => trial.summary.parameters],
    ['train_s', trial => trainingSeconds(trial).toFixed(1)],
    ['train_images_per_s', trial => (trial.history.at(-1)?.images_per_s ?? 0).toFixed(0)],
    ['validate_s', trial => trial.summary.validation.seconds.toFixed(1)],
    ['device', trial => String(trial.summary.options.device)],
    ['weights', trial => trial.summary.weights.slice(0, 12)],
  ]
}

/** Loss of training and, where there is a validation part, its loss on the same scale and its AUC. */
function learning(trials: readonly Trial[], groups: string): readonly Chart[] {
  const last = Math.max(...trials.map(({ history }) => history.length), 2)
  const valuesOf = (of: (line: EpochLine) => number | null | undefined) =>
    trials.map(({ name, history }) => ({
      name,
      points: history.flatMap(line => {
        const value = of(line)
        return value === null || value === undefined ? [] : [[line.epoch, value] as const]
      }),
      dots: history.length < 3,
    }))
  const flat = (lines: ReturnType<typeof valuesOf>) => lines.flatMap(({ points }) => points.map(([, value]) => value))
  const chart = (title: string, label: string, lines: ReturnType<typeof valuesOf>, ends: ReturnType<typeof enclosing>): Chart => ({
    ...{ title, x: { label: 'epoch', from: 1, to: last, whole: true }, y: { label, ...ends }, lines },
  })
  const [training, validation] = [valuesOf(line => line.loss), valuesOf(line => line.validation_loss)]
  const ends = enclosing([...flat(training), ...flat(validation)], [0])
  const charts = [chart('Loss of training', 'cross-entropy', training, ends)]
  if (flat(validation).length > 0) charts.push(chart('Loss of the validation part', 'cross-entropy', validation, ends))
  const [byGroup, byImage] = [valuesOf(line => line.group_auc), valuesOf(line => line.image_auc)]
  const told = trials[0]!.metrics.whyNoGroup === null && flat(byGroup).length > 0 ? byGroup : byImage
  if (flat(told).length > 0)
    charts.push(chart(`AUC by ${told === byGroup ? groups : 'image'}, validation part`, 'AUC', told, enclosing(flat(told), [0.8, 1])))
  return charts
}
/** Of two classes all configurations; of more the classes of the first one. */
function rocs(trials: readonly Trial[], groups: string): string {
  const parts = (['group', 'image'] as const).flatMap(part => {
    const title = `ROC, ${part === 'group' ? plural(groups) : 'images'} of the test`
    const own = trials.flatMap(({ name, metrics }) => (metrics.test[part] ? [{ name, quality: metrics.test[part] }] : []))
    return own.length > 0 ? [{ title, own }] : []
  })
  const two = parts.map(({ title, own }) =>
    rocChart(
      title,
      own.flatMap(({ name, quality }) => (ofTwo(quality) ? [{ name, roc: quality.roc }] : [])),
    ),
  )
  const many = parts.flatMap(({ title, own: [first] }) =>
    first === undefined || ofTwo(first.quality) ? [] : [[title, first.quality] as const],
  )
  return figure(many.length > 0 ? classRocs(many) : two)
}
const chosenBy = (by: 'validation' | 'test', word: string) =>
  by === 'validation'
    ? `Ranked on the ${plural(word)} of the validation part. Those of the test had no say in it.`
    : `Ranked on the ${plural(word)} of the test, since there is no validation part: the figures of the first place are too good, as it won by luck too.`

const line = (cells: readonly (string | number)[], tag: string) => `<tr>${cells.map(each => cellOf(tag, String(each))).join('')}</tr>`
/** What is too long for its cell is cut by the browser, and shown whole under the mouse. */
const cellOf = (tag: string, text: string) => `<${tag}${text.length > 20 ? ` title="${escaped(text)}"` : ''}>${escaped(text)}</${tag}>`
const table = (kind: 'ranks' | 'classes' | 'errors', heads: readonly string[], rows: readonly (readonly (string | number)[])[]) =>
  `<div class="scroll"><table class="${kind}">\n${[line(heads, 'th'), ...rows.map(cells => line(cells, 'td'))].join('\n')}\n</table></div>`
/** What the classes of the first configuration were judged as: a table, or where it would be too large its fullest wrong cells. */
function confusionPart(quality: Quality, classes: readonly string[]): string {
  const counts = countsOf(quality)
  if (classes.length > mostInTable)
    return `<p>The most frequent errors:</p>\n${table(
      'errors',
      ['class', 'judged as', 'count', 'of'],
      confusions(counts, classes).map(({ real, judged, count, of }) => [real, judged, count, of]),
    )}`
  const rows = counts.map((row, real) => {
    const all = row.reduce((sum, each) => sum + each, 0)
    const cells = row.map((count, judged) => {
      const share = all === 0 ? 0 : count / all
      const hue = judged === real ? '0 114 178' : '213 94 0' // of the charts' colours the first two
      return `<td style="background:rgb(${hue}/${(share * 0.7).toFixed(2)})">${count}</td>`
    })
    return `<tr>${cellOf('th', classes[real]!)}${cells.join('')}<td>${all}</td></tr>`
  })
  return `<div class="scroll"><table class="confusion">
<tr><th>class</th><th colspan="${classes.length}">judged as</th><th></th></tr>
<tr><th></th>${classes.map(name => cellOf('th', name)).join('')}<th>all</th></tr>
${rows.join('\n')}
</table></div>`
}
const perClass = ({ perClass: each }: ManyClassQuality) =>
  table(
    'classes',
    ['class', 'count', 'AUC', '95 %', 'recall', '95 %', 'precision', '95 %', 'F1', '95 %'],
    each.map(own => [
      ...[own.class, own.count],
      ...[own.auc, own.recall, own.precision, own.f1].flatMap(({ value, interval }) => [shareText(value), intervalText(interval)]),
    ]),
  )
const style = `body{font:14px sans-serif;margin:2em;max-width:1200px}table{border-collapse:collapse;font-size:12px}
td,th{padding:3px 7px;border-bottom:1px solid #ddd;text-align:right;white-space:nowrap;max-width:16em;overflow:hidden;text-overflow:ellipsis}
.ranks :is(td,th):nth-child(2),.classes :is(td,th):first-child,.errors :is(td,th):nth-child(-n+2){text-align:left}
.confusion :is(td,th){max-width:9em}.confusion [colspan]{text-align:center}.small{font-size:12px}.scroll{overflow-x:auto}.note{background:#fff3cd;padding:8px}svg{max-width:100%;height:auto}`

/** What the figures are of, and how the intervals were made. */
function aboutText({ metrics }: Trial, groups: string): { readonly figures: readonly string[]; readonly intervals: readonly string[] } {
  const { test, unscored, classes, whyNoGroup } = metrics
  const [word, quality] = [unitWord(metrics, groups), foremost(test)]
  const images = test.group ? `, ${several(test.image.count, 'image')}` : ''
  const more = unscored.length > 0 ? `; ${several(unscored.length, word)} more judged and left out of all figures` : ''
  const parts = (['group', 'image'] as const).flatMap(part => {
    const name = part === 'group' ? groups : part
    return test[part] ? [{ by: test.group ? `By ${name}: ` : '', quality: test[part] }] : []
  })
  return {
    figures: [
      `Test: ${several(quality.count, word)} (${classesText(quality, classes)})${images}${more}.`,
      ...(whyNoGroup === null ? [] : [`All figures are by image. ${whyNoGroup}`]),
      ...missingText(quality),
    ],
    intervals: [
      'Intervals are 95 %.',
      ...parts.flatMap(({ by, quality }) => [`${by}${quality.intervals}.`, ...whyNoIntervals(quality).map(each => `${by}${each}`)]),
    ],
  }
}
const paragraph = (sentences: readonly string[], kind = '') =>
  `<p${kind === '' ? '' : ` class="${kind}"`}>${sentences.map(escaped).join(' ')}</p>`

await main(() => {
  const [text, list] = [{ type: 'string', default: '' } as const, { type: 'string', multiple: true } as const]
  const options = { title: text, note: text, groups: text, table: text, page: text, curves: text, rocs: text }
  const { values } = parseArgs({ options: { ...options, name: list, metrics: list, summary: list, history: list } })
  const { trials, by } = ranked(readTrials(values), values.groups)
  const first = trials[0]!
  const shown = columns(first, by, varying(trials), values.groups)
  const heads = shown.map(([head]) => head)
  const rows = trials.map((trial, n) => shown.map(([, of]) => of(trial, n)))
  const [curves, both] = [figure(learning(trials, values.groups)), rocs(trials, values.groups)]
  writeFileSync(values.table, [heads, ...rows].map(csvLine).join(''))
  writeFileSync(values.curves, curves)
  writeFileSync(values.rocs, both)
  const [word, quality] = [unitWord(first.metrics, values.groups), foremost(first.metrics.test)]
  const { figures, intervals } = aboutText(first, values.groups)
  const name = trials.length > 1 ? `, ${first.name}` : ''
  const part = (title: string, content: string) => `<h2>${escaped(title)}</h2>\n${content}`
  writeFileSync(
    values.page,
    `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${escaped(values.title)}</title>
<style>${style}</style>
<h1>${escaped(values.title)}</h1>
${[
  ...(values.note === '' ? [] : [paragraph([values.note], 'note')]),
  paragraph([...(trials.length > 1 ? [chosenBy(by, word)] : []), ...figures]),
  table('ranks', heads, rows),
  paragraph(intervals, 'small'),
  part(`Errors by ${word}${name}`, confusionPart(quality, first.metrics.classes)),
  ...(ofTwo(quality) ? [] : [part(`Classes by ${word}${name}`, perClass(quality))]),
  part('Learning curves', curves),
  part(`ROC${ofTwo(quality) ? '' : name}`, both),
].join('\n')}
</html>
`,
  )
})
