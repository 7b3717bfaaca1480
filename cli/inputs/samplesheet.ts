import { TriremeError } from '../../core/errors.ts'
import { nearest } from '../../core/vocabulary/nearest.ts'
import { type From, isFrom, type RowShape, type Rows } from '../../core/vocabulary/rows.ts'
import { type Schema, verdict } from '../../core/vocabulary/schema.ts'
import { fromText, isRequired, type JsonSchema as JsonShape, orList, shapeOfSchema } from '../arguments/json-schema.ts'
import { didYouMean } from '../display/suggest.ts'
import { faultsText, type Table, type TableRow } from './table.ts'

/** The cells that name the files of a shape, by slot. */
export type RowFiles = Readonly<Record<string, { readonly from: From; readonly cells: readonly string[] }>>
/** A row that passed: its values, and the cells that name its files. */
export interface SheetRow {
  readonly values: Readonly<Record<string, unknown>>
  readonly files: RowFiles
  /** Further shapes with the same columns of files: the row has the first whose kinds take the files. */
  readonly others: readonly RowFiles[]
  readonly at: TableRow['at']
}
/** Columns of a shape by their use. Computed once, since every row needs them. */
const partNames = new WeakMap<RowShape, ShapeParts>()
interface ShapeParts {
  readonly values: readonly (readonly [string, Schema])[]
  readonly files: readonly (readonly [string, From])[]
  readonly fileColumns: readonly string[]
}
function partColumns(shape: RowShape): ShapeParts {
  const known = partNames.get(shape)
  if (known) return known
  const [values, files]: [(readonly [string, Schema])[], (readonly [string, From])[]] = [[], []]
  for (const [name, column] of Object.entries(shape)) isFrom(column) ? files.push([name, column]) : values.push([name, column])
  const made = { values, files, fileColumns: files.flatMap(([, { from }]) => from) }
  partNames.set(shape, made)
  return made
}
const filesOfRow = (shape: RowShape) => partColumns(shape).files
const cellValues = (shape: RowShape) => partColumns(shape).values
const fileColumns = (shape: RowShape) => partColumns(shape).fileColumns
const neededColumns = (shape: RowShape) => [
  ...cellValues(shape).flatMap(([name, schema]) => (isRequired(schema) ? [name] : [])),
  ...fileColumns(shape),
]
const columnsOf = (shape: RowShape) => [...cellValues(shape).map(([name]) => name), ...fileColumns(shape)]
const isText = ({ type, enum: listed }: JsonShape) => type === 'string' && listed === undefined
/** Line 9 before line 10. */
const natural = new Intl.Collator('en', { numeric: true })
const isFilled = (cell: unknown) => cell !== undefined && cell !== null && cell !== ''

/**
 * The rows of a sheet as its pipeline takes them.
 * @param unique columns that together tell rows apart, where the pipeline names some; rows alike in every cell are always a fault
 * @throws TriremeError `SAMPLESHEET` with up to twenty faults by line and column
 */
