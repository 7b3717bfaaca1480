import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { figure } from '../charts.ts'
import { Fault, main as run } from '../script.ts'
import {
  auc,
  aucDeLong,
  type Bin,
  bootstrap,
  type Confusion,
  type Corner,
  calibration,
  confusion,
  type Estimate,
  type Judged,
  mean,
  rocCurve,
  shareWilson,
  youden,
} from '../statistics.ts'

/** Quality of judgements about images, or about patients. */
export interface Quality {
  readonly count: number
  readonly positives: number
  readonly auc: Estimate
  readonly sensitivity: Estimate
  readonly specificity: Estimate
  readonly accuracy: Estimate
  readonly confusion: Confusion
  readonly brier: number
  readonly calibrationError: number
  readonly calibration: readonly Bin[]
  readonly roc: readonly Corner[]
  /** How the intervals were made. */
  readonly intervals: string
}
export interface Patient extends Judged {
  readonly patient: string
  readonly images: readonly string[]
  /** Distance of the probability from the label: 1 is certain and wrong. */
  readonly error: number
}
export interface Report {
  readonly threshold: number
  readonly thresholdFrom: 'given' | 'holdout'
  readonly test: { readonly patient: Quality; readonly image: Quality }
  /** Training patients that were held out: models may be chosen by these, never by the test. */
  readonly holdout: { readonly patient: Quality; readonly image: Quality } | null
  /** Patients of the test, the most confidently wrong first. */
  readonly patients: readonly Patient[]
  /** Judged, and left out of every figure. */
  readonly unscored: readonly Patient[]
}
interface Row extends Judged {
  readonly image: string
  readonly patient: string
  readonly scored: boolean
  readonly split: string
}
const columns = ['image', 'patient', 'label', 'scored', 'split', 'probability'] as const

