import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { listedPlaces, TriremeError } from '../../core/errors.ts'
import { hasNul } from '../../core/vocabulary/schema.ts'
import { bare, type DelimitedRow, decodedText, delimitedFault, delimitedRows, isSpreadsheet } from '../../steps/delimited.ts'

/** A row of cells by column, and words for where they are. */
export interface TableRow {
  readonly cells: Readonly<Record<string, unknown>>
  /** `samplesheet.csv, line 7, column 4 (fastq_1)` */
  readonly at: (column?: string) => string
  /** `line 7` */
  readonly mark: string
  /** What is wrong with the row as a whole: its cells are then not checked. */
  readonly fault?: string
}
export interface Table {
  /** Its name in messages. */
  readonly name: string
  /** Relative paths in it start here. */
  readonly folder: string
  readonly columns: readonly string[]
  readonly header: (column?: string) => string
  readonly rows: readonly TableRow[]
  /** Words for several rows, by their numbers from 0: `samplesheet.csv, lines 2 and 3` */
  readonly among: (rows: readonly number[]) => string
}
/** Most faults in one message: as many as a person corrects in one go. */
const mostFaults = 20
/** Several faults as one message. */
export function faultsText(name: string, faults: readonly string[]): string {
  if (faults.length === 1) return faults[0]!
  const more = faults.length > mostFaults ? [`… and ${faults.length - mostFaults} more.`] : []
  return [`${name} has ${faults.length} faults:`, ...[...faults.slice(0, mostFaults), ...more].map(fault => `  ${fault}`)].join('\n')
}

/**
 * Reads a CSV or TSV file: UTF-8 or UTF-16, with a byte order mark or without, any line ends, commas and line breaks within quotes.
 * @throws TriremeError `INPUT` when it cannot be read, `SAMPLESHEET` when it is no table
 */
export async function readTable(file: string): Promise<Table> {
  const name = path.relative('', file).startsWith('..') ? file : path.relative('', file)
  const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw new TriremeError('INPUT', `There is no readable file ${name} (${cause.code}). Check the name and its folder's permissions.`, {
      cause,
    })
  })
  if (isSpreadsheet(bytes))
    throw new TriremeError(
      'SAMPLESHEET',
      `${name} is a spreadsheet, not text. Save it as "CSV UTF-8", or: libreoffice --headless --convert-to csv ${quotedWord(name)}`,
    )
  const text = decodedText(bytes)
  if (text === undefined)
    throw new TriremeError(
      'SAMPLESHEET',
      `${name} is not UTF-8 text. Save it as "CSV UTF-8", or: iconv -f WINDOWS-1252 -t UTF-8 ${quotedWord(name)} > utf8.csv`,
    )
  return parseTable(text, name, path.dirname(path.resolve(file)))
}
const quotedWord = (file: string) => (/^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`)

export function parseTable(text: string, name: string, folder: string): Table {
  let records: readonly DelimitedRow[]
  try {
    records = delimitedRows(text, header => delimiterOf(header, name)).map(({ cells, line }) => ({ cells: cells.map(bare), line }))
  } catch (cause) {
    throw new TriremeError('SAMPLESHEET', `${name}${delimitedFault(cause)}`, { cause })
  }
  const faulty = records.find(({ cells }) => cells.some(hasNul))
  if (faulty)
    throw new TriremeError(
      'SAMPLESHEET',
      `${name}, line ${faulty.line}: the character NUL stands there, which no word and no path can hold. Take it out: tr -d '\\000' < ${quotedWord(name)} > clean.csv`,
    )
  const [head, ...body] = records
  if (!head) throw new TriremeError('SAMPLESHEET', `${name} is empty. Its first line names the columns; each further line is a row.`)
  // Columns at the end without name and content: a spreadsheet keeps them where there once was something.
  const named = head.cells.findLastIndex(column => column !== '') + 1
  const used = body.reduce((most, { cells }) => Math.max(most, cells.findLastIndex(cell => cell !== '') + 1), 0)
  const columns = head.cells.slice(0, Math.min(head.cells.length, Math.max(named, used)))
  const place = new Map(columns.map((column, n) => [column, n + 1] as const).reverse()) // the first of equal ones
  const at = (line: number) => (column?: string) =>
    `${name}, line ${line}${column === undefined ? '' : `, column ${place.get(column) ?? '?'} (${column})`}`
  const headerLine = head.line
  const faults: string[] = []
  for (const [n, column] of columns.entries()) {
    if (column === '') faults.push(`${name}, line ${headerLine}, column ${n + 1}: the column has no name. Name it or remove it.`)
    else if (place.get(column) !== n + 1)
      faults.push(`${name}, line ${headerLine}, column ${n + 1} (${column}): the column is there twice. Remove one.`)
  }
  if (faults.length > 0) throw new TriremeError('SAMPLESHEET', faultsText(name, faults))
  const rows = body.map(({ cells: record, line }): TableRow => {
    const extra = record.slice(columns.length).some(cell => cell !== '')
    const broken = record.length < columns.length || extra
    const fault = `${name}, line ${line}: there are ${record.length} cells under ${columns.length} columns. Put cells that hold a comma in quotes, and leave none out.`
    const cells = Object.fromEntries(columns.map((column, n) => [column, record[n] ?? '']))
    return { cells, at: at(line), mark: `line ${line}`, ...(broken && { fault }) }
  })
  return { name, folder, columns, header: at(headerLine), rows, among: among(name, rows) }
}
/** Rows are marked by a word and a number, such as `line 7`. */
const among = (name: string, rows: readonly TableRow[]) => (which: readonly number[]) => {
  const [first, ...others] = which.flatMap(n => rows[n]?.mark ?? []).map(mark => mark.split(' '))
  if (!first) return name
  const numbers = [first, ...others].map(([, number]) => number!)
  return `${name}, ${listedPlaces(first[0]!, numbers)}`
}
/** By the file's ending; where the header lacks that character, the one it has. */
function delimiterOf(header: string, name: string): string {
  const likely = /\.(tsv|tab)$/i.test(name) ? ['\t', ',', ';'] : [',', '\t', ';']
  return likely.find(character => header.includes(character)) ?? likely[0]!
}
/** Rows given as objects, in a params file or by a profile. */
export function tableOf(given: readonly Readonly<Record<string, unknown>>[], name: string, folder: string): Table {
  const columns = [...new Set(given.flatMap(Object.keys))]
  const at = (n: number) => (column?: string) => `${name}, row ${n + 1}${column === undefined ? '' : ` (${column})`}`
  const rows = given.map((cells, n): TableRow => ({ cells, at: at(n), mark: `row ${n + 1}` }))
  return {
    name,
    folder,
    columns,
    header: column => `${name}${column === undefined ? '' : ` (${column})`}`,
    rows,
    among: among(name, rows),
  }
}
