import { bare, type DelimitedRow, decodedText, delimitedFault, delimitedRows, isSpreadsheet } from '../../delimited.ts'
import { columns as ownColumns } from '../../image-table.ts'
import { Fault } from '../../script.ts'
import { type Finder, placeOf, placesOfUrl } from '../archive/places.ts'
import { type Columns, placesOf } from './columns.ts'
import { type Given, linesOf, partNotes, partOf, partWords, type Reading, tally } from './given.ts'

/**
 * Reads a sheet, CSV or TSV by its content. What a row lacks is told, and the row left out, so that all faults are told at once.
 * @param find those of the places that a name means
 * @throws Fault where it is no table at all, or lacks columns
 */
export function readSheet(bytes: Buffer, asked: Columns, places: readonly string[], find: Finder): Reading {
  const [head, ...body] = rowsOf(bytes, asked)
  if (!head || body.length === 0)
    throw new Fault('The sheet names no image. Its first line names the columns; each further line is an image.')
  const header = head.cells.map(bare)
  const at = placesOf(
    header,
    asked,
    body.map(({ cells }) => cells.map(bare)),
    { places, find },
  )
  const extras = header.flatMap((name, n) => (name === '' || Object.values(at).includes(n) ? [] : [{ name: extraName(name, header), n }]))
  const faults: string[] = []
  const uneven: DelimitedRow[] = []
  const empty = { image: [], label: [], group: [] } as Record<'image' | 'label' | 'group', number[]>
  const words: string[] = []
  const strange: { word: string; line: number }[] = []
  const images = body.flatMap(({ cells, line }): readonly Given[] => {
    if (cells.length < header.length || cells.slice(header.length).some(cell => bare(cell) !== '')) {
      uneven.push({ cells, line })
      return []
    }
    const cell = (n: number) => bare(cells[n] ?? '').normalize('NFC')
    const lacking = needed.filter(role => at[role] >= 0 && cell(at[role]) === '')
    for (const role of lacking) empty[role].push(line)
    const broken = needed.find(role => at[role] >= 0 && /\p{Cc}/u.test(cell(at[role])))
    if (broken !== undefined) faults.push(`Line ${line} has a line break or control character in its ${broken}. Take it out.`)
    const word = at.split < 0 ? '' : cell(at.split)
    const split = word === '' ? '' : partOf(word)
    if (split === undefined) strange.push({ word, line })
    else if (word !== '') words.push(word)
    if (lacking.length > 0 || broken !== undefined) return []
    const image = cell(at.image).replaceAll('\\', '/') // as Windows writes folders
    return [
      {
        at: `line ${line}`,
        image: nameOf(image, find),
        written: cells[at.label] ?? '',
        label: cell(at.label),
        group: at.group < 0 ? undefined : cell(at.group),
        split: split ?? '',
        extra: Object.fromEntries(extras.map(({ name, n }) => [name, safe(bare(cells[n] ?? ''))])),
      },
    ]
  })
  const lacking = needed.flatMap(role => (empty[role].length === 0 ? [] : [emptyCells(role, header[at[role]]!, empty[role])]))
  const ofRows = [...lacking, ...(uneven.length === 0 ? [] : [unevenRows(uneven, header.length)]), ...faults]
  return { images, faults: [...ofRows, ...strangeParts(strange)], notes: partNotes(words) }
}
const needed = ['image', 'label', 'group'] as const
const emptyCells = (role: string, column: string, lines: readonly number[]) =>
  lines.length === 1
    ? `${linesOf(lines)} has no ${role}: the cell in the column "${column}" is empty. Fill it in, or remove the line.`
    : `${linesOf(lines)} have no ${role}: their cells in the column "${column}" are empty. Fill them in, or remove the lines.`
function unevenRows(rows: readonly DelimitedRow[], columns: number): string {
  const lines = linesOf(rows.map(({ line }) => line))
  const has =
    rows.length === 1
      ? `${lines} has ${rows[0]!.cells.length} cells under ${columns} columns`
      : `${lines} have more or fewer cells than the ${columns} columns`
  return `${has}. Put cells that hold a comma in quotes, and leave none out.`
}
/** An address, or a path that starts elsewhere, is an image by where that lies here; all else is its own name. */
function nameOf(image: string, find: Finder): string {
  const fetched = placesOfUrl(image)
  const [place] = placeOf(image) === undefined ? find(image) : []
  return fetched.find(each => find(each).includes(each)) ?? fetched[1] ?? place ?? image
}
/** Spaces around words are kept where they can be, to be told where words differ by them alone. */
function rowsOf(bytes: Buffer, asked: Columns): readonly DelimitedRow[] {
  if (isSpreadsheet(bytes)) throw new Fault('The sheet is a spreadsheet, not text. Save it as "CSV UTF-8".')
  const text = decodedText(bytes)
  if (text === undefined)
    throw new Fault('The sheet is not UTF-8 text. Save it as "CSV UTF-8", or: iconv -f WINDOWS-1252 -t UTF-8 SHEET > utf8.csv')
  const delimiter = (header: string) => delimiterOf(header, asked)
  try {
    return delimitedRows(text, delimiter, false)
  } catch {
    try {
      return delimitedRows(text, delimiter) // quotes with spaces before them
    } catch (cause) {
      throw new Fault(`The sheet${delimitedFault(cause)}`)
    }
  }
}
/** The one by which the header has a column that is asked for; else the most frequent. */
function delimiterOf(header: string, { image, label }: Columns): string {
  const names = (delimiter: string) => header.split(delimiter).map(name => bare(name).replace(/^"(.*)"$/, '$1'))
  const likely = [',', '\t', ';']
  const fitting = likely.find(each => names(each).some(name => name === image || name === label))
  return fitting ?? likely.sort((a, b) => names(b).length - names(a).length)[0]!
}
const strangeParts = (strange: readonly { readonly word: string; readonly line: number }[]): readonly string[] =>
  [...tally(strange.map(({ word }) => word))].map(
    ([word, rows]) =>
      `Line ${strange.find(each => each.word === word)!.line}${rows > 1 ? `, and ${rows - 1} more,` : ''} has the split "${word}"; right are ${partWords}. Correct the word, or give another column with --split-column.`,
  )
/** Columns are kept under their names, unless a table of images has such a column of its own. */
function extraName(name: string, header: readonly string[]): string {
  const own = safe(name)
  if (!(ownColumns as readonly string[]).includes(own)) return own
  const free = [`${own} (sheet)`, ...header.map((_, n) => `${own} (sheet ${n + 2})`)]
  return free.find(each => !header.includes(each))!
}
const safe = (text: string) => text.replace(/\p{Cc}+/gu, ' ')
