import { type EachNode, type Given, isList, isRef, type Node, type Ref, refsIn, refTo, type StepNode } from './node.ts'

/** What must exist before the node can run: its inputs, and the conditions set on them. */
export function upstream(node: Node): readonly Node[] {
  if (node.kind === 'step') {
    const nodes: Node[] = []
    for (const given of Object.values(node.inputs)) addNodes(given, nodes)
    return nodes
  }
  if (node.kind === 'each') return [...nodesOf([node.list]), ...outside(node)]
  if (node.kind === 'item') return nodesOf([node.list])
  return []
}
/** The nodes that make the refs and their conditions. */
export const nodesOf = (refs: readonly Ref[]): readonly Node[] => {
  const nodes: Node[] = []
  for (const ref of refs) addNodes(ref, nodes)
  return nodes
}
function addNodes(given: Given, nodes: Node[]): void {
  if (isRef(given)) {
    nodes.push(given.node)
    if (given.conditions) for (const ref of given.conditions) addNodes(ref, nodes)
  } else for (const ref of refsIn(given)) addNodes(ref, nodes)
}
/** Every node once, each after what it needs, without those to skip; iterative, so that a chain may be longer than the call stack. */
export function inOrder(roots: readonly Node[], skip: (node: Node) => boolean = () => false): readonly Node[] {
  const done = new Set<Node>()
  const open = new Set<Node>()
  for (const root of roots) {
    if (done.has(root)) continue
    const stack: Node[] = [root]
    while (stack.length > 0) {
      const node = stack.at(-1)!
      if (done.has(node) || skip(node)) stack.pop()
      else if (open.has(node)) {
        done.add(node)
        open.delete(node)
        stack.pop()
      } else {
        open.add(node)
        const before = upstream(node)
        for (let n = before.length - 1; n >= 0; n--) if (!done.has(before[n]!)) stack.push(before[n]!)
      }
    }
  }
  return [...done]
}
const bodies = new WeakMap<EachNode, readonly Node[]>()
/** The nodes inside an `each`, in order: those that depend on its item. */
export function bodyOf(each: EachNode): readonly Node[] {
  const known = bodies.get(each)
  if (known) return known
  const inside = new Set<Node>([each.item])
  const all = inOrder(nodesOf(Object.values(each.body)), node => node === each.item)
  for (const node of all) if (upstream(node).some(before => inside.has(before))) inside.add(node)
  inside.delete(each.item)
  const body = [...inside]
  bodies.set(each, body)
  return body
}
/** What the body of an `each` needs from outside it. */
export function outside(each: EachNode): readonly Node[] {
  const inside = new Set(bodyOf(each))
  const roots = nodesOf(Object.values(each.body))
  return [...[...inside].flatMap(upstream), ...roots].filter(node => !inside.has(node) && node !== each.item)
}
/** The body of an `each` for one file of its list. */
export interface Branch {
  readonly results: Readonly<Record<string, Ref>>
  /** The copied nodes; what does not depend on the item is shared with all branches. */
  readonly nodes: readonly Node[]
}
export function branchOf(each: EachNode, name: string): Branch {
  const copies = new Map<Node, Node>([[each.item, { ...each.item, name }]])
  const nodes = bodyOf(each).map(node => {
    const copy = copied(node, copies, `[${name}]`)
    copies.set(node, copy)
    return copy
  })
  return { results: mapRecord(each.body, ref => movedRef(ref, copies)), nodes }
}
/** The same file of the copy of its node. */
export function movedRef(ref: Ref, copies: ReadonlyMap<Node, Node>): Ref {
  const conditions = ref.conditions?.map(each => movedRef(each, copies))
  return refTo(ref.kind, copies.get(ref.node) ?? ref.node, ref.port, conditions)
}
export const mapRecord = (refs: Readonly<Record<string, Ref>>, to: (ref: Ref) => Ref) =>
  Object.fromEntries(Object.entries(refs).map(([name, ref]) => [name, to(ref)]))
export const mapGiven = (given: Given, to: (ref: Ref) => Ref): Given =>
  isRef(given) ? to(given) : isList(given) ? given.map(to) : mapRecord(given, to)
/** @param mark added to the tags of steps, also of those that are copied once more by an `each` inside: `upper[1.txt][2.txt]` */
function copied(node: Node, outer: ReadonlyMap<Node, Node>, mark: string): Node {
  const to = (ref: Ref) => movedRef(ref, outer)
  if (node.kind === 'step') {
    const inputs = Object.entries(node.inputs).map(([slot, given]) => [slot, mapGiven(given, to)])
    return { ...node, inputs: Object.fromEntries(inputs), tag: `${node.tag ?? ''}${mark}` }
  }
  if (node.kind !== 'each') return node
  const list = to(node.list)
  const item = { ...node.item, list }
  const copies = new Map<Node, Node>([...outer, [node.item, item]])
  for (const inner of bodyOf(node)) copies.set(inner, copied(inner, copies, mark))
  return { ...node, list, item, body: mapRecord(node.body, ref => movedRef(ref, copies)) }
}
/** The nodes in the bodies of all `each` of a plan: they exist only once the list is written. */
export const nodesInBodies = (nodes: readonly Node[]): ReadonlySet<Node> =>
  new Set(nodes.flatMap(node => (node.kind === 'each' ? bodyOf(node) : [])))
/** A plan's nodes but for the bodies of `each`. */
export function outerNodes(nodes: readonly Node[]): readonly Node[] {
  const inside = nodesInBodies(nodes)
  return inside.size === 0 ? nodes : nodes.filter(node => !inside.has(node))
}
/** Steps by key, in order; of equal calls the last one. */
export const stepsByKey = (nodes: readonly Node[], keys: { of(node: Node): string }): ReadonlyMap<string, StepNode> => {
  const steps = new Map<string, StepNode>()
  for (const node of nodes) if (node.kind === 'step') steps.set(keys.of(node), node)
  return steps
}
