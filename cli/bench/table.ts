import { table } from '../../benchmarks/harness/older/table.ts'
import { csvOf } from '../../benchmarks/harness/report/csv.ts'
import { claimsTable, figuresTable } from '../../benchmarks/harness/report/show.ts'
import { print, say } from '../display/print.ts'
import { comparisonOf, noteDoubt, type ReadableRecord, recordsOf, resultsFolder, whenOf } from './records.ts'

export interface TableOptions {
  readonly csv?: boolean
}
export async function printTable(words: readonly string[], { csv }: TableOptions): Promise<void> {
  const records = await recordsOf(words)
  for (const record of records) noteDoubt(record)
  if (records.length === 0) return say(`There is no record in ${resultsFolder()}. "trireme bench run NAME" makes one.`)
  if (csv) return print(process.stdout, csvOf(records))
  say(records.map(block).join('\n\n'))
}
function block(found: ReadableRecord): string {
  const { read } = found
  const { cpu, cores } = read.format === 2 ? read.record.machine : read.result.machine
  const head = `### ${comparisonOf(found)}, ${whenOf(found).slice(0, 10)}, ${cpu}, ${cores} cores`
  if (read.format === 1) return `${head}\n\n${table(read.result)}`
  const { refusals } = read.record.derived
  const tables = [figuresTable(read.record), claimsTable(read.record.derived)].filter(text => text !== '')
  return [head, ...refusals.map(refusal => `**Nothing may be concluded.** ${refusal}`), ...tables].join('\n\n')
}
