import { withoutSecrets } from '../../core/secrets.ts'
import { withoutControls } from '../../core/terminal.ts'
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
/** A text of ours with what came from outside in it, as it may be shown. */
export const shownText = (text: string, coloured: boolean): string => withoutControls(withoutSecrets(text), coloured)
/** Everything that the command line writes goes through here, or through `Screen`: without secrets, and without what steers a terminal. */
export const print = (stream: NodeJS.WriteStream, text: string): void => void stream.write(shownText(text, isColoured(stream)))
/** To stdout: what the command was asked for. */
export const say = (text: string): void => print(process.stdout, `${text}\n`)
export const noteLine = (text: string): void => print(process.stderr, `${text}\n`)
/** A moment in the reader's own zone, to the second. */
export function momentText(iso: string): string {
  const at = new Date(iso)
  const pad = (n: number) => String(n).padStart(2, '0')
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`
}
