import { hash } from 'node:crypto'
import { fileOf, type OutKind, partsOf } from '../vocabulary/kind.ts'
import { type Given, isRef, type Node, type Ref, type StepNode, type StepShape } from './node.ts'
import { inOrder, upstream } from './walk.ts'
/** Changes when the meaning of a recipe changes, and with it every key. */
export const recipeVersion = 1

/** Text of the part of a recipe that all calls of a step share, so that it is made once. */
const texts = new WeakMap<object, string>()
/** Sorted keys, no spaces, no undefined: the same value is always the same text. */
export function canonical(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const known = texts.get(value)
    if (known !== undefined) return known
    const record = value as Readonly<Record<string, unknown>> // any object has string keys
    const names = Object.keys(record)
    if (names.length > 1) names.sort()
    let text = ''
    for (const name of names)
      if (record[name] !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${canonical(record[name])}`
    return `{${text}}`
  }
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${value} has no canonical form. Use a finite number.`)
  return JSON.stringify(value)
}
/** One call takes half the time of a hash object, for texts as short as recipes. */
export const sha256 = (content: string | Uint8Array): string => hash('sha256', content)

/** Exact version of a tool as found, by the tool's name. */
export type Versions = (tool: string) => string
/** Versions as a plan's run knows them. A tool that nobody asked for, as when a plan is only printed, is 'unknown'. */
export const versionFrom =
  (versions: ReadonlyMap<string, string>): Versions =>
  tool =>
    versions.get(tool) ?? 'unknown'
/** Versions of a step's tools, for its record. */
export const versionsOf = ({ step }: StepNode, versions: ReadonlyMap<string, string>): Readonly<Record<string, string>> =>
  Object.fromEntries(step.tools.map(({ name }) => [name, versionFrom(versions)(name)]))

/** The derivation keys of a plan's nodes. */
export interface Keys {
  of(node: Node): string
  ofRef(ref: Ref): string
  /** What the key of a step is made of: compare two of them to say why a step runs. */
  recipe(node: Node): unknown
}
/**
 * Keys say what is computed, never how fast or where: a SHA-256 of the canonical JSON of recipe version, argv with symbolic slots and
 * grants, versions of the tools, digests of assets, keys of the inputs, shapes of the outputs. Not in it: names of steps, images,
 * threads, memory, machine, paths, time.
 */
export function keys(versionOf: Versions): Keys {
  const known = new Map<Node, string>()
  const shapes = new Map<StepShape, { readonly alike: Alike; readonly frame: Frame }>()
  const shapeOf = (step: StepShape) => {
    const there = shapes.get(step)
    if (there) return there
    const alike = alikeOf(step, versionOf)
    for (const each of Object.values(alike)) texts.set(each, canonical(each))
    const made = { alike, frame: frameOf(alike) }
    shapes.set(step, made)
    return made
  }
  const textOf = (node: Node) => (node.kind === 'step' ? recipeText(node, shapeOf(node.step).frame, self) : canonical(self.recipe(node)))
  const self: Keys = {
    of: node => {
      const key = known.get(node)
      if (key !== undefined) return key
      const isKnown = (node: Node) => known.has(node)
      // In the plan's order, everything that a node needs has its key already.
      for (const each of upstream(node).every(isKnown) ? [node] : inOrder([node], isKnown)) known.set(each, sha256(textOf(each)))
      return known.get(node)!
    },
    ofRef: ref => `${self.of(ref.node)}#${ref.port}`,
    recipe: node => recipe(node, self, step => shapeOf(step).alike),
  }
  return self
}
/** The part of a recipe that all calls of a step share. */
type Alike = Readonly<Record<'tools' | 'assets' | 'outputs', object>>
const alikeOf = ({ tools, assets, outputs }: StepShape, versionOf: Versions): Alike => ({
  tools: Object.fromEntries(tools.map(tool => [tool.name, versionOf(tool.name)])),
  assets: Object.fromEntries(Object.entries(assets).map(([slot, asset]) => [slot, asset.sha256])),
  outputs: Object.fromEntries(Object.entries(outputs).map(([port, kind]) => [port, shape(kind)])),
})
function recipe(node: Node, keys: Keys, alike: (step: StepShape) => Alike): unknown {
  if (node.kind === 'source')
    return { source: Object.fromEntries(Object.entries(node.files).map(([suffix, file]) => [suffix, file.sha256])) }
  if (node.kind === 'item') return { item: keys.ofRef(node.list), name: node.name }
  if (node.kind === 'each')
    return {
      each: keys.ofRef(node.list),
      body: Object.fromEntries(Object.entries(node.body).map(([name, ref]) => [name, keys.ofRef(ref)])),
    }
  const { pipes, stdout } = node.script
  const inputs = Object.fromEntries(Object.entries(node.inputs).map(([slot, given]) => [slot, keyOfGiven(given, keys)]))
  return { version: recipeVersion, pipes, stdout, inputs, ...alike(node.step) }
}
/** The canonical text of a step's recipe, but for what differs between its calls: before the inputs, before the pipes, after the words. */
type Frame = readonly [assets: string, outputs: string, tools: string]
const frameOf = ({ assets, outputs, tools }: Alike): Frame => [
  `{"assets":${canonical(assets)},"inputs":{`,
  `},"outputs":${canonical(outputs)},"pipes":`,
  `,"tools":${canonical(tools)},"version":${recipeVersion}}`,
]
/** `canonical(recipe(node))`, without a recipe: a plan has few steps and many calls of them. */
function recipeText({ inputs, script }: StepNode, [assets, outputs, tools]: Frame, keys: Keys): string {
  const slots = Object.keys(inputs)
  if (slots.length > 1) slots.sort()
  let own = ''
  for (const slot of slots) own += `${own === '' ? '' : ','}${JSON.stringify(slot)}:${canonical(keyOfGiven(inputs[slot]!, keys))}`
  const stdout = script.stdout ? `,"stdout":${canonical(script.stdout)}` : ''
  return assets + own + outputs + canonical(script.pipes) + stdout + tools
}
const keyOfGiven = (given: Given, keys: Keys): unknown =>
  isRef(given)
    ? keys.ofRef(given)
    : Array.isArray(given)
      ? given.map(ref => keys.ofRef(ref))
      : Object.entries(given).map(([name, ref]) => [name, keys.ofRef(ref)]) // pairs: the order of names is part of argv
const shape = (kind: OutKind) => {
  const { format, extension, companions } = fileOf(kind)
  return { format, extension, companions, parts: partsOf(fileOf(kind)), many: 'many' in kind, optional: 'optional' in kind }
}
