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
  if (!/^\d{1,9}$/.test(roi)) return `has the roi "${roi}"; right is a whole number`
  if (label !== '0' && label !== '1') return `has the label "${label}"; right is 0 or 1`
  if (split !== 'train' && split !== 'test') return `has the split "${split}"; right is train or test`
  if (scored !== '0' && scored !== '1') return `has "${scored}" in scored; right is 0 or 1`
  return { image, patient, roi: Number(roi), label: label === '1' ? 1 : 0, split, scored: scored === '1', set }
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
  return rows.length > 0 ? rows : 'names no image. One is the least'
}
