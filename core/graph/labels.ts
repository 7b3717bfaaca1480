import { hash } from 'node:crypto'
import type { Keys } from './key.ts'
import { type Node, type Ref, refsIn, type StepNode } from './node.ts'
import { bodyOf } from './walk.ts'

const tags = new WeakMap<Node, string | undefined>()
/**
 * The mark that tells calls of a step apart: its own tag, else what the tags of the files in its first tagged input have in common
 * (`p1.s1.L1` and `p1.s1.L2` make `p1.s1`).
 */
function tagOf(node: Node): string | undefined {
  if (node.kind !== 'step') return undefined
  if (tags.has(node)) return tags.get(node)
  const tag = node.tag || tagOfInputs(node)
  tags.set(node, tag)
  return tag
}
function tagOfInputs(node: StepNode): string | undefined {
  for (const given of Object.values(node.inputs)) {
    const tag = commonMark(refsIn(given), tagOf)
    if (tag !== undefined) return tag
  }
  return undefined
}
/** The mark of a step that takes only a user's files: the names of these files. */
function sourceTag(node: StepNode): string | undefined {
  const name = (node: Node) => (node.kind === 'source' ? node.name : undefined)
  return commonMark(Object.values(node.inputs).flatMap(refsIn), name)
}
/** The common prefix of marks, in whole words; none, where one of them has no mark. */
function commonMark(refs: readonly Ref[], markOf: (node: Node) => string | undefined): string | undefined {
  let shared: string | undefined
  for (const { node } of refs) {
    const mark = markOf(node)
    if (mark === undefined) return undefined
    if (shared === undefined) shared = mark
    else if (shared !== mark) {
      const [own, words] = [shared.split('.'), mark.split('.')]
      const end = own.findIndex((word, n) => words[n] !== word)
      if (end === 0) return undefined
      if (end > 0) shared = own.slice(0, end).join('.')
    }
  }
  return shared
}
/**
 * Names of a plan's steps for people: `samtools-sort:p1.tumour`; where two would be alike, the beginning of the key follows: `merge~1f2e3d4c`.
 * @param several for the branches of an `each`: names of steps that other bodies hold, too, and whose branches may have equal names
 */
export function labels(nodes: readonly Node[], keys: Keys, several: ReadonlySet<string> = new Set()): ReadonlyMap<Node, string> {
  const plain = (node: StepNode) => {
    const tag = tagOf(node) ?? sourceTag(node)
    return tag === undefined ? node.step.name : `${node.step.name}${tag.startsWith('[') ? '' : ':'}${tag.replace(/[\p{Cc}\p{Cf}]/gu, '?')}`
  }
  const names = new Map<StepNode, string>()
  /** The key of the step that is called so; '' where there are several. */
  const called = new Map<string, string>()
  for (const node of nodes) {
    if (node.kind !== 'step') continue
    const name = plain(node)
    const key = keys.of(node)
    const known = called.get(name)
    names.set(node, name)
    if (known !== key) called.set(name, known === undefined ? key : '')
  }
  for (const [node, name] of names)
    if (called.get(name) === '' || several.has(node.step.name)) names.set(node, `${name}~${keys.of(node).slice(0, 8)}`)
  return names
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
