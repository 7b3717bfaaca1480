import path from 'node:path'
import { TriremeError } from '../errors.ts'
import { refsFromOutside } from '../graph/jobs.ts'
import type { Keys } from '../graph/key.ts'
import { mayBeLeftOut } from '../graph/left-out.ts'
import { type EachNode, type Given, isList, isRef, type Node, type Ref, refsIn, type StepNode } from '../graph/node.ts'
import type { Plan } from '../graph/plan.ts'
import { type Branch, branchOf, nodesOf, outerNodes, upstream } from '../graph/walk.ts'
import type { StepRecord } from '../store/record.ts'
import { fileOf } from '../vocabulary/kind.ts'

/** What is left to do of a plan: steps whose entries the bucket holds are pruned, and an `each` whose list is there has become plain steps. */
export interface Needed {
  /** One for each key, each after what it needs. */
  readonly steps: readonly StepNode[]
  /** Each `each` whose list is not there yet. */
  readonly eaches: readonly EachNode[]
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
class Expansion {
  readonly #keys: Keys
  readonly #there: There
  readonly #order: (StepNode | EachNode)[] = []
  /** By each whose list is there. */
  readonly #branches = new Map<Node, readonly Branch[]>()
  /** Keys of steps known to be skipped, for an input that was left out. */
  readonly #absent = new Set<string>()
  /** Key of the step that a rewritten one stands for. */
  readonly #aliases = new Map<Node, string>()
  readonly #known: Keys
  constructor(keys: Keys, there: There) {
    this.#keys = keys
    this.#there = there
    const of = (node: Node) => this.#aliases.get(node) ?? keys.of(node)
    this.#known = { of, ofRef: ref => `${of(ref.node)}#${ref.port}`, recipe: node => keys.recipe(node) }
  }
  take(nodes: readonly Node[]): void {
    for (const node of nodes) {
      if (node.kind === 'step') this.#takeStep(node)
      if (node.kind !== 'each') continue
      const names = this.#names(node.list)
      const branches = names?.map(name => branchOf(node, name))
      if (branches) this.#branches.set(node, branches)
      else this.#order.push(node)
      for (const branch of branches ?? []) this.take(branch.nodes)
    }
  }
  #takeStep(node: StepNode): void {
    const key = this.#keys.of(node)
    if (this.#branches.size === 0 && this.#there.size === 0) {
      this.#order.push(node) // nothing to rewrite, and nothing is known to be left out
      return
    }
    const inputs = Object.fromEntries(Object.entries(node.inputs).map(([slot, given]) => [slot, this.#flat(given)]))
    const own = { ...node, inputs }
    this.#aliases.set(own, key)
    if (!this.#there.has(key) && Object.values(inputs).some(given => !isList(given) && refsIn(given).some(ref => this.#isAbsent(ref))))
      this.#absent.add(key)
    this.#order.push(own)
  }
  /** Names of a list's items, in their order; undefined while the list is not there. */
  #names(list: Ref): readonly string[] | undefined {
    const { node, port } = list
    if (node.kind === 'each') {
      const results = this.#branches.get(node)?.map(({ results }) => this.#one(results[port]!))
      const certain = results?.every(ref => this.#there.has(this.#known.of(ref.node)) || !mayBeLeftOut(ref))
      return certain ? results!.filter(ref => !this.#isAbsent(ref)).map((_, n) => itemNumber(n + 1)) : undefined
    }
    const record = this.#there.get(this.#keys.of(node))
    const { extension } = fileOf(list.kind)
    return record?.outputs[port]?.flatMap(({ name }) => (name.endsWith(extension) ? [path.basename(name)] : []))
  }
  /** Inputs as files of steps: the gathering of branches that are known is the list of what they make. */
  #flat(given: Given): Given {
    if (isRef(given)) {
      const branches = this.#branches.get(given.node)
      if (!branches) return this.#one(given)
      const { conditions } = given
      const all = branches.map(({ results }) => ({ ...this.#one(results[given.port]!), ...(conditions && { conditions }) }))
      return all.filter(ref => !this.#isAbsent(ref))
    }
    if (isList(given)) return (given as readonly Ref[]).map(ref => this.#one(ref)).filter(ref => !this.#isAbsent(ref)) // a list in a slot holds refs
    return Object.fromEntries(Object.entries(given).map(([name, ref]) => [name, this.#one(ref)]))
  }
  /** An item of gathered results is the result of that branch. */
  #one(ref: Ref): Ref {
    if (ref.node.kind !== 'item') return ref
    const { list, name } = ref.node
    const branches = this.#branches.get(list.node)
    if (!branches || name === undefined) return ref
    const own = branches[Number(name) - 1]!.results[list.port]!
    return this.#one({ ...own, ...(ref.conditions && { conditions: ref.conditions }) })
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
    const eaches = all.filter(node => node.kind === 'each')
    const gathered = [...this.#branches.values()].flat().flatMap(({ results }) => Object.values(results))
    return {
      steps: all.filter(node => node.kind === 'step'),
      eaches,
      keys: this.#known,
      wanted: [...results, ...gathered, ...eaches.flatMap(refsFromOutside)],
      numberOf: (list, name) => this.#numberOf(list, name),
    }
  }
  #numberOf(list: Ref, name: string): number {
    const found = this.#names(list)?.indexOf(name) ?? -1
    if (found < 0) throw new TriremeError('STORE', `The list ${list.port} has no file ${JSON.stringify(name)}. Run "trireme verify".`)
    return found + 1
  }
}
export const itemNumber = (n: number): string => String(n).padStart(4, '0')
/** What the bucket holds: the outputs of complete entries, by key. */
export type There = ReadonlyMap<string, Pick<StepRecord, 'outputs'>>
