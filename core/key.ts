import { hash } from 'node:crypto'
import { inOrder } from './graph.ts'
import { fileOf, type OutKind, partsOf } from './kind.ts'
import type { Node, StepNode, StepShape } from './node.ts'
import { type Given, isRef, type Ref } from './ref.ts'

/** Changes when the meaning of a recipe changes, and with it every key. */
export const recipeVersion = 1

/** Texts of what all calls of a step have alike, so that they are made once. */
const texts = new WeakMap<object, string>()
/** Sorted keys, no spaces, no undefined: the same value is always the same text. */
export function canonical(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const known = texts.get(value)
    if (known !== undefined) return known
    const record = value as Readonly<Record<string, unknown>> // any object has string keys
    let fields = ''
    for (const name of Object.keys(record).sort())
      if (record[name] !== undefined) fields += `${fields && ','}${JSON.stringify(name)}:${canonical(record[name])}`
    return `{${fields}}`
  }
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${value} has no canonical form. Use a finite number.`)
  return JSON.stringify(value)
}
/** In one call: half the time of a hash object, for texts as short as recipes. */
const sha256 = (text: string) => hash('sha256', text)

/** Exact version of a tool as found, by the tool's name. */
export type Versions = (tool: string) => string

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
  const shapes = new Map<StepShape, Alike>()
  const alike = (step: StepShape): Alike => {
    const there = shapes.get(step)
    if (there) return there
    const made = alikeOf(step, versionOf)
    shapes.set(step, made)
    for (const each of Object.values(made)) texts.set(each, canonical(each))
    return made
  }
  const self: Keys = {
    of: node => {
      const key = known.get(node)
      if (key !== undefined) return key
      for (const each of inOrder([node], node => known.has(node))) known.set(each, sha256(canonical(self.recipe(each))))
      return known.get(node)!
    },
    ofRef: ref => `${self.of(ref.node)}#${ref.port}`,
    recipe: node => recipe(node, self, alike),
  }
  return self
}
/** What the recipes of all calls of a step have alike. */
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
  const { tools, assets, outputs } = alike(node.step)
  return {
    version: recipeVersion,
    pipes: node.script.pipes,
    stdout: node.script.stdout,
    tools,
    assets,
    inputs: inputKeys(node, keys),
    outputs,
  }
}
const inputKeys = (node: StepNode, keys: Keys) =>
  Object.fromEntries(Object.entries(node.inputs).map(([slot, given]) => [slot, keyOfGiven(given, keys)]))
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
