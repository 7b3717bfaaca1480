import { partsOf } from '../vocabulary/kind.ts'
import type { Keys } from './key.ts'
import { isRef, type Node, type Ref, type StepNode, type StepShape } from './node.ts'
import { nodesOf, upstream } from './walk.ts'

/** Steps that run at the same time as one group, each reading what the one before writes. */
export interface Chain {
  readonly members: readonly StepNode[]
  /** The streams between them: `links[n]` joins member n to member n + 1. */
  readonly links: readonly Link[]
}
export interface Link {
  readonly port: string
  readonly slot: string
  /** Other steps, or the plan's results, need the file too, so it is also written. */
  readonly tee: boolean
}
/** Whether two steps may run in one place, so that a pipe can join them. */
export type Joins = (writer: StepNode, reader: StepNode) => boolean
/** On one machine, whose programs all see the same files. */
export const anyTwo: Joins = () => true
/** In containers, each of which has one image: the images of both steps must have the same reference, whatever their names. */
export function ofOneImage(image: (name: string) => string): Joins {
  const known = new Map<string, string>()
  const reference = (name: string) => {
    const found = known.get(name) ?? image(name)
    known.set(name, found)
    return found
  }
  return ({ step: writer }, { step: reader }) => writer.image === reader.image || reference(writer.image) === reference(reader.image)
}
export interface Streaming {
  /** Whether the file that a step makes at a port is wanted as a file: as a result, or by steps that come later. */
  readonly kept: (key: string, port: string) => boolean
  /** Most memory that a group may ask for, in bytes. */
  readonly memory: number
  readonly memoryOf: (node: StepNode) => number
  /** @default all may be joined */
  readonly joins?: Joins
}
/**
 * Joins steps whose two ends both say `streams`: the producer has that one output, a plain file; the consumer reads one stream; and no
 * other input of the consumer depends on the chain itself. Greedy along the plan's order, so the same plan gives the same chains.
 * @param nodes steps that will run, each after what it needs
 */
export function chainsOf(nodes: readonly StepNode[], keys: Keys, at: Streaming): readonly Chain[] {
  const index = new Map(nodes.map((node, n) => [keys.of(node), n]))
  const users = consumers(nodes, keys)
  const next = new Map<string, { to: string; link: Link }>()
  const head = new Map<string, string>() // key → key of the first member of its chain
  const size = new Map<string, { memory: number; members: Set<string> }>()
  for (const node of nodes) {
    const key = keys.of(node)
    head.set(key, key)
    size.set(key, { memory: at.memoryOf(node), members: new Set([key]) })
    for (const slot of node.step.streams) {
      const given = node.inputs[slot]
      if (!given || !isRef(given) || given.node.kind !== 'step') continue
      const from = keys.of(given.node)
      if (!index.has(from) || next.has(from) || !writesStream(given.node, given.port)) continue
      if (at.joins?.(given.node, node) === false) continue
      const chain = size.get(head.get(from)!)!
      if (chain.memory + at.memoryOf(node) > at.memory || waitsFor(node, given, chain.members, index, keys)) continue
      const tee = at.kept(from, given.port) || users.get(`${from}#${given.port}`)!.size > 1
      next.set(from, { to: key, link: { port: given.port, slot, tee } })
      head.set(key, head.get(from)!)
      chain.memory += at.memoryOf(node)
      chain.members.add(key)
      break
    }
  }
  return nodes.flatMap(node => {
    const key = keys.of(node)
    if (head.get(key) !== key) return []
    const [members, links]: [StepNode[], Link[]] = [[node], []]
    for (let step = next.get(key); step; step = next.get(step.to)) {
      members.push(nodes[index.get(step.to)!]!)
      links.push(step.link)
    }
    return [{ members, links }]
  })
}
/** The output that a step of a chain writes for the next one: it has no other. */
export const streamOf = ({ outputs }: StepShape): string => Object.keys(outputs)[0]!
const writesStream = ({ step }: StepNode, port: string): boolean => {
  const kind = step.outputs[port]!
  const plain = 'facts' in kind && kind.companions.length === 0 && partsOf(kind) === undefined
  return plain && step.streams.includes(port) && Object.keys(step.outputs).length === 1
}
/** Whether another input or condition of a step depends on a member of the chain: the chain would then wait for itself. */
function waitsFor(node: StepNode, streamed: Ref, members: ReadonlySet<string>, index: ReadonlyMap<string, number>, keys: Keys): boolean {
  const first = Math.min(...[...members].map(key => index.get(key)!))
  const others = Object.values(node.inputs).flatMap(given =>
    given === streamed ? nodesOf(streamed.conditions ?? []) : nodesOf(isRef(given) ? [given] : Object.values(given)),
  )
  const seen = new Set<Node>()
  const stack: Node[] = [...others]
  for (let at = stack.pop(); at; at = stack.pop()) {
    if (seen.has(at)) continue
    seen.add(at)
    const key = keys.of(at)
    if (members.has(key)) return true
    if (at.kind !== 'step' || (index.get(key) ?? -1) > first) stack.push(...upstream(at))
  }
  return false
}
/** Which steps read a port: `key#port` → keys of steps. */
function consumers(nodes: readonly StepNode[], keys: Keys): ReadonlyMap<string, ReadonlySet<string>> {
  const users = new Map<string, Set<string>>()
  for (const node of nodes)
    for (const given of Object.values(node.inputs))
      for (const ref of isRef(given) ? [given] : Object.values(given)) {
        const port = keys.ofRef(ref)
        users.set(port, (users.get(port) ?? new Set()).add(keys.of(node)))
      }
  return users
}
