import { median } from '../statistics.ts'
import type { Gated } from './gate.ts'
import { type Rule, ratioOf, smallestSeen, type Timed } from './rule.ts'

const words: Readonly<Record<Timed, string>> = { wall: 'wall time', cpu: 'CPU time' }
const percent = (share: number) => `${Number((100 * share).toPrecision(2))} %`
const times = ({ value, low = value, high = value }: ReturnType<typeof ratioOf>) =>
  `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`

/** What a gate found, in Markdown, and as one line for a log. */
export interface Report {
  readonly alarm: boolean
  readonly text: string
  readonly line: string
}
/** @param what the comparison and its arm */
export async function report(what: string, gated: Gated, rule: Rule, [base, head]: readonly [string, string]): Promise<Report> {
  const { verdict, different } = gated
  const title = `### ${what}: ${head} beside ${base}`
  if (verdict === undefined) {
    const line = `gate ${what}: the two do different work, so nothing is said of speed. ${different[0]}`
    return { alarm: false, text: [title, '', ...different.map(each => `- ${each}`), '', line].join('\n'), line }
  }
  const { slower, suspected, search, confirmation } = verdict
  const rows = await Promise.all(
    (['wall', 'cpu'] as const).map(async of => {
      const [a, b] = [gated.base, gated.head].map(runs => `${median(runs.map(run => run[of])).toFixed(2)} s`)
      const smallest = await smallestSeen(rule, verdict, of)
      return { of, ratio: ratioOf(verdict, of), a, b, smallest: smallest === undefined ? 'not even 100 %' : percent(smallest) }
    }),
  )
  const table = [
    '| median | BASE | HEAD | HEAD / BASE, interval of 95 % | smallest slow-down that would have been seen |',
    '|---|---:|---:|---:|---:|',
    ...rows.map(({ of, a, b, ratio, smallest }) => `| ${words[of]} | ${a} | ${b} | ${times(ratio)} | ${smallest} |`),
  ]
  const rounds =
    confirmation.length === 0
      ? `${search.length} rounds.`
      : `${search.length} rounds of search, and ${confirmation.length} fresh ones, from which the ratios are.`
  const unconfirmed = suspected
    .filter(of => !slower.includes(of))
    .map(of => `The ${words[of]} seemed longer in the search; fresh rounds did not show it.`)
  const line =
    slower.length > 0
      ? `gate ${what}: SLOWER. ${rows
          .filter(({ of }) => slower.includes(of))
          .map(({ of, ratio }) => `HEAD takes ${times(ratio)} times the ${words[of]} of BASE`)
          .join(', ')}, confirmed by fresh rounds.`
      : `gate ${what}: no slow-down of ${percent(rule.least)} or more. ${rows
          .map(({ of, ratio, smallest }) => `${words[of]} ${times(ratio)}, ${smallest} would have been seen`)
          .join('; ')}.`
  return { alarm: slower.length > 0, text: [title, '', ...table, '', [rounds, ...unconfirmed].join(' '), '', line].join('\n'), line }
}
