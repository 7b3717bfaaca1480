import { differingOutputs } from '../derive/outputs.ts'
import { generator, shuffled } from '../random.ts'
import type { Run } from '../record.ts'
import { judge, type Ratios, type Rule, type Verdict } from './rule.ts'

/** One of the two builds that are compared. */
export interface Side {
  /** Branch and commit, in words. */
  readonly name: string
  /** Does the work once. */
  readonly run: (round: number, warmup: boolean) => Promise<Run>
}
export interface Gated {
  readonly base: readonly Run[]
  readonly head: readonly Run[]
  /** Outputs that are not the same on both sides, in words: then the two do different work, and nothing is said of speed. */
  readonly different: readonly string[]
  readonly verdict: Verdict | undefined
}
/** GNU time tells CPU in hundredths of a second. */
const smallestTime = 0.01
const ratio = (base: number, head: number) => Math.max(head, smallestTime) / Math.max(base, smallestTime)

class Different extends Error {}
/** Both builds in turn, each round in an order that is drawn, until the rule has judged. The first run of either does not count. */
export async function gate(
  sides: readonly [base: Side, head: Side],
  rule: Rule,
  { seed, tolerance, log }: { readonly seed: number; readonly tolerance: number; readonly log: (line: string) => void },
): Promise<Gated> {
  const random = generator(seed)
  const [base, head] = sides
  const runs = new Map<Side, Run[]>(sides.map(side => [side, []]))
  let different: readonly string[] = []
  const round = async (number: number, warmup: boolean): Promise<readonly [Run, Run]> => {
    for (const side of shuffled(sides, random)) runs.get(side)!.push(await side.run(number, warmup))
    different = differences(runs, tolerance)
    if (different.length > 0) throw new Different()
    return [runs.get(base)!.at(-1)!, runs.get(head)!.at(-1)!]
  }
  const next = async (): Promise<Ratios> => {
    const [a, b] = await round(runs.get(base)!.length, false)
    log(
      `${a.round}/${rule.most} at most: wall ${a.wall.toFixed(2)} and ${b.wall.toFixed(2)} s, CPU ${a.cpu.toFixed(2)} and ${b.cpu.toFixed(2)} s`,
    )
    return { wall: ratio(a.wall, b.wall), cpu: ratio(a.cpu, b.cpu) }
  }
  let verdict: Verdict | undefined
  try {
    await round(0, true)
    verdict = await judge(rule, next)
  } catch (cause) {
    if (!(cause instanceof Different)) throw cause
  }
  const counted = (side: Side) => runs.get(side)!.filter(run => !run.warmup)
  return { base: counted(base), head: counted(head), different, verdict }
}
function differences(runs: ReadonlyMap<Side, readonly Run[]>, tolerance: number): readonly string[] {
  const named = [...runs].flatMap(([side, own], n) => own.map(run => ({ ...run, arm: `${n === 0 ? 'BASE' : 'HEAD'}, ${side.name}` })))
  const names = [...new Set(named.map(({ arm }) => arm))]
  return differingOutputs({ arms: {}, outputs: { tolerance, equal: [names] } }, named)
}