export async function checkSheet(table: Table, { rows: shapes }: Rows, unique: readonly string[] = []): Promise<readonly SheetRow[]> {
  const end = (faults: readonly string[]) => new TriremeError('SAMPLESHEET', faultsText(table.name, faults))
  const headerFaults = await checkColumns(table, shapes)
  if (headerFaults.length > 0) throw end(headerFaults)
  if (table.rows.length === 0) throw end([`${table.name} has no rows. Below the line of column names, give at least one.`])
  const faults: string[] = []
  const described = new Map(shapes.flatMap(cellValues).map(([, schema]) => [schema, shapeOfSchema(schema)] as const))
  const checked: SheetRow[] = []
  for (const row of table.rows) {
    if (row.fault !== undefined) {
      faults.push(row.fault)
      continue
    }
    const found = shapeFor(row, shapes)
    if (found.fault !== undefined) faults.push(found.fault)
    const others = found.fault === undefined ? alike(found.shape, shapes) : []
    checked.push(await checkCells(row, found.shape, others, described, faults))
  }
  faults.push(...repeated(table.rows, table.columns, 'the row is the same as'))
  if (unique.length > 0) faults.push(...repeated(table.rows, unique, `${unique.join(', ')} are the same as on`, faults))
  if (faults.length > 0) throw end(faults.sort(natural.compare))
  return checked
}
/** Columns that no shape knows: sheets are made for other programs, too, and hold what those ask for. */
export function extraColumns(table: Table, { rows: shapes }: Rows): readonly string[] {
  const known = new Set(shapes.flatMap(columnsOf))
  return table.columns.filter(column => !known.has(column))
}
/** A line on rows whose files are some of those that another shape asks for, such as reads without their mates: that may be a slip. */
export function partialRows(table: Table, { rows: shapes }: Rows, rows: readonly SheetRow[]): readonly string[] {
  const found = new Map<string, { readonly given: string; readonly first: string; count: number }>()
  const more = new Map<string, string | undefined>()
  for (const [n, { files }] of rows.entries()) {
    const given = Object.values(files).flatMap(({ from }) => from.from)
    const key = given.join(' and ')
    if (!more.has(key)) {
      const wider = shapes
        .map(fileColumns)
        .find(columns => columns.length > given.length && given.every(column => columns.includes(column)))
      more.set(key, wider?.filter(column => !given.includes(column)).join(' and '))
    }
    const missing = more.get(key)
    if (missing === undefined) continue
    const known = found.get(missing) ?? { given: key, first: table.rows[n]!.mark, count: 0 }
    known.count++
    found.set(missing, known)
  }
  return [...found].map(
    ([missing, { given, first, count }]) =>
      `${table.name}: ${count === 1 ? `${first} is` : `${count} rows, the first in ${first}, are`} without ${missing}, so ${given} is read alone.`,
  )
}
async function checkColumns(table: Table, shapes: readonly RowShape[]): Promise<readonly string[]> {
  const known = [...new Set(shapes.flatMap(columnsOf))]
  // What a misspelt column was meant to be is not there. "bai" beside "bam" is no slip.
  const wanted = known.filter(column => !table.columns.includes(column))
  const extra = extraColumns(table, { rows: shapes })
  const small = (column: string) => wanted.find(name => name === column.toLowerCase())
  const inCapitals = extra.filter(column => small(column) !== undefined)
  const renamed = extra.map(column => small(column) ?? nearest(column, wanted))
  const unknown = extra.filter((column, n) => renamed[n] !== undefined && !inCapitals.includes(column))
  const absent = (shape: RowShape) => neededColumns(shape).filter(column => !table.columns.includes(column) && !renamed.includes(column))
  const faults = await Promise.all(
    unknown.map(
      async column =>
        `${table.header(column)}: there is no such column.${await didYouMean(column, wanted)} Columns are ${known.join(', ')}.`,
    ),
  )
  // Missing columns of the shape that the sheet seems to have: one with "fastq1" and "fastq2" lacks no "bam".
  const [missing = []] = shapes.map(absent).sort((a, b) => a.length - b.length)
  if (inCapitals.length > 0)
    faults.unshift(
      `${table.header()}: names of columns are in small letters. Write ${inCapitals.map(small).join(', ')} in place of ${inCapitals.join(', ')}.`,
    )
  return [...faults, ...missing.map(column => `${table.header()}: the column "${column}" is missing. Columns are ${known.join(', ')}.`)]
}
/** The shape whose file columns are exactly those that the row fills in; else the fault, and the shape by which to check its other columns. */
function shapeFor(row: TableRow, shapes: readonly RowShape[]): { readonly shape: RowShape; readonly fault?: string } {
  const filled = new Set(shapes.flatMap(fileColumns).filter(column => isFilled(row.cells[column])))
  const shape = shapes.find(shape => fileColumns(shape).length === filled.size && fileColumns(shape).every(column => filled.has(column)))
  if (shape) return { shape }
  const ways = orList([...new Set(shapes.map(shape => fileColumns(shape).join(' and ')))])
  if (filled.size === 0 && shapes.length > 1)
    return { fault: `${row.at()}: the row names no file. Give ${ways}.`, shape: commonValue(shapes) }
  const begun = shapes.filter(shape => [...filled].every(column => fileColumns(shape).includes(column)))
  const [near] = begun
  if (near && alike(near, begun).length === begun.length - 1) {
    const empty = fileColumns(near).find(column => !filled.has(column))!
    return {
      fault: `${row.at(empty)}: the cell is empty. ${filled.size > 0 ? `A row with ${[...filled].join(' and ')} also has ${empty}.` : 'Name the file.'}`,
      shape: near,
    }
  }
  return {
    fault: `${row.at([...filled].at(-1))}: the row gives ${[...filled].join(' and ')}. Give only ${ways}.`,
    shape: commonValue(shapes),
  }
}
/** The columns that all shapes have, each by the least strict of their schemas. */
function commonValue(shapes: readonly RowShape[]): RowShape {
  const named = shapes.map(shape => Object.fromEntries(cellValues(shape)))
  const all = Object.keys(named[0] ?? {}).filter(name => named.every(schemas => name in schemas))
  return Object.fromEntries(
    all.map(name => {
      const schemas = named.map(each => each[name]!)
      return [name, schemas.find(schema => !isRequired(schema)) ?? schemas[0]!]
    }),
  )
}
/** The other shapes that have the same columns of files. */
const alike = (shape: RowShape, shapes: readonly RowShape[]) =>
  shapes.filter(
    other =>
      other !== shape &&
      fileColumns(other).length === fileColumns(shape).length &&
      fileColumns(other).every(column => fileColumns(shape).includes(column)),
  )
