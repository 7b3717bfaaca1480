import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parse } from 'csv-parse/sync'
import { listedPlaces, TriremeError } from '../../core/errors.ts'
import { hasNul } from '../../core/vocabulary/schema.ts'

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
  if (bytes.subarray(0, 4).toString('latin1') === 'PK\x03\x04')
    throw new TriremeError(
      'SAMPLESHEET',
      `${name} is a spreadsheet, not text. Save it as "CSV UTF-8", or: libreoffice --headless --convert-to csv ${quotedWord(name)}`,
    )
  let text: string
  try {
    text = new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes) // drops the byte order mark
  } catch (cause) {
    throw new TriremeError(
      'SAMPLESHEET',
      `${name} is not UTF-8 text. Save it as "CSV UTF-8", or: iconv -f WINDOWS-1252 -t UTF-8 ${quotedWord(name)} > utf8.csv`,
      { cause },
    )
  }
  return parseTable(text, name, path.dirname(path.resolve(file)))
}
/** As some spreadsheets save "Unicode text": UTF-16, with its mark, or told by a NUL beside the first letter. */
function encodingOf([first, second]: Buffer): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return 'utf-16le'
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) return 'utf-16be'
  return 'utf-8'
}
const quotedWord = (file: string) => (/^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`)
/** Also what `trim` leaves: marks without width that spreadsheets and web pages bring along. */
const bare = (cell: string) => cell.replace(/^[\s\u200b\u2060\ufeff]+|[\s\u200b\u2060\ufeff]+$/g, '')

export function parseTable(text: string, name: string, folder: string): Table {
  let records: readonly { readonly record: readonly string[]; readonly info: { readonly lines: number } }[]
  // The first line that Excel writes and reads to name the separator: "sep=;".
  const [told, sign] = /^"?sep=(.)"?[,;\t ]*(?:\r\n|\n|\r)/i.exec(text) ?? []
  try {
    const read: unknown = parse(text, {
      delimiter: sign ?? delimiterOf(text, name),
      record_delimiter: ['\r\n', '\n', '\r'],
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      ...(told !== undefined && { from_line: 2 }),
    })
    // With `info` each record comes with where it ended. Rows of separators alone are what a spreadsheet leaves of rows that were emptied.
    records = (read as typeof records)
      .map(({ record, info }) => ({ record: record.map(bare), info }))
      .filter(({ record }) => record.some(cell => cell !== ''))
  } catch (cause) {
    const line = cause instanceof Error && 'lines' in cause ? `, line ${cause.lines}` : ''
    const fault =
      cause instanceof Error && /quote/i.test(cause.message)
        ? 'a quotation mark is opened or closed in the wrong place'
        : (cause as Error).message
    throw new TriremeError(
      'SAMPLESHEET',
      `${name}${line}: ${fault}. A cell with a comma or quote stands in quotes, and its own quotes are doubled: "a ""b"", c".`,
      { cause },
    )
  }
  const faulty = records.find(({ record }) => record.some(hasNul))
  if (faulty)
    throw new TriremeError(
      'SAMPLESHEET',
      `${name}, line ${faulty.info.lines}: the character NUL stands there, which no word and no path can hold. Take it out: tr -d '\\000' < ${quotedWord(name)} > clean.csv`,
    )
  const [head, ...body] = records
  if (!head) throw new TriremeError('SAMPLESHEET', `${name} is empty. Its first line names the columns; each further line is a row.`)
  // Columns at the end without name and content: a spreadsheet keeps them where there once was something.
  const named = head.record.findLastIndex(column => column !== '') + 1
  const used = body.reduce((most, { record }) => Math.max(most, record.findLastIndex(cell => cell !== '') + 1), 0)
  const columns = head.record.slice(0, Math.min(head.record.length, Math.max(named, used)))
  const place = new Map(columns.map((column, n) => [column, n + 1] as const).reverse()) // the first of equal ones
  const at = (line: number) => (column?: string) =>
    `${name}, line ${line}${column === undefined ? '' : `, column ${place.get(column) ?? '?'} (${column})`}`
  const headerLine = head.info.lines
  const faults: string[] = []
  for (const [n, column] of columns.entries()) {
    if (column === '') faults.push(`${name}, line ${headerLine}, column ${n + 1}: the column has no name. Name it or remove it.`)
    else if (place.get(column) !== n + 1)
      faults.push(`${name}, line ${headerLine}, column ${n + 1} (${column}): the column is there twice. Remove one.`)
  }
  if (faults.length > 0) throw new TriremeError('SAMPLESHEET', faultsText(name, faults))
  let before = headerLine
  const rows = body.map(({ record, info }): TableRow => {
    const breaks = record.reduce((sum, cell) => sum + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0)
    const line = Math.max(before + 1, info.lines - breaks)
    before = info.lines
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
function delimiterOf(text: string, name: string): string {
  const header = text.slice(0, /[\r\n]/.exec(text.trimStart())?.index ?? text.length)
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
