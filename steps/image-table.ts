/** One image: what a network may know of it, and what it is scored by. */
export interface ImageRow {
  /** Its name, unique in the table. It may tell the class, so it is a name and nothing else. */
  readonly image: string
  /** What images belong together: a patient, a slide, a plate. Images of one group are alike, so a group is in one part. */
  readonly group: string
  /** Number of its class, from 0. Of two classes 1 is the positive one. */
  readonly label: number
  /** Name of its class. */
  readonly class: string
  /** Empty where no part was chosen yet. */
  readonly split: Split | ''
  /** False for images that are classified, and counted in no score. */
  readonly scored: boolean
  /** What else the sheet says, by column. */
  readonly extra: Readonly<Record<string, string>>
}
/** Learnt from; shown after each epoch, and chosen by; judged once, at the end. */
export const splits = ['train', 'validation', 'test'] as const
export type Split = (typeof splits)[number]
/** Columns that every table has, in this order; more may follow. */
export const columns = ['image', 'group', 'label', 'class', 'split', 'scored'] as const

export function tableText(rows: readonly ImageRow[]): string {
  const more = Object.keys(rows[0]?.extra ?? {})
  const cells = ({ image, group, label, class: name, split, scored, extra }: ImageRow) => [
    ...[image, group, label, name, split, scored ? 1 : 0],
    ...more.map(column => extra[column] ?? ''),
  ]
  return [[...columns, ...more], ...rows.map(cells)].map(line => `${line.join('\t')}\n`).join('')
}
/** Names of the classes by their numbers. */
export function classesOf(rows: readonly Pick<ImageRow, 'label' | 'class'>[]): readonly string[] {
  const names: string[] = []
  for (const { label, class: name } of rows) names[label] = name
  return names
}

/** The fault of the line under the header, in words that follow "line 7"; or the row. */
export function rowOf(line: string, more: readonly string[] = []): ImageRow | string {
  const cells = line.split('\t')
  if (cells.length !== columns.length + more.length) return `has ${cells.length} cells; right are ${columns.length + more.length}`
  const [image = '', group = '', label = '', name = '', split = '', scored = ''] = cells
  if (image === '' || group === '') return `has the image "${image}" and the group "${group}"; right are names`
  if (/^\/|(^|\/)\.\.(\/|$)/.test(image)) return `has the image "${image}"; right is a place within the images, without ".."`
  if (!/^\d{1,4}$/.test(label)) return `has the label "${label}"; right is the number of a class, from 0`
  if (name === '') return 'names no class; right is a word'
  if (split !== '' && split !== 'train' && split !== 'validation' && split !== 'test')
    return `has the split "${split}"; right is train, validation or test`
  if (scored !== '0' && scored !== '1') return `has "${scored}" in scored; right is 0 or 1`
  const extra = Object.fromEntries(more.map((column, n) => [column, cells[columns.length + n] ?? '']))
  return { image, group, label: Number(label), class: name, split, scored: scored === '1', extra }
}
/** A group in two parts, or a class with two numbers, in words that follow the table's name. Line 2 is the first row. */
export function contradiction(rows: readonly Pick<ImageRow, 'group' | 'split' | 'label' | 'class'>[]): string | undefined {
  const groups = new Map<string, { readonly split: string; readonly line: number }>()
  const classes = new Map<string, number>()
  const numbers = new Map<number, string>()
  for (const [n, { group, split, label, class: name }] of rows.entries()) {
    const first = groups.get(group)
    if (first === undefined) groups.set(group, { split, line: n + 2 })
    else if (first.split !== split)
      return `has the group "${group}" in two parts: ${first.split || 'none'} in line ${first.line}, ${split || 'none'} in line ${n + 2}. All images of a group belong to one, or the test asks for what was learnt. Move them to one split`
    if ((classes.get(name) ?? label) !== label || (numbers.get(label) ?? name) !== name)
      return `gives the class "${name}" the number ${label} in line ${n + 2}, and another pair before. Each class has one number`
    classes.set(name, label)
    numbers.set(label, name)
  }
  return undefined
}
/** All rows, or what is wrong in words that follow the table's name. */
export function parseTable(text: string): readonly ImageRow[] | string {
  const [head = '', ...lines] = text.replace(/\n$/, '').split(/\r?\n/)
  const names = head.split('\t')
  if (columns.some((column, n) => names[n] !== column)) return `has the columns "${head.slice(0, 80)}"; right are "${columns.join('\t')}"`
  const more = names.slice(columns.length)
  const rows: ImageRow[] = []
  const seen = new Map<string, number>()
  for (const [n, line] of lines.entries()) {
    const row = rowOf(line, more)
    if (typeof row === 'string') return `is faulty: line ${n + 2} ${row}`
    const before = seen.get(row.image)
    if (before !== undefined) return `names the image "${row.image}" twice, in lines ${before} and ${n + 2}. Each image has one row`
    seen.set(row.image, n + 2)
    rows.push(row)
  }
  return rows.length > 0 ? (contradiction(rows) ?? rows) : 'names no image. One is the least'
}

/** What is known of a packed image: what it was before it became pixels of one size. */
export interface PackedRow {
  readonly image: string
  /** SHA-256 of its pixels in the pack. */
  readonly sha256: string
  /** Format, width and height of what was read. */
  readonly format: string
  readonly width: number
  readonly height: number
}
export const packedColumns = ['image', 'sha256', 'format', 'width', 'height'] as const
export const packedText = (rows: readonly PackedRow[]): string =>
  [packedColumns, ...rows.map(row => packedColumns.map(column => row[column]))].map(cells => `${cells.join('\t')}\n`).join('')
/** All rows of a pack's index, or what is wrong in words that follow its name. */
export function parsePacked(text: string): readonly PackedRow[] | string {
  const [head = '', ...lines] = text.replace(/\n$/, '').split('\n')
  if (head !== packedColumns.join('\t')) return `has the columns "${head.slice(0, 80)}"; right are "${packedColumns.join('\t')}"`
  const rows: PackedRow[] = []
  for (const [n, line] of lines.entries()) {
    const [image = '', sha256 = '', format = '', width = '', height = '', ...more] = line.split('\t')
    if (image === '' || !/^[0-9a-f]{64}$/.test(sha256) || !/^\d+$/.test(width) || !/^\d+$/.test(height) || more.length > 0)
      return `is faulty: line ${n + 2} is "${line.slice(0, 80)}"; right are ${packedColumns.join(', ')}`
    rows.push({ image, sha256, format, width: Number(width), height: Number(height) })
  }
  return rows
}
