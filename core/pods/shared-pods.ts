import type { Chain } from '../graph/chains.ts'
import type { EachNode } from '../graph/node.ts'
import { bodyOf } from '../graph/walk.ts'
import { type ChainNode, stepsOf } from './chain-graph.ts'

/** One pod: chains of steps of one image, one chain after another. */
export interface Pod {
  readonly pieces: ChainNode[]
  readonly chains: Chain[]
  /** Pods and branchings that must be done before. */
  readonly before: Set<Pod | Branching>
  /** Longest path of pods that comes before. */
  level: number
  /** Names of its steps, and of those of all that comes before. */
  history: ReadonlySet<string>
}
/** An `each` over a list that is not there yet. */
export interface Branching {
  readonly each: EachNode
  readonly before: Set<Pod | Branching>
  level: number
  history: ReadonlySet<string>
}
export interface SharingRules {
  /** Steps that need different things of a machine never share a pod: its image, its GPUs. */
  readonly machine: (chain: Chain) => string
  /** False: every chain is a pod of its own. */
  readonly share: boolean
}
/** What is lost when a pod is lost, and what a retry runs again. */
const mostSteps = 12
/** A search that goes beyond it counts as "no": so the time stays linear in the number of steps. */
const farthest = 1000

/**
 * Which chains share a pod. A level of pods costs the controller seconds (ten by default), a step of samtools on a small file hundredths of
 * one; so a chain joins the pod of a chain that it takes something from, when
 *
 * 1. both run on the same machine: one image, the same GPUs;
 * 2. no two calls of one step are in a pod, and none then waits for another call of it: what may run at the same time over samples, lanes
 *    and parts still does;
 * 3. no long work is kept waiting: it is short itself, or all that takes something from that pod is short or waits for it anyway;
 * 4. no pod then waits for itself.
 *
 * A chain is short when every step of it needs one core and no GPU and declares no time limit: who says how many hours a step may take,
 * says that it may take hours. The pod starts when all that its chains take from others is there.
 * @param pieces each after what it needs
 */
