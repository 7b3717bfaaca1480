import { rung } from '../vocabulary/quantity.ts'
import { type Chain, chainsOf, type Joins } from './chains.ts'
import { refsFromOutside } from './jobs.ts'
import type { Keys } from './key.ts'
import { type Ref, refsIn, type StepNode } from './node.ts'
import type { Plan } from './plan.ts'
import { bodyOf, outerNodes, stepsByKey } from './walk.ts'

/**
 * The chains that a run of the plan would join by pipes: those of the steps that will run, and those within the body of each `each`.
 * @param runs whether a step outside any `each` will run
 * @param at the most memory that a chain may ask for, in bytes, and which steps may be joined
 */
export function plannedChains(
  plan: Plan,
  keys: Keys,
  runs: (key: string) => boolean,
  at: { readonly memory?: number; readonly joins?: Joins } = {},
): readonly Chain[] {
  const { memory = Number.POSITIVE_INFINITY, joins } = at
  const eaches = plan.nodes.filter(node => node.kind === 'each')
  const outer = outerNodes(plan.nodes)
  const outerSteps = [...stepsByKey(outer, keys).values()].filter(node => runs(keys.of(node)))
  const wanted = [...Object.values(plan.results).flatMap(refsIn), ...outer.filter(node => node.kind === 'each').flatMap(refsFromOutside)]
  const joined = (steps: readonly StepNode[], wanted: readonly Ref[]) => {
    const kept = new Set(wanted.map(ref => keys.ofRef(ref)))
    const memoryOf = ({ needs }: StepNode) => rung(needs.memory, 0)
    return chainsOf(steps, keys, { kept: (key, port) => kept.has(`${key}#${port}`), memory, memoryOf, ...(joins && { joins }) }).filter(
      chain => chain.links.length > 0,
    )
  }
  const bodies = eaches.flatMap(each => {
    const inner = bodyOf(each).flatMap(node => (node.kind === 'each' ? refsFromOutside(node) : []))
    return joined([...stepsByKey(bodyOf(each), keys).values()], [...Object.values(each.body), ...inner])
  })
  return [...joined(outerSteps, wanted), ...bodies]
}
