import { hash } from 'node:crypto'
import { bodyOf } from '../graph.ts'
import type { Keys } from '../key.ts'
import type { Node, StepNode } from '../node.ts'
import { refsIn } from '../ref.ts'

const tags = new WeakMap<Node, string | undefined>()
/**
 * The mark that tells calls of a step apart: its own tag, else what the tags of the files in its first tagged input have in common
 * (`p1.s1.L1` and `p1.s1.L2` make `p1.s1`).
 */
function tagOf(node: Node): string | undefined {
  if (node.kind !== 'step') return undefined
  if (tags.has(node)) return tags.get(node)
  const slots = Object.values(node.inputs).map(given => common(refsIn(given).map(ref => tagOf(ref.node))))
  const tag = node.tag || slots.find(tag => tag !== undefined)
  tags.set(node, tag)
  return tag
}
/** A step that takes only a user's files is told apart by their names. */
function sourceTag(node: StepNode): string | undefined {
  const sources = Object.values(node.inputs).flatMap(refsIn)
  return common(sources.map(({ node }) => (node.kind === 'source' ? node.name : undefined)))
}
function common(all: readonly (string | undefined)[]): string | undefined {
  const [first, ...others] = all.map(tag => tag?.split('.') ?? [])
  if (!first || first.length === 0) return undefined
  const shared = first.filter((word, n) =>
    others.every(other => other[n] === word && first.slice(0, n).every((before, m) => other[m] === before)),
  )
  return shared.length > 0 ? shared.join('.') : undefined
}
/**
 * Names of a plan's steps for people: `samtools-sort:p1.tumour`; where two would be alike, the beginning of the key follows: `merge~1f2e3d4c`.
 * @param several for the branches of an `each`: names of steps that other bodies hold, too, and whose branches may be called alike
 */
export function labels(nodes: readonly Node[], keys: Keys, several: ReadonlySet<string> = new Set()): ReadonlyMap<Node, string> {
  const plain = (node: StepNode) => {
    const tag = tagOf(node) ?? sourceTag(node)
    return tag === undefined ? node.step.name : `${node.step.name}${tag.startsWith('[') ? '' : ':'}${tag.replace(/[\p{Cc}\p{Cf}]/gu, '?')}`
  }
  const steps = nodes.filter(node => node.kind === 'step')
  const names = new Map(steps.map(node => [node, plain(node)]))
  const seen = new Map<string, string>()
  const shared = new Set<string>()
  for (const [node, name] of names) {
    const key = keys.of(node)
    const other = seen.get(name)
    if (other === undefined) seen.set(name, key)
    else if (other !== key) shared.add(name)
  }
  const alike = (node: StepNode) => several.has(node.step.name) || shared.has(names.get(node)!)
  return new Map(steps.map(node => [node, alike(node) ? `${names.get(node)}~${keys.of(node).slice(0, 8)}` : names.get(node)!]))
}
/** Names of the steps that stand in the body of more than one `each` of a plan. */
export function inSeveral(nodes: readonly Node[]): ReadonlySet<string> {
  const bodies = nodes.flatMap(node =>
    node.kind === 'each' ? [new Set(bodyOf(node).flatMap(inner => (inner.kind === 'step' ? [inner.step.name] : [])))] : [],
  )
  const all = bodies.flatMap(names => [...names])
  return new Set(all.filter((name, n) => all.indexOf(name) !== n))
}
/** A label as a folder's name: nothing in it but letters, digits, dot, hyphen; the digest keeps different labels apart. */
export const folderName = (label: string): string => {
  const safe = label.replace(/[^A-Za-z0-9.-]+/g, '_')
  return safe === label && safe.length <= 80 ? safe : `${safe.slice(0, 80)}_${hash('sha256', label).slice(0, 8)}`
}
