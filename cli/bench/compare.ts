import { compareRecords as beside, besideName } from '../../benchmarks/harness/comparable.ts'
import { estimateText, figureText, markdownTable } from '../../benchmarks/harness/report/words.ts'
import { TriremeError } from '../../core/errors.ts'
import { say } from '../display/print.ts'
import { inFull, latestOf, noteDoubt } from './records.ts'

export interface CompareOptions {
  readonly json?: boolean
}
export async function compareRecords(a: string, b: string, { json }: CompareOptions): Promise<void> {
  const [one, other] = [await latestOf(a), await latestOf(b)]
  noteDoubt(one)
  noteDoubt(other)
  const [record, second] = [inFull(one), inFull(other)]
  const compared = beside(record, second)
  if ('refusals' in compared)
    throw new TriremeError('INPUT', `These records cannot be compared:\n${compared.refusals.map(refusal => `  ${refusal}`).join('\n')}`)
  if (json) return say(JSON.stringify(compared, null, 1))
  const rows = compared.cells.map(each => [
    besideName(each, record),
    estimateText(each.a.wall),
    estimateText(each.b.wall),
    figureText(each.ratio),
    each.apart === undefined
      ? 'too few runs to say'
      : each.apart
        ? each.ratio > 1
          ? 'B takes longer'
          : 'B is faster'
        : 'no difference seen',
  ])
  say([`A: ${one.file}`, `B: ${other.file}`].join('\n'))
  say(`\n${markdownTable(['', 'A, s (95 %)', 'B, s (95 %)', 'B / A', ''], rows)}`)
  if (compared.machines.length > 0) say(`\nThe machines differ (A, B):\n${compared.machines.map(each => `- ${each}`).join('\n')}`)
  if (compared.warnings.length > 0) say(`\nWarnings:\n${compared.warnings.map(each => `- ${each}`).join('\n')}`)
}
