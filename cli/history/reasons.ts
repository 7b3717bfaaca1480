import path from 'node:path'
import { shown } from '../../core/errors.ts'
import type { Keys } from '../../core/graph/key.ts'
import { type Difference, differences, nearestRecipe } from '../../core/graph/key-difference.ts'
import { type EachNode, type Node, refsIn, type StepNode } from '../../core/graph/node.ts'
import type { Branch } from '../../core/graph/walk.ts'
import { redacted } from '../../core/secrets.ts'
import { momentText } from '../display/print.ts'
import type { Remembered } from './recipes.ts'

interface KnownStep {
  readonly keys: Keys
  readonly names: ReadonlyMap<Node, string>
  readonly known: ReadonlyMap<string, Remembered>
  /** The branches of an `each` whose list is written. */
  readonly branches: (node: EachNode) => readonly Branch[] | undefined
  /** Whether the store holds an entry. */
  readonly there: (key: string) => boolean
}
/**
 * Why a step would run, in lines: how it differs from the nearest one that was made, and where an input differs, why that does,
 * up to the parameter, tool or file that is the cause.
 */
export function reasons(node: Node, at: KnownStep, before?: Remembered, explained: Set<Node> = new Set()): readonly string[] {
  if (node.kind !== 'step') return []
  explained.add(node)
  const made = redacted({ recipe: at.keys.recipe(node), params: node.params }) // as records hold it
  const label = at.names.get(node) ?? node.step.name
  const same = [...at.known.values()].filter(each => each.step === node.step.name)
  const candidates = same.some(each => each.label === label) ? same.filter(each => each.label === label) : same
  const found = before ? { record: before, differences: differences(made, before) } : nearestRecipe(made, [...candidates].reverse())
  if (!found) return [`nothing like it was made in this store: there is no record of a step ${node.step.name}`]
  const { record } = found
  if (found.differences.length === 0)
    return at.there(record.key) ? ['it does not differ'] : [`it was made by run ${record.run}, but went through a pipe and was not kept`]
  const head = before ? [] : [`compared with ${record.label}, made ${momentText(record.started)} by run ${record.run}:`]
  return [...head, ...found.differences.flatMap(each => reasonLines(each, node, at, explained).map(line => (before ? line : `  ${line}`)))]
}
function reasonLines(difference: Difference, node: StepNode, at: KnownStep, explained: Set<Node>): readonly string[] {
  const { what } = difference
  if (what === 'parameter') return [`parameter ${difference.name}: ${change(difference)}`]
  if (what === 'word') return [`command of ${path.basename(difference.program)}: ${change(difference)}`]
  if (what === 'tool') return [`version of ${difference.name}: ${change(difference)}`]
  if (what === 'asset') return [`script ${difference.name}: its content changed`]
  if (what === 'output') return [`output ${difference.name}: ${change(difference)}`]
  if (what === 'format of keys') return ['this version of Trireme makes keys in another way']
  return inputLines(difference, node, at, explained)
}
const change = ({ before, now }: { readonly before: unknown; readonly now: unknown }): string => {
  const text = (value: unknown) => (value === undefined || value === '' ? 'nothing' : typeof value === 'string' ? value : shown(value))
  return `was ${text(before)}, is ${text(now)}`
}
function inputLines(
  difference: Extract<Difference, { what: 'input' }>,
  node: StepNode,
  at: KnownStep,
  explained: Set<Node>,
): readonly string[] {
  const name = `input ${difference.slot}${difference.item === undefined ? '' : `[${difference.item}]`}`
  const maker = refsIn(node.inputs[difference.slot] ?? []).find(ref => at.keys.ofRef(ref) === difference.now)?.node
  const before = difference.before === undefined ? undefined : at.known.get(difference.before.split('#')[0]!)
  if (difference.now === undefined) return [`${name}: is no longer there${before ? `; it was ${before.label}` : ''}`]
  if (maker === undefined) return [`${name}: changed`]
  if (maker.kind === 'source') {
    const file = Object.values(maker.files)
      .map(({ url }) => path.basename(url))
      .join(', ')
    if (difference.before === undefined) return [`${name}: is new, ${file}`]
    return [before && before.label !== file ? `${name}: was ${before.label}, is ${file}` : `${name}: the content of ${file} changed`]
  }
  const label = at.names.get(maker) ?? (maker.kind === 'each' ? 'the steps for each file of a list' : 'a list')
  if (difference.before === undefined) return [`${name}: is new, from ${label}`]
  if (maker.kind === 'each') {
    const [branch] = at.branches(maker) ?? []
    const port = refsIn(node.inputs[difference.slot] ?? []).find(ref => ref.node === maker)?.port ?? ''
    const [first, words] = branch?.results[port]
      ? [branch.results[port].node, 'which changed, the first of them']
      : [maker.list.node, 'since the list changed']
    const more = first.kind === 'step' && !explained.has(first) ? reasons(first, at, undefined, explained) : []
    return [`${name}: from ${label}, ${words}:`, ...more.map(line => `  ${line}`)]
  }
  if (maker.kind !== 'step') return [`${name}: from ${label}, which changed`]
  if (before && before.step !== maker.step.name) return [`${name}: was from ${before.label}, is from ${label}`]
  if (explained.has(maker)) return [`${name}: from ${label}, see above`]
  return [`${name}: from ${label}, which changed:`, ...reasons(maker, at, before, explained).map(line => `  ${line}`)]
}