export function podsOf(pieces: readonly ChainNode[], { machine, share }: SharingRules): readonly (Pod | Branching)[] {
  const made: (Pod | Branching)[] = []
  const home = new Map<ChainNode, Pod | Branching>()
  const followed = new Set<Pod | Branching>()
  const machines = new Map<Pod, string>()
  for (const piece of pieces) {
    const own = new Set([...piece.before].map(before => home.get(before)!))
    const { work } = piece
    if ('each' in work) {
      const names = bodyOf(work.each).flatMap(node => (node.kind === 'step' ? [node.step.name] : []))
      const branching: Branching = { each: work.each, before: own, level: above(own), history: historyOf(names, own) }
      home.set(piece, branching)
      made.push(branching)
    } else {
      const kind = machine(work)
      const candidates = share ? [...own].filter((pod): pod is Pod => isPod(pod) && machines.get(pod) === kind && fits(pod, work)) : []
      if (candidates.length > 1) candidates.sort((a, b) => b.level - a.level)
      const pod = candidates.find(pod => keepsApart(pod, own) && turnsUp(pod, own, followed) && delaysNobody(piece, pod))
      if (pod) {
        pod.pieces.push(piece)
        pod.chains.push(work)
        own.delete(pod)
        for (const before of own) pod.before.add(before)
        pod.level = Math.max(pod.level, above(own))
        pod.history = historyOf([...pod.history, ...namesOf(work)], own)
        home.set(piece, pod)
      } else {
        const fresh: Pod = { pieces: [piece], chains: [work], before: own, level: above(own), history: historyOf(namesOf(work), own) }
        machines.set(fresh, kind)
        home.set(piece, fresh)
        made.push(fresh)
      }
    }
    for (const before of own) followed.add(before)
  }
  return inDependencyOrder(made)
}
export const isPod = (it: Pod | Branching): it is Pod => 'chains' in it
function above(before: ReadonlySet<Pod | Branching>): number {
  let highest = -1
  for (const { level } of before) highest = Math.max(highest, level)
  return highest + 1
}
function fits(pod: Pod, { members }: Chain): boolean {
  let count = members.length
  for (const chain of pod.chains) {
    count += chain.members.length
    for (const { step } of chain.members) if (members.some(own => own.step.name === step.name)) return false
  }
  return count <= mostSteps
}
const namesOf = ({ members }: Chain) => members.map(({ step }) => step.name)
/** Of more names than that a set is not kept: such a pod is then joined to nothing new. */
const mostNames = 300
const everything: ReadonlySet<string> = new Set(['*'])
function historyOf(own: readonly string[], before: ReadonlySet<Pod | Branching>): ReadonlySet<string> {
  const histories = new Set<ReadonlySet<string>>()
  for (const { history } of before) histories.add(history)
  // Most often nothing is new: then one set serves all.
  const [only] = histories
  if (only && histories.size === 1 && own.every(name => only.has(name))) return only
  const names = new Set(own)
  for (const history of histories) for (const name of history) names.add(name)
  return names.size > mostNames ? everything : names
}
/** What the pod would then wait for in addition has no call of its own steps behind it: lanes of one sample stay side by side. */
function keepsApart(pod: Pod, before: ReadonlySet<Pod | Branching>): boolean {
  const names = pod.chains.flatMap(namesOf)
  return [...before].every(
    other => other === pod || pod.before.has(other) || (other.history !== everything && !names.some(name => other.history.has(name))),
  )
}
/** Nothing that the chain waits for comes after the pod. A pod that nothing waits for yet may begin later; another must not. */
const turnsUp = (pod: Pod, before: ReadonlySet<Pod | Branching>, followed: ReadonlySet<Pod | Branching>): boolean =>
  !followed.has(pod) || [...before].every(other => other === pod || other.level < pod.level)

function delaysNobody(piece: ChainNode, pod: Pod): boolean {
  if (isShort(piece)) return true
  const others = pod.pieces.flatMap(own => [...own.after]).filter(other => other !== piece && !pod.pieces.includes(other))
  if (others.length === 0) return true
  const later = whatFollows(piece)
  return others.every(other => later.has(other) || (isShort(other) && [...other.after].every(next => later.has(next))))
}
export const isShort = (piece: ChainNode): boolean =>
  stepsOf(piece).length > 0 && stepsOf(piece).every(({ needs }) => needs.cpu <= 1 && needs.time === undefined && needs.gpu === undefined)

function whatFollows(piece: ChainNode): ReadonlySet<ChainNode> {
  const seen = new Set<ChainNode>()
  const open = [...piece.after]
  for (let n = 0; n < open.length && seen.size < farthest; n++) {
    if (seen.has(open[n]!)) continue
    seen.add(open[n]!)
    open.push(...open[n]!.after)
  }
  return seen
}
/** Each after what it needs: one that was joined to may by now need something that came later. */
function inDependencyOrder(all: readonly (Pod | Branching)[]): readonly (Pod | Branching)[] {
  const order: (Pod | Branching)[] = []
  const done = new Set<Pod | Branching>()
  const late = new Map<Pod | Branching, (Pod | Branching)[]>()
  const settle = (first: Pod | Branching) => {
    const open = [first]
    for (let it = open.pop(); it; it = open.pop()) {
      const missing = firstOf(it.before, before => !done.has(before))
      if (missing) {
        late.set(missing, [...(late.get(missing) ?? []), it])
        continue
      }
      done.add(it)
      order.push(it)
      const waiting = late.get(it)
      if (!waiting) continue
      open.push(...waiting.reverse())
      late.delete(it)
    }
  }
  for (const it of all) settle(it)
  return order
}
function firstOf<T>(all: Iterable<T>, is: (one: T) => boolean): T | undefined {
  for (const one of all) if (is(one)) return one
  return undefined
}
