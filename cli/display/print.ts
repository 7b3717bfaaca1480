import { withoutSecrets } from '../../core/secrets.ts'
import { isColoured } from './colour.ts'

/** Lines in columns, as wide as their widest cell; the last column is cut to the terminal's width. */
export function columns(
  rows: readonly (readonly string[])[],
  width: number = process.stdout.isTTY ? (process.stdout.columns ?? 80) : Number.POSITIVE_INFINITY,
): string {
  const widths: number[] = []
  for (const row of rows) for (const [n, cell] of row.entries()) widths[n] = Math.max(widths[n] ?? 0, cell.length)
  const lines = rows.map(row =>
    row
      .map((cell, n) => (n === row.length - 1 ? cell : cell.padEnd(widths[n]!)))
      .join('  ')
      .trimEnd(),
  )
  return lines.map(line => (line.length > width ? `${line.slice(0, width - 1)}…` : line)).join('\n')
}
export const csi = '\u001b['
/** A change of colours; any other character that steers a terminal, turns the direction of text, or ends a line without being seen to. */
const steering = new RegExp(`${csi[0]}\\[[\\d;]*m|[\\p{Cc}\\p{Bidi_Control}\\u2028\\u2029]`, 'gu')
/** The colours of `painter`, and their ends. */
const own = new Set([1, 2, 22, 31, 32, 33, 39].map(code => `${csi}${code}m`))
/**
 * A text as it may be shown: names, logs and servers' messages come from outside, and none of them moves the cursor, sets a title, writes to the
 * clipboard or colours what follows. What would is shown as in JSON, `\u001b`, so that it is seen and JSON stays what it is.
 */
export const terminalText = (text: string, coloured: boolean): string =>
  withoutSecrets(text)
    .replaceAll('\r\n', '\n')
    .replace(steering, found => {
      if (found === '\n' || found === '\t' || (coloured && own.has(found))) return found
      return found.length > 1 ? '' : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`
    })
/** Everything that the command line writes goes through here, or through `Screen`: without secrets, and without what steers a terminal. */
export const print = (stream: NodeJS.WriteStream, text: string): void => void stream.write(terminalText(text, isColoured(stream)))
/** To stdout: what the command was asked for. */
export const say = (text: string): void => print(process.stdout, `${text}\n`)
export const noteLine = (text: string): void => print(process.stderr, `${text}\n`)
/** A moment in the reader's own zone, to the second. */
export function momentText(iso: string): string {
  const at = new Date(iso)
  const pad = (n: number) => String(n).padStart(2, '0')
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`
}
