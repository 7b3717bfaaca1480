import { parse } from 'csv-parse/sync'

// Tables as people have them: CSV or TSV, saved by any spreadsheet.

/** Text in UTF-8 or UTF-16, with a byte order mark or without; undefined where it is neither. */
export function decodedText(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes) // drops the byte order mark
  } catch {
    return undefined
  }
}
/** As some spreadsheets save "Unicode text": UTF-16, with its mark, or told by a NUL beside the first letter. */
function encodingOf([first, second]: Buffer): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return 'utf-16le'
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) return 'utf-16be'
  return 'utf-8'
}
/** Whether a table was saved as a program's own file, not as text: those of Excel and LibreOffice are zips. */
export const isSpreadsheet = (bytes: Buffer): boolean => bytes.toString('latin1', 0, 4) === 'PK\x03\x04'
/** Also what `trim` leaves: marks without width that spreadsheets and web pages bring along. */
export const bare = (cell: string): string => cell.replace(/^[\s\u200b\u2060\ufeff]+|[\s\u200b\u2060\ufeff]+$/g, '')

export interface DelimitedRow {
  readonly cells: readonly string[]
  /** The line where it begins. */
  readonly line: number
}
/**
 * Rows with their lines, of any line ends, with delimiters and line breaks within quotes. Rows without content, which spreadsheets leave behind,
 * are passed over.
 * @param delimiter of a header; a first line such as "sep=;" says it better
 * @throws Error of csv-parse, for `delimitedFault`
 */
export function delimitedRows(text: string, delimiter: (header: string) => string, trim = true): readonly DelimitedRow[] {
  // The first line that Excel writes and reads to name the separator.
  const [told, sign] = /^"?sep=(.)"?[,;\t ]*(?:\r\n|\n|\r)/i.exec(text) ?? []
  const header = text.slice(0, /[\r\n]/.exec(text.trimStart())?.index ?? text.length)
  const read: unknown = parse(text, {
    delimiter: sign ?? delimiter(header),
    record_delimiter: ['\r\n', '\n', '\r'],
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    trim,
    ...(told !== undefined && { from_line: 2 }),
  })
  let before = 0
  return (read as readonly { readonly record: readonly string[]; readonly info: { readonly lines: number } }[]) // what `info` gives
    .filter(({ record }) => record.some(cell => bare(cell) !== ''))
    .map(({ record, info }) => {
      const breaks = record.reduce((sum, cell) => sum + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0)
      const line = Math.max(before + 1, info.lines - breaks) // each record comes with where it ended
      before = info.lines
      return { cells: record, line }
    })
}
/** What is wrong with a text that is no table, and where. */
export function delimitedFault(cause: unknown): string {
  const line = cause instanceof Error && 'lines' in cause ? `, line ${cause.lines}` : ''
  const message = cause instanceof Error ? cause.message : String(cause)
  const fault = /quote/i.test(message) ? 'a quotation mark is opened or closed in the wrong place' : message
  return `${line}: ${fault}. A cell with a comma or quote stands in quotes, and its own quotes are doubled: "a ""b"", c".`
}