async function checkCells(
  row: TableRow,
  shape: RowShape,
  others: readonly RowShape[],
  described: ReadonlyMap<Schema, JsonShape>,
  faults: string[],
): Promise<SheetRow> {
  const values: Record<string, unknown> = {}
  for (const [name, schema] of cellValues(shape)) {
    const cell = row.cells[name]
    if (!isFilled(cell) && isRequired(schema)) {
      faults.push(`${row.at(name)}: the cell is empty. Give a value.`)
      continue
    }
    if (!isFilled(cell)) continue
    const json = described.get(schema) ?? {}
    // Plain text is most of a sheet: not waiting for it halves the time of 10,000 rows.
    const read = typeof cell === 'string' && !isText(json) ? await fromText(cell, json) : { value: cell }
    if ('fault' in read) {
      faults.push(`${row.at(name)}: ${read.fault}`)
      continue
    }
    const answer = verdict(schema, read.value)
    if ('faults' in answer) faults.push(`${row.at(name)}: ${answer.faults}. Got ${JSON.stringify(cell)}.`)
    else values[name] = read.value
  }
  const files = (shape: RowShape): RowFiles =>
    Object.fromEntries(filesOfRow(shape).map(([name, from]) => [name, { from, cells: from.from.map(column => String(row.cells[column])) }]))
  return { values, files: files(shape), others: others.map(files), at: row.at }
}
/** Faults of rows that are alike in these columns, but for those that are known already. */
function repeated(rows: readonly TableRow[], columns: readonly string[], words: string, known: readonly string[] = []): readonly string[] {
  const first = new Map<string, TableRow>()
  const faults: string[] = []
  for (const row of rows) {
    const mark = JSON.stringify(columns.map(column => row.cells[column] ?? ''))
    const before = first.get(mark)
    if (!before) first.set(mark, row)
    else if (!known.some(fault => fault.startsWith(`${row.at()}: the row is`)))
      faults.push(`${row.at()}: ${words} ${before.mark}. Remove or correct one.`)
  }
  return faults
}
