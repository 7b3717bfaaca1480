import library from 'jstat'
import { generator } from '../random.ts'
import type { Estimate } from '../statistics.ts'
import { centre, chanceAbove } from './signed-rank.ts'

// When two builds differ. Rounds are searched for a slow-down, and what is found must be found again in fresh rounds. Figures: docs/decisions/0085-the-gate.md.

const { jStat } = library
const resources = ['wall', 'cpu'] as const
export type Timed = (typeof resources)[number]
/** How many times as long the later build took as the earlier, in one round. */
export type Ratios = Readonly<Record<Timed, number>>

export interface Rule {
  /** Rounds, those of the confirmation included. */
  readonly most: number
  /** The smallest slow-down that is worth an alarm, as a share. Builds of the same code differ by up to two per cent, for where in memory their parts happen to lie. */
  readonly least: number
}
/** With fewer, the third of them that is looked at first could not raise suspicion. */
export const fewestRounds = 18
export const usual: Rule = { most: 30, least: 0.03 }

export interface Verdict {
  /** Suspected in the search, and confirmed: the alarm. */
  readonly slower: readonly Timed[]
  readonly suspected: readonly Timed[]
  readonly search: readonly Ratios[]
  /** None where nothing was suspected. */
  readonly confirmation: readonly Ratios[]
}
const logsOf = (rounds: readonly Ratios[], of: Timed) => rounds.map(round => Math.log(round[of]))

/** One look costs a third of the 5 %, since there are up to three; the confirmation is one look of 5 %. Both together, for both resources: at most 2 · 0.05 · 0.05 = 0.5 %. */
const [searching, confirming] = [0.05, 0.05]
export async function judge({ most, least }: Rule, next: () => Ratios | Promise<Ratios>): Promise<Verdict> {
  const worth = Math.log(1 + least)
  const slowerIn = (rounds: readonly Ratios[], among: readonly Timed[], chance: number) =>
    among.filter(of => centre(logsOf(rounds, of)).value >= worth && chanceAbove(logsOf(rounds, of)) <= chance)
  const [search, confirmation]: [Ratios[], Ratios[]] = [[], []]
  const looks = [1 / 3, 1 / 2, 2 / 3].map(share => Math.round(share * most))
  let suspected: readonly Timed[] = []
  for (const look of looks) {
    while (search.length < look) search.push(await next())
    suspected = slowerIn(search, resources, searching / looks.length)
    if (suspected.length > 0 || resources.every(of => centre(logsOf(search, of)).high! < worth)) break
  }
  if (suspected.length > 0) while (confirmation.length < most - looks.at(-1)!) confirmation.push(await next())
  return { slower: slowerIn(confirmation, suspected, confirming), suspected, search, confirmation }
}
/** What a verdict rests on: fresh rounds where there are some, since those that raised the suspicion make it seem larger than it is. */
export function ratioOf({ search, confirmation }: Verdict, of: Timed): Estimate {
  const { value, low, high } = centre(logsOf(confirmation.length > 0 ? confirmation : search, of))
  return { value: Math.exp(value), ...(low !== undefined && high !== undefined && { low: Math.exp(low), high: Math.exp(high) }) }
}
/**
 * The smallest slow-down, as a share, that would have raised the alarm nine times in ten: found by letting the rule judge simulated rounds, whose ratios are log-normal and
 * spread as the measured ones did. Undefined where not even twice the time would have.
 */
export async function smallestSeen(rule: Rule, { search, confirmation }: Verdict, of: Timed): Promise<number | undefined> {
  const spread = jStat.stdev(logsOf([...search, ...confirmation], of), true)
  const isSeen = async (slower: number): Promise<boolean> => {
    const random = generator(1)
    const next = (): Ratios => ({ wall: (1 + slower) * Math.exp(jStat.normal.inv(1 - random(), 0, spread)), cpu: 1 })
    let missed = 0
    for (let n = 0; n < 200 && missed <= 20; n++) if ((await judge(rule, next)).slower.length === 0) missed++
    return missed <= 20
  }
  if (!(await isSeen(1))) return undefined
  let [missed, seen] = [0, 1]
  while (seen - missed > 0.002) {
    const middle = (missed + seen) / 2
    if (await isSeen(middle)) seen = middle
    else missed = middle
  }
  return seen
}
