import { table } from '../../benchmarks/harness/older/table.ts'
import { recordText } from '../../benchmarks/harness/report/show.ts'
import { say } from '../display/print.ts'
import { latestOf, noteDoubt } from './records.ts'

export interface ShowRecordOptions {
  readonly json?: boolean
}
export async function showRecord(record: string, { json }: ShowRecordOptions): Promise<void> {
  const found = await latestOf(record)
  noteDoubt(found)
  if (json) return say(found.text.trimEnd())
  const { file, read } = found
  say(`${file}\n`)
  if (read.format === 2) return say(recordText(read.record))
  const { benchmark, when, version, machine, warnings, facts = {} } = read.result
  const beside = Object.entries(facts).map(([what, value]) => `${what}: ${value}`)
  const head = [`${benchmark}, ${when}, Trireme ${version}`, `${machine.cpu}, ${machine.cores} cores, ${machine.system}`].join('\n')
  say([head, table(read.result), ...beside, ...warnings.map(warning => `Warning: ${warning}`)].join('\n\n'))
}