export function rowsOf(text: string): readonly Row[] {
  const [head = '', ...lines] = text.trimEnd().split('\n')
  const names = head.split('\t')
  const missing = columns.find(name => !names.includes(name))
  if (missing) throw new Fault(`The predictions have no column "${missing}". They should have: ${columns.join(', ')}.`)
  const parts = new Map<string, string>()
  return lines.map((line, n) => {
    const cells = line.split('\t')
    const cell = (name: (typeof columns)[number]) => cells[names.indexOf(name)] ?? ''
    const [label, probability] = [cell('label'), Number(cell('probability'))]
    if (label !== '0' && label !== '1') throw new Fault(`Line ${n + 2} of the predictions: the label is "${label}"; it is 0 or 1.`)
    if (cell('probability') === '' || !(probability >= 0 && probability <= 1))
      throw new Fault(`Line ${n + 2} of the predictions: the probability is "${cell('probability')}"; it lies between 0 and 1.`)
    const scored = cell('scored') === '1'
    const part = parts.get(cell('patient')) ?? cell('split')
    if (part !== cell('split'))
      throw new Fault(
        `Line ${n + 2} of the predictions has the patient "${cell('patient')}" in the part ${cell('split')}, an earlier one in ${part}. A patient belongs to one part, or the test asks for what was learnt. Correct the table of images.`,
      )
    parts.set(cell('patient'), part)
    return { image: cell('image'), patient: cell('patient'), label: label === '1' ? 1 : 0, scored, split: cell('split'), probability }
  })
}
export function report(rows: readonly Row[], wanted: number | 'holdout'): Report {
  const own = (split: string) => rows.filter(row => row.scored && row.split === split)
  const [test, holdout] = [own('test'), own('holdout')]
  if (wanted === 'holdout' && holdout.length === 0)
    throw new Fault('No patients were held out, so no threshold can be chosen on them. Train with a holdout, or give a number.')
  for (const [name, rows] of [['test', test], ...(holdout.length > 0 ? [['held-out', holdout] as const] : [])] as const)
    if (new Set(rows.map(({ label }) => label)).size < 2)
      throw new Fault(
        `The ${name} patients are ${rows.length === 0 ? 'none' : 'of one class only'}. Quality needs patients of both classes.`,
      )
  const threshold = wanted === 'holdout' ? youden(patientsOf(holdout)) : wanted
  const qualities = (rows: readonly Row[]) => ({ patient: byPatient(patientsOf(rows), threshold), image: byImage(rows, threshold) })
  return {
    threshold,
    thresholdFrom: wanted === 'holdout' ? 'holdout' : 'given',
    test: qualities(test),
    holdout: holdout.length > 0 ? qualities(holdout) : null,
    patients: [...patientsOf(test)].sort((a, b) => b.error - a.error),
    unscored: patientsOf(rows.filter(row => !row.scored)),
  }
}
function groupsOf(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const own = groups.get(row.patient)
    if (own) own.push(row)
    else groups.set(row.patient, [row])
  }
  return groups
}
function patientsOf(rows: readonly Row[]): readonly Patient[] {
  return [...groupsOf(rows)].map(([patient, own]) => {
    const probability = mean(own.map(each => each.probability))
    const { label } = own[0]!
    if (own.some(each => each.label !== label)) throw new Fault(`The images of patient ${patient} have different labels.`)
    return { patient, label, probability, images: own.map(({ image }) => image), error: Math.abs(probability - label) }
  })
}
function shared(judged: readonly Judged[], threshold: number) {
  const { brier, error, bins } = calibration(judged)
  const positives = judged.filter(({ label }) => label === 1).length
  const counts = confusion(judged, threshold)
  return {
    ...{ count: judged.length, positives, confusion: counts, brier, calibrationError: error, calibration: bins, roc: rocCurve(judged) },
  }
}
function byPatient(judged: readonly Patient[], threshold: number): Quality {
  const own = shared(judged, threshold)
  const { tp, fp, tn, fn } = own.confusion
  return {
    ...own,
    auc: aucDeLong(judged),
    sensitivity: shareWilson(tp, tp + fn),
    specificity: shareWilson(tn, tn + fp),
    accuracy: shareWilson(tp + tn, judged.length),
    intervals: 'AUC: DeLong on the logit scale; shares: Wilson',
  }
}
function byImage(rows: readonly Row[], threshold: number): Quality {
  const figures = (judged: readonly Judged[]) => {
    const { tp, fp, tn, fn } = confusion(judged, threshold)
    const share = (hits: number, of: number) => (of === 0 ? null : hits / of)
    return { auc: auc(judged), sensitivity: share(tp, tp + fn), specificity: share(tn, tn + fp), accuracy: share(tp + tn, judged.length) }
  }
  const groups = [...groupsOf(rows).values()]
  return {
    ...shared(rows, threshold),
    ...bootstrap(groups, figures),
    intervals: 'bootstrap of whole patients within each class, 1000 draws',
  }
}
const unit = { from: 0, to: 1 }
/** ROC and calibration, side by side. */
function curves({ test }: Report): string {
  const both = [['patients', test.patient] as const, ['images', test.image] as const]
  const auc = (quality: Quality) => (quality.auc.value === null ? '' : ` (AUC ${quality.auc.value.toFixed(3)})`)
  return figure([
    {
      title: 'ROC on the test',
      x: { label: '1 - specificity', ...unit },
      y: { label: 'sensitivity', ...unit },
      diagonal: true,
      lines: both.map(([name, quality]) => ({
        name: `${name}${auc(quality)}`,
        points: quality.roc.map(corner => [corner.falsePositives, corner.truePositives] as const),
      })),
    },
    {
      title: 'Calibration on the test',
      x: { label: 'mean probability in the bin', ...unit },
      y: { label: 'share of positives', ...unit },
      diagonal: true,
      lines: both.map(([name, quality]) => ({
        name: `${name}${auc(quality)}`,
        points: quality.calibration.map(({ predicted, observed }) => [predicted, observed] as const),
        dots: true,
      })),
    },
  ])
}
function main(): void {
  const text = { type: 'string' } as const
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { threshold: text, metrics: text, curves: text } })
  const made = report(
    rowsOf(readFileSync(positionals[0] ?? '', 'utf8')),
    values.threshold === 'holdout' ? 'holdout' : Number(values.threshold),
  )
  writeFileSync(values.metrics ?? '', `${JSON.stringify(made, null, 1)}\n`)
  writeFileSync(values.curves ?? '', curves(made))
}
if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await run(main)
