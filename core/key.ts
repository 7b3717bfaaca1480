import { hash } from 'node:crypto'
import { inOrder } from './graph.ts'
import { fileOf, type OutKind, partsOf } from './kind.ts'
import type { Node, StepNode } from './node.ts'
import { type Given, isRef, type Ref } from './ref.ts'

/** Changes when the meaning of a recipe changes, and with it every key. */
export const recipeVersion = 1

/** Sorted keys, no spaces, no undefined: the same value is always the same text. */
export function canonical(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const record = value as Readonly<Record<string, unknown>> // any object has string keys
    const fields = Object.keys(record).filter(name => record[name] !== undefined)
    return `{${fields
      .sort()
      .map(name => `${JSON.stringify(name)}:${canonical(record[name])}`)
      .join(',')}}`
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
  const self: Keys = {
    of: node => {
      if (!known.has(node))
        for (const each of inOrder([node], node => known.has(node))) known.set(each, sha256(canonical(self.recipe(each))))
      return known.get(node)!
    },
    ofRef: ref => `${self.of(ref.node)}#${ref.port}`,
    recipe: node => recipe(node, self, versionOf),
  }
  return self
}
function recipe(node: Node, keys: Keys, versionOf: Versions): unknown {
  if (node.kind === 'source')
    return { source: Object.fromEntries(Object.entries(node.files).map(([suffix, file]) => [suffix, file.sha256])) }
  if (node.kind === 'item') return { item: keys.ofRef(node.list), name: node.name }
  if (node.kind === 'each')
    return {
      each: keys.ofRef(node.list),
      body: Object.fromEntries(Object.entries(node.body).map(([name, ref]) => [name, keys.ofRef(ref)])),
    }
  return {
    version: recipeVersion,
    pipes: node.script.pipes,
    stdout: node.script.stdout,
    tools: Object.fromEntries(node.step.tools.map(tool => [tool.name, versionOf(tool.name)])),
    assets: Object.fromEntries(Object.entries(node.step.assets).map(([slot, asset]) => [slot, asset.sha256])),
    inputs: inputKeys(node, keys),
    outputs: Object.fromEntries(Object.entries(node.step.outputs).map(([port, kind]) => [port, shape(kind)])),
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
