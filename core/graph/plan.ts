import { PlanError } from '../errors.ts'
import { type Given, type Node, refsIn } from './node.ts'
import { bodyOf, inOrder, nodesOf, outside } from './walk.ts'

/** A graph, pure data: what a target runs, compiles or prints. */
export interface Plan<O extends Results = Results> {
  readonly name: string
  readonly results: O
  /** Every node that a result needs, each after what it needs; bodies of `each` come just before it. */
  readonly nodes: readonly Node[]
}
/**
 * Names a graph so that a target can run or compile it: `plan('germline', germline({ … }))`.
 * The pipeline was already called, so its arguments are checked; a step whose outputs no result needs is no part of the plan.
 * @throws PlanError `WIRING` when the item of an `each` is used outside its body
 */
export function plan<const O extends Results>(name: string, results: O): Plan<O> {
  const nodes = new Set<Node>()
  for (const node of inOrder(nodesOf(Object.values(results).flatMap(refsIn)))) addNode(node, nodes)
  const items = new Set<Node>([...nodes].flatMap(node => (node.kind === 'each' ? [node.item] : [])))
  for (const node of nodes)
    if (node.kind === 'item' && !items.has(node))
      throw new PlanError('WIRING', 'The item of an each is used outside its body. Return what you need from the body.')
  return { name, results, nodes: [...nodes].filter(node => node.kind !== 'item') }
}
function addNode(node: Node, nodes: Set<Node>): void {
  if (node.kind === 'each') {
    for (const before of inOrder(outside(node))) addNode(before, nodes)
    for (const inner of bodyOf(node)) addNode(inner, nodes)
  }
  nodes.add(node)
}
/** Results by name: each is a file, a list of files, or files by name. */
export type Results = Readonly<Record<string, Given>>
