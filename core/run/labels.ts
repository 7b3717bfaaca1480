import { createHash } from 'node:crypto'
import type { Keys } from '../key.ts'
import type { Node, StepNode } from '../node.ts'

/** Names of a plan's steps for people: `samtools-sort:tumour`; where two would be alike, the beginning of the key follows: `merge~1f2e3d4c`. */
export function labels(nodes: readonly Node[], keys: Keys): ReadonlyMap<Node, string> {
  const plain = ({ step, tag }: StepNode) =>
    tag === undefined ? step.name : `${step.name}${tag.startsWith('[') ? '' : ':'}${tag.replace(/[\p{Cc}\p{Cf}]/gu, '?')}`
  const steps = nodes.filter(node => node.kind === 'step')
  const seen = new Map<string, Set<string>>()
  for (const node of steps) {
    const name = plain(node)
    const same = seen.get(name) ?? new Set()
    seen.set(name, same.add(keys.of(node)))
  }
  return new Map(steps.map(node => [node, seen.get(plain(node))!.size > 1 ? `${plain(node)}~${keys.of(node).slice(0, 8)}` : plain(node)]))
}
/** A label as a folder's name: nothing in it but letters, digits, dot, hyphen; the digest keeps different labels apart. */
export const folderName = (label: string): string => {
  const safe = label.replace(/[^A-Za-z0-9.-]+/g, '_')
  return safe === label && safe.length <= 80 ? safe : `${safe.slice(0, 80)}_${createHash('sha256').update(label).digest('hex').slice(0, 8)}`
}
