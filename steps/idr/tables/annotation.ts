import { parse } from 'csv-parse/sync'
import type { Split } from '../../image-table.ts'
import { Fault } from '../../script.ts'
import { annotationColumns, datasets, diagnoses, imageName } from './study.ts'

/** One row of the annotation, checked. */
export interface Annotated {
  readonly line: number
  /** File name with its ending. */
  readonly file: string
  readonly patient: string
  readonly roi: number
  readonly diagnosis: string
  readonly split: Split
}
const listed = (words: readonly string[]) => words.map(word => `"${word}"`).join(', ')
const splitOf: ReadonlyMap<string, Split> = new Map(Object.entries(datasets))
const words: readonly string[] = Object.values(diagnoses)

interface Line {
  readonly record: Readonly<Record<string, string>>
  readonly info: { readonly lines: number }
}
/** @throws Fault at the first row that is not as the study writes it, with its line */
export function readAnnotation(text: string): readonly Annotated[] {
  const lines = linesOf(text)
  const [first] = lines
  if (!first) throw new Fault("The annotation holds no image. One row an image is right. Give the study's annotation file.")
  const missing = Object.values(annotationColumns).filter(column => !(column in first.record))
  if (missing.length > 0)
    throw new Fault(
      `The annotation lacks the column${missing.length > 1 ? 's' : ''} ${listed(missing)}; it has ${listed(Object.keys(first.record).slice(0, 8))}. Give the study's annotation file, such as idr0042-experimentA-annotation.csv.`,
    )
  const rows = lines.map(rowOf)
  refuseRepeats(rows)
  refuseContradictions(rows)
  return rows
}
function linesOf(text: string): readonly Line[] {
  try {
    return parse(text, { columns: true, bom: true, info: true, skip_empty_lines: true })
  } catch (error) {
    throw new Fault(`The annotation is not a sound CSV: ${error instanceof Error ? error.message : error}. Correct that line.`)
  }
}
function rowOf({ record, info: { lines } }: Line): Annotated {
  const cell = (column: keyof typeof annotationColumns) => (record[annotationColumns[column]] ?? '').trim()
  const [file, patient, diagnosis, dataset] = [cell('image'), cell('individual'), cell('diagnosis'), cell('dataset')]
  const where = `Line ${lines} of the annotation`
  const [, owner, roi] = imageName.exec(file) ?? []
  if (owner === undefined)
    throw new Fault(
      `${where} names the image "${file}"; right is a name like 33381_0_fal_10_0.png, whose fourth part is the region. Correct it.`,
    )
  if (owner !== patient)
    throw new Fault(
      `${where} gives the image "${file}" to the individual "${patient}"; its name begins with "${owner}". Correct one of them.`,
    )
  if (!words.includes(diagnosis))
    throw new Fault(`${where} has the diagnosis "${diagnosis}"; right are ${listed(words)}. Correct the word.`)
  const split = splitOf.get(dataset)
  if (split === undefined)
    throw new Fault(`${where} has the dataset "${dataset}"; right are ${listed(Object.keys(datasets))}. Correct the word.`)
  return { line: lines, file, patient, roi: Number(roi), diagnosis, split }
}
function refuseRepeats(rows: readonly Annotated[]): void {
  const seen = new Map<string, Annotated>()
  for (const row of rows)
    for (const [mark, words] of [
      [row.file, `are both the image "${row.file}"`],
      [`${row.patient}/${row.roi}`, `are both region ${row.roi} of the individual "${row.patient}"`],
    ] as const) {
      const before = seen.get(mark)
      if (before) throw new Fault(`Lines ${before.line} and ${row.line} of the annotation ${words}. Each image has one row. Remove one.`)
      seen.set(mark, row)
    }
}
/** A patient has one diagnosis and one split: a network that knows a patient from training is not tested by that patient. */
function refuseContradictions(rows: readonly Annotated[]): void {
  const firsts = new Map<string, Annotated>()
  for (const row of rows) {
    const first = firsts.get(row.patient)
    if (!first) firsts.set(row.patient, row)
    else if (first.split !== row.split)
      throw new Fault(
        `The individual "${row.patient}" is in both splits: line ${first.line} of the annotation says ${first.split}, line ${row.line} says ${row.split}. A patient's images all belong to one, or the test asks for what was learnt. Move them to one split.`,
      )
    else if (first.diagnosis !== row.diagnosis)
      throw new Fault(
        `The individual "${row.patient}" has two diagnoses: "${first.diagnosis}" in line ${first.line} of the annotation, "${row.diagnosis}" in line ${row.line}. Correct one of them.`,
      )
  }
}
