import path from 'node:path'
import { TriremeError } from '../errors.ts'
import { refsFromOutside } from '../graph/jobs.ts'
import type { Keys } from '../graph/key.ts'
import { mayBeLeftOut } from '../graph/left-out.ts'
import { after, type EachNode, type Given, isList, isRef, type Node, type Ref, refsIn, refTo, type StepNode } from '../graph/node.ts'
import type { Plan } from '../graph/plan.ts'
import { type Branch, bodyOf, branchOf, mapGiven, mapRecord, movedRef, nodesOf, outerNodes, upstream } from '../graph/walk.ts'
import type { StepRecord } from '../store/record.ts'
import { fileOf } from '../vocabulary/kind.ts'

/** What is left to do of a plan: steps whose entries the bucket holds are pruned, and an `each` whose list is there has become plain steps. */
export interface Needed {
  /** One for each key, each after what it needs. */
  readonly steps: readonly StepNode[]
  /** Each `each` whose list is not there yet. */
  readonly eaches: readonly EachNode[]
  /** What can only be told once more lists are there: an `each` within such an `each`, and all that needs it. */
  readonly later: readonly (StepNode | EachNode)[]
  /** Knows the keys of steps whose inputs were rewritten. */
  readonly keys: Keys
  /** Files that must be there in the end: results, what branches gather, and what bodies read from outside. */
  readonly wanted: readonly Ref[]
  /** Place of an item's file in a list that is there, from 1. */
  readonly numberOf: (list: Ref, name: string) => number
}
export function neededOf(plan: Plan, keys: Keys, there: There): Needed {
  const at = new Expansion(keys, there)
  at.take(outerNodes(plan.nodes))
  return at.demand(Object.values(plan.results).flatMap(refsIn))
}
/**
 * Whether the steps of an `each` are known but for their items. Those of one over what another gathers, or with another within, are known
 * when the lists before are there.
 */
