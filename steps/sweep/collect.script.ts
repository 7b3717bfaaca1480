import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Chart, enclosing, escaped, figure } from '../charts.ts'
import { type EpochLine, intervalText, ranked, readTrials, shareText, type Trial, trainingSeconds, varying } from '../leaderboard.ts'
import { csvLine } from '../markup.ts'
import { main } from '../script.ts'

/** The leaderboard's columns, each with what it holds of a trial. */
const columns = (
  by: 'holdout' | 'test',
  options: readonly string[],
): readonly (readonly [string, (trial: Trial, n: number) => string | number])[] => [
  ['rank', (_, n) => n + 1],
  ['name', trial => trial.name],
  ...options.map(option => [option, (trial: Trial) => String(trial.summary.options[option])] as const),
  ...(by === 'holdout'
    ? ([
        ['holdout_patient_auc', (trial: Trial) => shareText(trial.metrics.holdout?.patient.auc.value ?? null)],
        ['holdout_image_auc', (trial: Trial) => shareText(trial.metrics.holdout?.image.auc.value ?? null)],
      ] as const)
    : []),
  ['test_patient_auc', trial => shareText(trial.metrics.test.patient.auc.value)],
  ['test_patient_auc_95', trial => intervalText(trial.metrics.test.patient.auc.interval)],
  ['test_image_auc', trial => shareText(trial.metrics.test.image.auc.value)],
  ['test_image_auc_95', trial => intervalText(trial.metrics.test.image.auc.interval)],
  ['sensitivity', trial => shareText(trial.metrics.test.patient.sensitivity.value)],
  ['sensitivity_95', trial => intervalText(trial.metrics.test.patient.sensitivity.interval)],
  ['specificity', trial => shareText(trial.metrics.test.patient.specificity.value)],
  ['specificity_95', trial => intervalText(trial.metrics.test.patient.specificity.interval)],
  ['threshold', trial => shareText(trial.metrics.threshold)],
  ['brier', trial => shareText(trial.metrics.test.patient.brier)],
  ['parameters', trial => trial.summary.parameters],
  ['train_s', trial => trainingSeconds(trial).toFixed(1)],
  ['train_images_per_s', trial => (trial.history.at(-1)?.images_per_s ?? 0).toFixed(0)],
  ['validate_s', trial => trial.summary.validation.seconds.toFixed(1)],
  ['device', trial => String(trial.summary.options.device)],
  ['weights', trial => trial.summary.weights.slice(0, 12)],
]

function learning(trials: readonly Trial[]): readonly Chart[] {
  const last = Math.max(...trials.map(({ history }) => history.length), 2)
  const chart = (title: string, label: string, shown: number, of: (line: EpochLine) => number | null | undefined): Chart => {
    const lines = trials.map(({ name, history }) => ({
      name,
      points: history.flatMap(line => {
        const value = of(line)
        return value === null || value === undefined ? [] : [[line.epoch, value] as const]
      }),
      dots: history.length < 3,
    }))
    const values = lines.flatMap(({ points }) => points.map(([, value]) => value))
    return { title, x: { label: 'epoch', from: 1, to: last, whole: true }, y: { label, ...enclosing(values, [shown]) }, lines }
  }
  const charts = [chart('Loss in training', 'cross-entropy', 0, line => line.loss)]
  const monitored = trials.some(({ history }) => history.some(line => line.patient_auc !== null && line.patient_auc !== undefined))
  const monitor = String(trials[0]?.summary.options.monitor)
  return monitored ? [...charts, chart(`Patient AUC, ${monitor} patients`, 'AUC', 1, line => line.patient_auc)] : charts
}
function rocs(trials: readonly Trial[]): string {
  const unit = { from: 0, to: 1 }
  const chart = (title: string, of: 'patient' | 'image'): Chart => ({
    ...{ title, x: { label: '1 - specificity', ...unit }, y: { label: 'sensitivity', ...unit }, diagonal: true },
    lines: trials.map(({ name, metrics }) => ({
      name,
      points: metrics.test[of].roc.map(corner => [corner.falsePositives, corner.truePositives] as const),
    })),
  })
  return figure([chart('ROC, patients of the test', 'patient'), chart('ROC, images of the test', 'image')])
}
const chosenBy = {
  holdout: 'Ranked on training patients that were held out. The test patients had no say in it.',
  test: 'Ranked on the test patients, since none were held out: the figures of the first place are too good, as it won by luck too.',
}
await main(() => {
  const [text, list] = [{ type: 'string' } as const, { type: 'string', multiple: true } as const]
  const { values } = parseArgs({
    options: {
      title: text,
      note: text,
      table: text,
      page: text,
      curves: text,
      rocs: text,
      name: list,
      metrics: list,
      summary: list,
      history: list,
    },
  })
  const { trials, by } = ranked(readTrials(values))
  const shown = columns(by, varying(trials))
  const heads = shown.map(([head]) => head)
  const rows = trials.map((trial, n) => shown.map(([, of]) => of(trial, n)))
  const [curves, both] = [figure(learning(trials)), rocs(trials)]
  writeFileSync(values.table ?? '', [heads, ...rows].map(csvLine).join(''))
  writeFileSync(values.curves ?? '', curves)
  writeFileSync(values.rocs ?? '', both)
  const { test, unscored } = trials[0]!.metrics
  const about = [
    ...(values.note ? [`<p class="note">${escaped(values.note)}</p>`] : []),
    `<p>${trials.length > 1 ? `${chosenBy[by]} ` : ''}Test: ${test.patient.count} patients (${test.patient.positives} positive), ${test.image.count} images${unscored.length > 0 ? `; ${unscored.length} more patients were judged and left out of all figures` : ''}. Intervals are 95 %: ${test.patient.intervals} by patient; ${test.image.intervals} by image.</p>`,
  ]
  const line = (cells: readonly (string | number)[], tag: string) =>
    `<tr>${cells.map(each => `<${tag}>${escaped(String(each))}</${tag}>`).join('')}</tr>`
  writeFileSync(
    values.page ?? '',
    `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${escaped(values.title ?? '')}</title>
<style>body{font:14px sans-serif;margin:2em;max-width:1200px}table{border-collapse:collapse;font-size:12px}td,th{padding:3px 7px;border-bottom:1px solid #ddd;text-align:right;white-space:nowrap}td:nth-child(2),th:nth-child(2){text-align:left}.scroll{overflow-x:auto}.note{background:#fff3cd;padding:8px}</style>
<h1>${escaped(values.title ?? '')}</h1>
${about.join('\n')}
<div class="scroll"><table>
${[line(heads, 'th'), ...rows.map(cells => line(cells, 'td'))].join('\n')}
</table></div>
<h2>Learning curves</h2>
${curves}
<h2>ROC</h2>
${both}
</html>
`,
  )
})
