/** One image of a study: what a network may know of it, and what it is scored by. */
export interface ImageRow {
  /** File name without its ending. It may tell the class, so it is a name and nothing else. */
  readonly image: string
  readonly patient: string
  /** Number of the region of interest. */
  readonly roi: number
  /** 1 for the class that is looked for. */
  readonly label: 0 | 1
  readonly split: Split
  /** False for images that are classified, and counted in no score. */
  readonly scored: boolean
  /** The study's folder. */
  readonly set: string
}
export const splits = ['train', 'test'] as const
export type Split = (typeof splits)[number]
export const columns = ['image', 'patient', 'roi', 'label', 'split', 'scored', 'set'] as const

export const tableText = (rows: readonly ImageRow[]): string =>
  [columns, ...rows.map(row => [row.image, row.patient, row.roi, row.label, row.split, row.scored ? 1 : 0, row.set])]
    .map(cells => `${cells.join('\t')}\n`)
    .join('')

/** The fault of the line under the header, in words that follow "line 7"; or the row. */
export function rowOf(line: string): ImageRow | string {
  const cells = line.split('\t')
  if (cells.length !== columns.length) return `has ${cells.length} cells; right are ${columns.length}`
  const [image = '', patient = '', roi = '', label = '', split = '', scored = '', set = ''] = cells
  if (image === '' || image.includes('/') || patient === '') return `has the image "${image}" and the patient "${patient}"; right are names`
  if (/\.png$/i.test(image)) return `has the image "${image}"; right is its name without the ending, "${image.slice(0, -4)}"`
  if (!/^\d{1,9}$/.test(roi)) return `has the roi "${roi}"; right is a whole number`
  if (label !== '0' && label !== '1') return `has the label "${label}"; right is 0 or 1`
  if (split !== 'train' && split !== 'test') return `has the split "${split}"; right is train or test`
  if (scored !== '0' && scored !== '1') return `has "${scored}" in scored; right is 0 or 1`
  return { image, patient, roi: Number(roi), label: label === '1' ? 1 : 0, split, scored: scored === '1', set }
}
/**
 * What is wrong with the patients of a table, in words that follow its name. A patient has one split, or the test asks for what was learnt, and
 * one label, since patients are what is judged. Line 2 is the first row.
 */
export function patientFault(rows: readonly Pick<ImageRow, 'patient' | 'split' | 'label'>[]): string | undefined {
  const firsts = new Map<string, { readonly row: Pick<ImageRow, 'split' | 'label'>; readonly line: number }>()
  for (const [n, row] of rows.entries()) {
    const first = firsts.get(row.patient)
    if (first === undefined) firsts.set(row.patient, { row, line: n + 2 })
    else if (first.row.split !== row.split)
      return `has the patient "${row.patient}" in two parts: ${first.row.split} in line ${first.line}, ${row.split} in line ${n + 2}. All images of a patient belong to one, or the test asks for what was learnt. Move them to one split`
    else if (first.row.label !== row.label)
      return `has the patient "${row.patient}" with two labels: ${first.row.label} in line ${first.line}, ${row.label} in line ${n + 2}. Patients are judged as a whole. Correct one of them`
  }
  return undefined
}
/** All rows, or what is wrong in words that follow the table's name. */
export function parseTable(text: string): readonly ImageRow[] | string {
  const [head = '', ...lines] = text.replace(/\n$/, '').split(/\r?\n/)
  if (head !== columns.join('\t')) return `has the columns "${head.slice(0, 80)}"; right are "${columns.join('\t')}"`
  const rows: ImageRow[] = []
  const seen = new Map<string, number>()
  for (const [n, line] of lines.entries()) {
    const row = rowOf(line)
    if (typeof row === 'string') return `is faulty: line ${n + 2} ${row}`
    const before = seen.get(row.image)
    if (before !== undefined) return `names the image "${row.image}" twice, in lines ${before} and ${n + 2}. Each image has one row`
    seen.set(row.image, n + 2)
    rows.push(row)
  }
  return rows.length > 0 ? (patientFault(rows) ?? rows) : 'names no image. One is the least'
}
