import type { Result, Row } from './result.ts'

const shown = (value: number, unit: Row['unit']) =>
  unit === 'MiB' || unit === 'bytes' || unit === 'count' || unit === 'differences' || unit === 'operations a second'
    ? String(Math.round(value))
    : value < 10
      ? value.toFixed(3)
      : value.toFixed(1)
const targetText = ({ target: { least, most } }: Row) =>
  least !== undefined && most !== undefined
    ? least === most
      ? `${least}`
      : `${least} to ${most}`
    : least !== undefined
      ? `≥ ${least}`
      : most !== undefined
        ? `≤ ${most}`
        : ''

/** Share of the machine from which on a reader should know what others took. */
const notable = 0.03

/** Rows as a table for the terminal, and Markdown at the same time. */
export function table({ rows, usage, machine }: Pick<Result, 'rows' | 'usage' | 'machine'>): string {
  const cells = rows.map(row => [
    row.what,
    `${shown(row.value, row.unit)}${row.low === undefined || row.high === undefined ? '' : ` (${shown(row.low, row.unit)} to ${shown(row.high, row.unit)})`}`,
    row.unit,
    targetText(row),
    targetText(row) === '' ? '' : row.met ? 'met' : 'MISSED',
  ])
  const share = usage ? usage.others / (usage.wall * machine.cores) : 0
  if (usage && share > notable)
    cells.push([
      "other programs' CPU meanwhile",
      shown(usage.others, 'seconds'),
      'seconds',
      '',
      `${Math.round(share * 100)} % of the machine`,
    ])
  const all = [['what', 'measured (95 %)', 'unit', 'target', ''], ...cells]
  const widths = all[0]!.map((_, n) => Math.max(...all.map(line => line[n]!.length)))
  const line = (words: readonly string[]) => `| ${words.map((word, n) => word.padEnd(widths[n]!)).join(' | ')} |`
  return [line(all[0]!), line(widths.map(width => '-'.repeat(width))), ...cells.map(line)].join('\n')
}
