import { jsonIn } from '../../core/store/sealed.ts'
import { type Result, result } from './older/result.ts'
import { type Record2, record } from './record.ts'
import { lineShape, placeOf, placeOfLine } from './record-place.ts'
import { sealIn, writtenAs } from './record-text.ts'

/** A record's text as far as it can be read, with all that is wrong with it as a text. Whether its figures follow is asked by `verify`. */
export type ReadRecord =
  | { readonly format: 2; readonly record: Record2; readonly faults: readonly string[] }
  | { readonly format: 1; readonly result: Result; readonly faults: readonly string[] }
  | { readonly format: undefined; readonly faults: readonly [string, ...string[]] }

const unreadable = (...faults: readonly [string, ...string[]]): ReadRecord => ({ format: undefined, faults })

export function readRecord(text: string): ReadRecord {
  if (text.trim() === '') return unreadable('It is empty.')
  if (text.startsWith('\ufeff'))
    return unreadable('It begins with a byte order mark, which an editor has put there. Copy it again from where it was made.')
  const value = jsonIn(text)
  if (value === undefined) return unreadable(brokenJson(text))
  const format = typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined
  if (format === 1) {
    const read = result.safeParse(value)
    return read.success ? { format, result: read.data, faults: [] } : unreadable(...misfits(value, read.error.issues))
  }
  if (typeof format !== 'number') return unreadable('It is JSON, but no record: it has no field "format" with a number.')
  if (format !== 2)
    return unreadable(
      `It is of format ${format}, which this version of Trireme does not know; it knows 1 and 2. Read it with the version that wrote it.`,
    )
  const read = record.safeParse(value)
  if (!read.success) return unreadable(...misfits(value, read.error.issues))
  if (text.replaceAll('\r\n', '\n') === writtenAs(read.data) && text.includes('\r\n'))
    return { format, record: read.data, faults: [windowsLines] }
  return { format, record: read.data, faults: [...unusualText(text, read.data), ...brokenSeal(text)] }
}
const windowsLines =
  'Its lines end as those of Windows do (CRLF), as Git may have checked it out or an editor saved it. Records have LF: "*.json -text" in .gitattributes keeps Git from it.'
interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}
const misfits = (value: unknown, issues: readonly Issue[]): [string, ...string[]] => {
  const [first, ...more] = issues.map(({ path, message }) => (path.length === 0 ? `${message}.` : `${placeOf(value, path)}: ${message}.`))
  return [first ?? 'It is no record.', ...more]
}
/** JSON's own messages do not say where in a long text. Each line of a record is JSON by itself. */
function brokenJson(text: string): string {
  const lines = text.split('\n')
  const broken = lines.findIndex(line => {
    const { opens, field, brackets } = lineShape(line)
    const bare = line.trim().replace(/,$/, '')
    return opens === undefined && !brackets && jsonIn(field === undefined ? bare : `{${bare}}`) === undefined
  })
  if (!text.endsWith('\n}\n') && (broken === -1 || broken === lines.length - 1))
    return `It is cut short: after line ${lines.length} there is no more. Copy it again from where it was made.`
  if (broken === -1) return 'It is no JSON: a bracket or comma is not where it should be.'
  return `Line ${broken + 1} is no JSON (${placeOfLine(lines, broken)}).`
}
/** @returns the first line that differs from how records are written */
function unusualText(text: string, read: Record2): readonly string[] {
  const usual = writtenAs(read)
  if (text === usual) return []
  const [own, other] = [text.split('\n'), usual.split('\n')]
  const n = other.findIndex((line, n) => line !== own[n])
  const at = n === -1 ? other.length - 1 : n
  const place = placeOfLine(own, Math.min(at, own.length - 1)) || 'layout'
  return [`Line ${at + 1} is not written as records are (${place}): it was changed by hand or by an editor.`]
}
function brokenSeal(text: string): readonly string[] {
  const seal = sealIn(text)
  if (seal === undefined) return ['It does not end with a seal.']
  return seal.holds ? [] : ['Its seal is broken: it was changed after it was written.']
}
