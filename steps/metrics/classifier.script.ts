import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { figure } from '../charts.ts'
import { parseTable } from '../image-table.ts'
import { errorOf, judgedAs, ofTwo, positivity, type Quality, qualityOf, type Unit } from '../quality.ts'
import { classRocs, rocChart, withArea } from '../roc.ts'
import { Fault, main as run } from '../script.ts'
import { mean, youden } from '../statistics.ts'
import { plural, several } from '../words.ts'

/** A group, or an image where nothing is told by group, as it was judged. */
export interface JudgedUnit extends Unit {
  /** Number of the class that it was judged as. */
  readonly judged: number
  /** Distance of its class's probability from 1: of what is judged wrongly with certainty it is 1. */
  readonly error: number
}
/** Quality of one part. */
export interface PartQuality {
  readonly image: Quality
  /** Null where nothing is told by group: see `whyNoGroup`. */
  readonly group: Quality | null
}
export interface Report {
  /** By number. */
  readonly classes: readonly string[]
  /** Of two classes the one of number 1. */
  readonly positive: string | null
  /** Null where there are more than two classes: then each thing is judged as its most probable class. */
  readonly threshold: number | null
  readonly thresholdFrom: 'given' | 'validation' | null
  readonly test: PartQuality
  /** Models may be chosen by these, never by the test. */
  readonly validation: PartQuality | null
  /** A sentence. */
  readonly whyNoGroup: string | null
  /** Groups of the test, or images where nothing is told by group; the most confidently wrong first. */
  readonly groups: readonly JudgedUnit[]
  /** Judged, and left out of every figure. */
  readonly unscored: readonly JudgedUnit[]
}
interface Row extends Unit {
  readonly split: string
  readonly scored: boolean
}
export interface Predictions {
  readonly classes: readonly string[]
  readonly rows: readonly Row[]
}
const prefix = 'probability:'

