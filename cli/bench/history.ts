import { courses } from '../../benchmarks/harness/history.ts'
import { table } from '../../benchmarks/harness/older/table.ts'
import { estimateText, figureText, markdownTable } from '../../benchmarks/harness/report/words.ts'
import { say } from '../display/print.ts'
import { beganAt, recordsOf } from './records.ts'

export interface HistoryOptions {
  readonly json?: boolean
}
export async function showHistory(name: string, { json }: HistoryOptions): Promise<void> {
  const found = await recordsOf([name])
  const all = courses(found.flatMap(({ read }) => (read.format === 2 ? [read.record] : [])))
  if (json) {
    const points = all.map(({ name, machine, moments }) => ({
      name,
      machine,
      moments: moments.map(({ record, figure, moved }) => ({
        began: beganAt(record),
        commit: record.code.commit,
        wall: figure.wall,
        moved,
      })),
    }))
    return say(JSON.stringify(points, null, 1))
  }
  const words = { slower: 'SLOWER than predicted', faster: 'faster than predicted', no: 'as predicted' }
  const blocks = all.map(({ name, machine, moments }) => {
    const rows = moments.map(({ record, figure, moved }, n) => {
      const before = moments[n - 1]?.figure.next
      return [
        beganAt(record),
        record.code.commit ?? record.code.version,
        String(figure.runs),
        estimateText(figure.wall),
        before ? `${figureText(before.low)} to ${figureText(before.high)}` : '',
        moved === undefined ? '' : words[moved],
      ]
    })
    return `${name} on ${machine}\n\n${markdownTable(['when', 'commit', 'runs', 'wall, s (95 %)', 'predicted by the record before', ''], rows)}`
  })
  const older = found.flatMap(({ read }) =>
    read.format === 1 ? [`${read.result.when}, ${read.result.version}\n\n${table(read.result)}`] : [],
  )
  say([...older, ...blocks].join('\n\n'))
}
