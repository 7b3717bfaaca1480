import path from 'node:path'
import type { Keys } from '../graph/key.ts'
import { type Given, isList, isRef, type Ref } from '../graph/node.ts'
import { type Placed, placedSource } from '../graph/place.ts'
import type { Branch } from '../graph/walk.ts'
import type { Entry } from '../store/record.ts'
import { fileOf } from '../vocabulary/kind.ts'
import { placedFrom } from './collect-outputs.ts'
import type { Filled } from './work-folder.ts'

type PlacedList = readonly Placed[]
const isSeveral = (placed: Placed | PlacedList | undefined): placed is PlacedList => isList(placed)

/** Turns refs into paths: the entries that a run has so far, by key. */
export class StepOutputs {
  readonly #keys: Keys
  /** Finished steps. */
  readonly entries = new Map<string, Entry>()
  /** Branches of every `each` whose list is written. */
  readonly branches = new Map<string, readonly Branch[]>()
  constructor(keys: Keys) {
    this.#keys = keys
  }
  /** Where a ref's file is; undefined where it was left out, skipped, or is not made yet. */
  of(ref: Ref): Placed | PlacedList | undefined {
    const { node } = ref
    if (node.kind === 'source') return placedSource(node, fileOf(ref.kind))
    if (node.kind === 'item') return this.items(node.list)?.find(({ name }) => name === node.name)?.placed
    const key = this.#keys.of(node)
    if (node.kind === 'each') return this.branches.get(key)?.flatMap(({ results }) => this.one(results[ref.port]!) ?? [])
    const entry = this.entries.get(key)
    if (!entry) return undefined
    const kind = node.step.outputs[ref.port]!
    const files = placedFrom(entry.folder, ref.port, kind, entry.record.outputs[ref.port] ?? [])
    return 'many' in kind ? files : files[0]
  }
  /** The outputs of steps that a ref's files are among. */
  origins(ref: Ref): readonly Ref[] {
    const { node } = ref
    if (node.kind === 'source') return []
    if (node.kind === 'item') return this.origins(node.list)
    if (node.kind === 'each')
      return (this.branches.get(this.#keys.of(node)) ?? []).flatMap(({ results }) => this.origins(results[ref.port]!))
    return [ref]
  }
  one(ref: Ref): Placed | undefined {
    const placed = this.of(ref)
    return isSeveral(placed) ? undefined : placed
  }
  /** A list that a step wrote. */
  list(ref: Ref): PlacedList | undefined {
    const placed = this.of(ref)
    return isSeveral(placed) ? placed : undefined
  }
  /** The items of a list: a file that a step wrote has its own name, one that was gathered its number. */
  items(ref: Ref): readonly { readonly name: string; readonly placed: Placed }[] | undefined {
    const own = ref.node.kind === 'step'
    return this.list(ref)?.map((placed, n) => ({ name: own ? path.basename(placed.path) : String(n + 1).padStart(4, '0'), placed }))
  }
  /** What fills a slot: a list takes what is there, one file or files by name must be whole. */
  fill(given: Given): Filled | undefined {
    if (isRef(given)) return this.of(given)
    if (isList(given)) return given.flatMap(ref => (isRef(ref) ? (this.one(ref) ?? []) : []))
    const all = Object.entries(given).map(([name, ref]) => [name, this.one(ref)] as const)
    const there = all.filter((pair): pair is readonly [string, Placed] => pair[1] !== undefined)
    return there.length === all.length ? Object.fromEntries(there) : undefined
  }
  /** Digests of a ref's files, in the shape that it has: one file, a list, or files by name; null where a file is missing. */
  content(ref: Ref): unknown {
    const { node } = ref
    if (node.kind === 'source') return Object.fromEntries(Object.entries(node.files).map(([suffix, { sha256 }]) => [suffix, sha256]))
    if (node.kind === 'item') {
      const all = this.content(node.list)
      const place = this.items(node.list)?.findIndex(({ name }) => name === node.name) ?? -1
      return isList(all) ? (all[place] ?? null) : null
    }
    const key = this.#keys.of(node)
    if (node.kind === 'each') return this.branches.get(key)?.map(({ results }) => this.content(results[ref.port]!)) ?? null
    return this.entries.get(key)?.record.outputs[ref.port]?.map(file => file.sha256) ?? null
  }
  /** A result of the plan, in the shape it was returned. @param holds whether what a file had to wait for was made; if not, it is no result */
  result(given: Given, holds: (ref: Ref) => boolean = () => true): unknown {
    const one = (ref: Ref) => (holds(ref) ? this.of(ref) : undefined)
    if (isRef(given)) return one(given)
    if (isList(given)) return given.map(ref => (isRef(ref) ? one(ref) : undefined))
    return Object.fromEntries(Object.entries(given).map(([name, ref]) => [name, one(ref)]))
  }
}
