import { bytesText } from '../../../core/vocabulary/quantity.ts'

/** Four significant digits: no timing here is known better. */
export const figureText = (value: number): string => String(Number(value.toPrecision(4)))
interface Shown {
  readonly value: number
  readonly low?: number | undefined
  readonly high?: number | undefined
}
/** `12.3 (12.1 to 12.6)`; without an interval the value alone. */
export const estimateText = ({ value, low, high }: Shown, unit = ''): string =>
  low === undefined || high === undefined
    ? `${figureText(value)}${unit}`
    : `${figureText(value)}${unit} (${figureText(low)} to ${figureText(high)})`
export const memoryText = (bytes: number | undefined): string => (bytes === undefined ? '' : bytesText(bytes))
/** `≥ 1`, `≤ 2`, `1 to 2`. */
export function boundsText({ least, most }: { readonly least?: number | undefined; readonly most?: number | undefined }): string {
  if (least !== undefined && most !== undefined) return least === most ? `${least}` : `${least} to ${most}`
  return least !== undefined ? `≥ ${least}` : most !== undefined ? `≤ ${most}` : ''
}
const cellText = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
/** Rows as a table for the terminal, which is Markdown too. Columns in which nothing stands are left out. */
export function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const kept = heads.map((_, n) => rows.some(row => row[n] !== ''))
  const lines = [heads, ...rows].map(row => row.filter((_, n) => kept[n]).map(cellText))
  const widths = lines[0]!.map((_, n) => Math.max(...lines.map(line => line[n]!.length)))
  const written = lines.map(line => `| ${line.map((text, n) => text.padEnd(widths[n]!)).join(' | ')} |`)
  return [written[0]!, `|${widths.map(width => '-'.repeat(width + 2)).join('|')}|`, ...written.slice(1)].join('\n')
}
