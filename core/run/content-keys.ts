import { hash } from 'node:crypto'
import type { Chain } from '../graph/chains.ts'
import { canonical, type Keys } from '../graph/key.ts'
import { isList, isRef, type Ref, type StepNode } from '../graph/node.ts'
import type { StepOutputs } from './step-outputs.ts'

/**
 * Second keys of a chain's steps: the recipe over the *content* of the inputs instead of their derivation. Where a changed step left its
 * output equal byte for byte, what follows has the same second key as before, and need not run. What comes through a pipe leaves no
 * content to digest; the second key of the step that writes it is used instead.
 */
export function contentKeys({ members, links }: Chain, keys: Keys, places: StepOutputs): readonly string[] {
  const all: string[] = []
  for (const [n, node] of members.entries()) {
    const link = links[n - 1]
    const inputs = Object.entries(node.inputs).map(([slot, given]) => [
      slot,
      link?.slot === slot
        ? { link: all[n - 1], port: link.port }
        : isRef(given)
          ? places.content(given)
          : isList(given)
            ? given.map(ref => places.content(ref as Ref)) // a list of refs, by the type of `inputs`
            : Object.entries(given).map(([name, ref]) => [name, places.content(ref)]),
    ])
    all.push(contentKey(node, keys, Object.fromEntries(inputs)))
  }
  return all
}
const contentKey = (node: StepNode, keys: Keys, inputs: object): string => {
  if (Object.keys(inputs).length === 0) return keys.of(node) // the same recipe
  const recipe = keys.recipe(node)
  return hash('sha256', canonical({ ...(recipe as object), inputs })) // the recipe of a step is a record
}
