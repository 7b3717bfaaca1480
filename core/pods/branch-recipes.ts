import { canonical, type Keys } from '../graph/key.ts'
import type { EachNode, StepNode } from '../graph/node.ts'
import { bodyOf } from '../graph/walk.ts'
import type { Items, RecipePiece } from '../inside/job.ts'

/** Parameters that the branches of an `each` get: the keys of its steps. */
export interface BranchKeys {
  /** By the key that the step has for an unnamed item: k0, k1 … */
  readonly parameters: ReadonlyMap<string, string>
  readonly items: Omit<Items, 'place'>
}
/**
 * Keys of a body's steps are digests of texts that name the item, which nobody knows before the list is written: the pod that writes it
 * fills the holes of these texts and digests them.
 */
export function branchKeys(each: EachNode, name: string, keys: Keys): BranchKeys {
  const item = keys.of(each.item)
  const steps = [...new Map(bodyOf(each).flatMap(node => (node.kind === 'step' ? [[keys.of(node), node] as const] : [])))]
  const numbers = new Map([item, ...steps.map(([key]) => key)].map((key, n) => [key, n]))
  const parameters = new Map(steps.map(([key], n) => [key, `k${n}`]))
  const unnamed = canonical(keys.recipe(each.item))
  const recipes: readonly (readonly RecipePiece[])[] = [
    [`${unnamed.slice(0, -1)},"name":`, { hole: 'name' }, '}'],
    ...steps.map(([, node]) => pieces(node, keys, numbers)),
  ]
  const tell = steps.map(([key]) => ({ name: parameters.get(key)!, recipe: numbers.get(key)! }))
  return { parameters, items: { name, port: each.list.port, recipes, tell } }
}
/** The recipe's text, with a hole wherever it holds a key of this same body. */
function pieces(node: StepNode, keys: Keys, numbers: ReadonlyMap<string, number>): readonly RecipePiece[] {
  const own = [...numbers.keys()].join('|')
  return canonical(keys.recipe(node))
    .split(new RegExp(`(${own})`))
    .map((piece): RecipePiece => (numbers.has(piece) ? { hole: 'key', recipe: numbers.get(piece)! } : piece))
}
