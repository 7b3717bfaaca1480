import type { Chain } from '../graph/chains.ts'
import type { Keys } from '../graph/key.ts'
import type { EachNode, Node, StepNode } from '../graph/node.ts'
import { outside, upstream } from '../graph/walk.ts'

/** A chain of steps, or the branching of an `each`: it starts as a whole. */
export interface ChainNode {
  readonly work: Chain | { readonly each: EachNode }
  /** Those that must be done before, and those that wait for this one. */
  readonly before: Set<ChainNode>
  readonly after: Set<ChainNode>
}
export const stepsOf = ({ work }: ChainNode): readonly StepNode[] => ('each' in work ? [] : work.members)

/** Chains and branchings as a graph. @returns each after what it needs */
export function piecesOf(chains: readonly Chain[], eaches: readonly EachNode[], keys: Keys): readonly ChainNode[] {
  const pieces: ChainNode[] = []
  const byKey = new Map<string, ChainNode>()
  for (const work of [...chains, ...eaches.map(each => ({ each }))]) {
    const piece: ChainNode = { work, before: new Set(), after: new Set() }
    pieces.push(piece)
    for (const node of 'each' in work ? [work.each] : work.members) byKey.set(keys.of(node), piece)
  }
  for (const piece of pieces)
    for (const node of neededNodes(piece)) {
      if (node.kind === 'source') continue
      const maker = byKey.get(keys.of(node))
      if (!maker || maker === piece) continue
      piece.before.add(maker)
      maker.after.add(piece)
    }
  return sortedChains(pieces)
}
function neededNodes({ work }: ChainNode): readonly Node[] {
  const nodes =
    'each' in work
      ? [...upstream(work.each), ...outside(work.each)]
      : work.members.length === 1
        ? upstream(work.members[0]!)
        : work.members.flatMap(upstream)
  return nodes.some(node => node.kind === 'item') ? nodes.map(node => (node.kind === 'item' ? node.list.node : node)) : nodes
}
/** Each after what it needs, otherwise as given; iterative, so that a chain may be longer than the call stack. */
function sortedChains(pieces: readonly ChainNode[]): readonly ChainNode[] {
  const state = new Map<ChainNode, 'open' | 'done'>()
  const order: ChainNode[] = []
  for (const root of pieces) {
    if (state.has(root)) continue
    const stack = [root]
    while (stack.length > 0) {
      const piece = stack.at(-1)!
      const seen = state.get(piece)
      if (seen) {
        stack.pop()
        if (seen === 'open') order.push(piece)
        state.set(piece, 'done')
        continue
      }
      state.set(piece, 'open')
      for (const before of [...piece.before].reverse()) if (!state.has(before)) stack.push(before)
    }
  }
  return order
}