export function predictionsOf(text: string): Predictions {
  const table = parseTable(text)
  if (typeof table === 'string') throw new Fault(`The table of predictions ${table}.`)
  const columns = Object.keys(table[0]!.extra).filter(name => name.startsWith(prefix))
  const classes = columns.map(name => name.slice(prefix.length))
  if (classes.length < 2)
    throw new Fault(`The table of predictions has ${columns.length} columns "${prefix}CLASS". Right is one for each class, two at least.`)
  const rows = table.map(({ image, group, label, class: name, split, scored, extra }, n): Row => {
    const line = `Line ${n + 2} of the predictions`
    if (classes[label] !== name)
      throw new Fault(
        `${line} is of the class "${name}" with the number ${label}. Probabilities are there for ${classes.map((each, number) => `${number} "${each}"`).join(', ')}.`,
      )
    const probabilities = columns.map(column => {
      const cell = extra[column]!
      if (cell === '' || !(Number(cell) >= 0 && Number(cell) <= 1))
        throw new Fault(`${line}: the ${column.replace(':', ' of "')}" is "${cell}"; it lies between 0 and 1.`)
      return Number(cell)
    })
    const total = probabilities.reduce((sum, each) => sum + each)
    if (Math.abs(total - 1) > 1e-4) throw new Fault(`${line}: the probabilities sum to ${total.toFixed(6)}; right is 1.`)
    return { images: [image], group, label, probabilities, split, scored }
  })
  return { classes, rows }
}
export function report({ classes, rows }: Predictions, wanted: number | 'validation', word = 'group'): Report {
  const of = (split: string) => rows.filter(row => row.scored && row.split === split)
  const [test, validation] = [of('test'), of('validation')]
  for (const [name, own] of [['test', test], ...(validation.length > 0 ? [['validation', validation] as const] : [])] as const)
    if (new Set(own.map(({ label }) => label)).size < 2)
      throw new Fault(
        `The images of the ${name} part are ${own.length === 0 ? 'none' : 'of one class only'}. Quality needs images of two classes at least.`,
      )
  const whyNoGroup = whyNone([...test, ...validation], word)
  const unitsOf = (own: readonly Row[]): readonly Unit[] => (whyNoGroup === null ? groupsOf(own) : own.map(imageOf))
  const threshold = thresholdOf(wanted, classes, unitsOf(validation))
  const quality = (own: readonly Row[]): PartQuality => ({
    image: qualityOf(own, classes, threshold),
    group: whyNoGroup === null ? qualityOf(groupsOf(own), classes, threshold) : null,
  })
  const judged = (unit: Unit): JudgedUnit => ({ ...unit, judged: judgedAs(unit, threshold), error: errorOf(unit) })
  return {
    classes,
    positive: classes.length === 2 ? classes[1]! : null,
    threshold,
    thresholdFrom: threshold === null ? null : wanted === 'validation' ? 'validation' : 'given',
    test: quality(test),
    validation: validation.length > 0 ? quality(validation) : null,
    whyNoGroup,
    groups: unitsOf(test)
      .map(judged)
      .sort((a, b) => b.error - a.error),
    unscored: unitsOf(rows.filter(row => !row.scored)).map(judged),
  }
}
function thresholdOf(wanted: number | 'validation', classes: readonly string[], validation: readonly Unit[]): number | null {
  if (classes.length === 2 && wanted !== 'validation') return wanted
  if (classes.length > 2 && wanted === 0.5) return null
  if (classes.length > 2)
    throw new Fault(
      `A threshold is for two classes. Here are ${classes.length}, so that each image is judged as its most probable class. Leave --threshold out.`,
    )
  if (validation.length === 0)
    throw new Fault('There is no validation part, so no threshold can be chosen on it. Give one, or a number for --threshold.')
  return youden(validation.map(positivity))
}
/** Why nothing can be told by group; null where it can. */
function whyNone(rows: readonly Row[], word: string): string | null {
  const groups = byGroup(rows)
  if (groups.size === rows.length) return `Each image is a ${word} of its own.`
  const mixed = [...groups].filter(([, own]) => own.some(({ label }) => label !== own[0]!.label)).map(([name]) => name)
  if (mixed.length === 0) return null
  const which = mixed.length === 1 ? `the ${word} "${mixed[0]}"` : `${several(mixed.length, word)}, such as "${mixed[0]}",`
  return `The images of ${which} have different labels, so that it cannot be told which is right for the whole.`
}
function byGroup(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const own = groups.get(row.group)
    if (own) own.push(row)
    else groups.set(row.group, [row])
  }
  return groups
}
const imageOf = ({ group, images, label, probabilities }: Row): Unit => ({ group, images, label, probabilities })
/** A group's probabilities are the means over its images. */
const groupsOf = (rows: readonly Row[]): readonly Unit[] =>
  [...byGroup(rows)].map(([group, own]) => ({
    group,
    images: own.flatMap(({ images }) => images),
    label: own[0]!.label,
    probabilities: own[0]!.probabilities.map((_, n) => mean(own.map(({ probabilities }) => probabilities[n]!))),
  }))

/** ROC curves and calibration, side by side. */
export function curves({ test }: Report, word: string): string {
  const parts = [...(test.group ? [[plural(word), test.group] as const] : []), ['images', test.image] as const]
  const two = parts.flatMap(([name, quality]) => (ofTwo(quality) ? [{ name: withArea(name, quality.auc), roc: quality.roc }] : []))
  const many = classRocs(parts.flatMap(([name, quality]) => (ofTwo(quality) ? [] : [[`ROC on the test, ${name}`, quality] as const])))
  const unit = { from: 0, to: 1 }
  return figure([
    ...(two.length > 0 ? [rocChart('ROC on the test', two)] : many),
    {
      title: 'Calibration on the test',
      x: { label: 'mean probability in the bin', ...unit },
      y: { label: two.length > 0 ? 'share of positives' : 'share judged rightly', ...unit },
      diagonal: true,
      lines: parts.map(([name, quality]) => ({
        name: ofTwo(quality) ? withArea(name, quality.auc) : name,
        points: quality.calibration.map(({ predicted, observed }) => [predicted, observed] as const),
        dots: true,
      })),
    },
  ])
}
function main(): void {
  const text = { type: 'string', default: '' } as const
  const options = { threshold: text, groups: text, metrics: text, curves: text }
  const { values, positionals } = parseArgs({ allowPositionals: true, options })
  const threshold = values.threshold === 'validation' ? 'validation' : Number(values.threshold)
  const made = report(predictionsOf(readFileSync(positionals[0] ?? '', 'utf8')), threshold, values.groups)
  writeFileSync(values.metrics, `${JSON.stringify(made, null, 1)}\n`)
  writeFileSync(values.curves, curves(made, values.groups))
}
if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await run(main)