function isOfOneLevel(each: EachNode): boolean {
  const body = bodyOf(each)
  const made = Object.values(each.body).every(({ node }) => body.includes(node))
  return each.list.node.kind === 'step' && made && body.every(({ kind }) => kind === 'step')
}
class Expansion {
  readonly #keys: Keys
  readonly #there: There
  readonly #order: (StepNode | EachNode)[] = []
  /** By each whose list is there. */
  readonly #branches = new Map<Node, readonly Branch[]>()
  /** Keys of steps known to be skipped, for an input that was left out. */
  readonly #absent = new Set<string>()
  /** What a rewritten node stands for: its key and its recipe are those of the plan's. */
  readonly #originals = new Map<Node, Node>()
  readonly #known: Keys
  constructor(keys: Keys, there: There) {
    this.#keys = keys
    this.#there = there
    const original = (node: Node) => this.#originals.get(node) ?? node
    const of = (node: Node) => keys.of(original(node))
    this.#known = { of, ofRef: ref => `${of(ref.node)}#${ref.port}`, recipe: node => keys.recipe(original(node)) }
  }
  take(nodes: readonly Node[]): void {
    for (const node of nodes) {
      if (node.kind === 'step') this.#takeStep(node)
      if (node.kind !== 'each') continue
      const names = this.#names(node.list)
      const branches = names?.map(name => branchOf(node, name))
      if (branches) this.#branches.set(node, branches)
      else this.#order.push(this.#takeEach(node))
      for (const branch of branches ?? []) this.take(branch.nodes)
    }
  }
  #takeStep(node: StepNode): void {
    const key = this.#keys.of(node)
    if (this.#branches.size === 0 && this.#there.size === 0) {
      this.#order.push(node) // nothing to rewrite, and nothing is known to be left out
      return
    }
    const own = this.#rewritten(node, given => this.#flat(given))
    if (!this.#there.has(key) && Object.values(own.inputs).some(given => !isList(given) && refsIn(given).some(ref => this.#isAbsent(ref))))
      this.#absent.add(key)
    this.#order.push(own)
  }
  /** The body of an `each` reads what is known like any other step. */
  #takeEach(each: EachNode): EachNode {
    if (this.#branches.size === 0 || !isOfOneLevel(each)) return each
    const copies = new Map<Node, Node>()
    const moved = (ref: Ref) => movedRef(ref, copies)
    for (const node of bodyOf(each))
      if (node.kind === 'step')
        copies.set(
          node,
          this.#rewritten(node, given => mapGiven(this.#flat(given), moved)),
        )
    const own = { ...each, body: mapRecord(each.body, moved) }
    this.#originals.set(own, each)
    return own
  }
  #rewritten(node: StepNode, to: (given: Given) => Given): StepNode {
    const own = { ...node, inputs: Object.fromEntries(Object.entries(node.inputs).map(([slot, given]) => [slot, to(given)])) }
    this.#originals.set(own, node)
    return own
  }
  /** Names of a list's items, in their order; undefined while the list is not there. */
  #names(list: Ref): readonly string[] | undefined {
    const { node, port } = list
    if (node.kind === 'each') return this.#gathered(list)?.map((_, n) => itemNumber(n + 1))
    const record = this.#there.get(this.#keys.of(node))
    const { extension } = fileOf(list.kind)
    return record?.outputs[port]?.flatMap(({ name }) => (name.endsWith(extension) ? [path.basename(name)] : []))
  }
  /** What branches gather; undefined while it is not known what some of them leave out. */
  #gathered({ node, port }: Ref): readonly Ref[] | undefined {
    const results = this.#branches.get(node)?.map(({ results }) => this.#one(results[port]!))
    const isCertain = (ref: Ref) => this.#there.has(this.#known.of(ref.node)) || !mayBeLeftOut(ref) || this.#isAbsent(ref)
    return results?.every(isCertain) ? results.filter(ref => !this.#isAbsent(ref)) : undefined
  }
  /** Inputs as files of steps: the gathering of branches that are known is the list of what they make. */
  #flat(given: Given): Given {
    if (isRef(given)) {
      const branches = this.#branches.get(given.node)
      if (!branches) return this.#one(given)
      const conditions = this.#conditions(given)
      return branches.map(({ results }) => after(this.#one(results[given.port]!), ...conditions)).filter(ref => !this.#isAbsent(ref))
    }
    if (isList(given)) return (given as readonly Ref[]).map(ref => this.#one(ref)).filter(ref => !this.#isAbsent(ref)) // a list in a slot holds refs
    return mapRecord(given, ref => this.#one(ref))
  }
  /** An item of gathered results is the result of that branch. */
  #one(ref: Ref): Ref {
    const { node, kind, port, conditions } = ref
    if (node.kind !== 'item' || node.name === undefined || !this.#branches.has(node.list.node))
      return conditions ? refTo(kind, node, port, this.#conditions(ref)) : ref
    const own = this.#gathered(node.list)![Number(node.name) - 1]! // it has a name since all are known
    return after(own, ...this.#conditions(ref))
  }
  /** Of branches that are known: what these make. */
  #conditions({ conditions = [] }: Ref): readonly Ref[] {
    return conditions.flatMap(ref => refsIn(this.#flat(ref)))
  }
  #isAbsent({ node, port }: Ref): boolean {
    if (node.kind === 'each' && !this.#branches.has(node)) return this.#isAbsent(node.list)
    if (node.kind !== 'step') return false
    const key = this.#known.of(node)
    return this.#absent.has(key) || this.#there.get(key)?.outputs[port]?.length === 0
  }
  demand(results: readonly Ref[]): Needed {
    const own = new Map(this.#order.map(node => [this.#known.of(node), node]))
    const needed = new Set<string>()
    const stack: Node[] = [...nodesOf(results)]
    for (let node = stack.pop(); node; node = stack.pop()) {
      if (node.kind === 'item') stack.push(...nodesOf([node.list]))
      const branches = this.#branches.get(node)
      for (const { results } of branches ?? []) stack.push(...nodesOf(Object.values(results)))
      if ((node.kind !== 'step' && node.kind !== 'each') || branches) continue
      const key = this.#known.of(node)
      if (needed.has(key) || this.#there.has(key) || this.#absent.has(key)) continue
      if (node.kind === 'each' && this.#isAbsent(node.list)) continue
      needed.add(key)
      stack.push(...upstream(own.get(key) ?? node))
    }
    const all = [...own.values()].filter(node => needed.has(this.#known.of(node)))
    const later = this.#laterOf(all)
    const now = all.filter(node => !later.has(node))
    const eaches = now.filter(node => node.kind === 'each')
    const gathered = [...this.#branches.values()].flat().flatMap(({ results }) => Object.values(results))
    return {
      steps: now.filter(node => node.kind === 'step'),
      eaches,
      later: [...later],
      keys: this.#known,
      wanted: [...results, ...gathered, ...eaches.flatMap(refsFromOutside), ...[...later].flatMap(readBy)],
      numberOf: (list, name) => this.#numberOf(list, name),
    }
  }
  /** @param all each after what it needs */
  #laterOf(all: readonly (StepNode | EachNode)[]): ReadonlySet<StepNode | EachNode> {
    const later = new Map<string, StepNode | EachNode>()
    const waits = (node: Node) => later.has(this.#known.of(node.kind === 'item' ? node.list.node : node))
    for (const node of all)
      if ((node.kind === 'each' && !isOfOneLevel(node)) || upstream(node).some(waits)) later.set(this.#known.of(node), node)
    return new Set(later.values())
  }
  #numberOf(list: Ref, name: string): number {
    const found = this.#names(list)?.indexOf(name) ?? -1
    if (found < 0) throw new TriremeError('STORE', `The list ${list.port} has no file ${JSON.stringify(name)}. Run "trireme verify".`)
    return found + 1
  }
}
/** Files that must be there for it, with those that it only waits for. */
const readBy = (node: StepNode | EachNode): readonly Ref[] =>
  (node.kind === 'each' ? refsFromOutside(node) : Object.values(node.inputs).flatMap(refsIn)).flatMap(ref => [
    ref,
    ...(ref.conditions ?? []),
  ])
export const itemNumber = (n: number): string => String(n).padStart(4, '0')
/** What the bucket holds: the outputs of complete entries, by key. */
export type There = ReadonlyMap<string, Pick<StepRecord, 'outputs'>>
