import type { Chain, Link } from '../graph/chains.ts'
import type { Keys } from '../graph/key.ts'
import { mayBeLeftOut } from '../graph/left-out.ts'
import { isList, isRef, type Ref, type StepNode, type StepShape } from '../graph/node.ts'
import { assetName, grantOf, inputBase, inputName, listWord, outputName, pipeName, type StepWords, stepWords } from '../graph/step-words.ts'
import type { JobChain, JobMember, JobWord, Promised, Rung, Several, Staged } from '../inside/job.ts'
import { resumes } from '../vocabulary/command.ts'
import { type FileKind, fileOf, type OutKind, partsOf, suffixesOf } from '../vocabulary/kind.ts'
import { rungs } from '../vocabulary/quantity.ts'
import { PodInputs } from './pod-inputs.ts'
import { itemNumber } from './remaining-work.ts'

/** A pod's work: the chains as its scripts read them, and what they take from outside. */
export interface PodWork {
  readonly chains: readonly JobChain[]
  readonly inputs: PodInputs
  /** Files that belong to steps, by mount: the same for all calls of a step. */
  readonly assets: ReadonlyMap<string, Belonging>
  /** Steps in their order, by place. */
  readonly members: readonly PodMember[]
}
export interface Belonging {
  readonly path: string
  readonly sha256: string
}
export interface PodMember {
  readonly node: StepNode
  readonly place: number
  readonly chain: number
  /** Whether it leaves files. */
  readonly kept: boolean
}
export interface PodContext {
  readonly keys: Keys
  readonly cpu: number | undefined
  readonly numberOf: (list: Ref, name: string) => number
  /** Key under which the results of an `each` are gathered. */
  readonly gatherKey: (ref: Ref) => string
}
export function workOf(chains: readonly Chain[], at: PodContext): PodWork {
  const members: PodMember[] = []
  const homes = new Map<string, PodMember>()
  for (const [chain, { members: nodes, links }] of chains.entries())
    for (const [n, node] of nodes.entries()) {
      const link = links[n]
      const member = { node, place: members.length + 1, chain, kept: !link || link.tee }
      members.push(member)
      homes.set(at.keys.of(node), member)
    }
  const writer = new Writer(at, homes)
  const jobs = chains.map((chain): JobChain => {
    const own = chain.members.map(node => homes.get(at.keys.of(node))!)
    return {
      members: own.map((member, n) => writer.member(member, chain.links[n - 1], chain.links[n])),
      links: chain.links.map((link, n) => linkOf(link, own[n]!.node, own[n + 1]!.node)),
    }
  })
  return { chains: jobs, inputs: writer.inputs, assets: writer.assets, members }
}
function linkOf({ port, slot, tee }: Link, from: StepNode, to: StepNode): JobChain['links'][number] {
  return {
    pipe: pipeName(from.step, port),
    to: inputName(to.step, slot),
    ...(tee && { tee: outputName(from.step, port) }),
    ...(to.step.stopsEarly.includes(slot) && { stopsEarly: true as const }),
  }
}
class Writer {
  readonly inputs = new PodInputs()
  readonly assets = new Map<string, Belonging>()
  readonly #at: PodContext
  readonly #homes: ReadonlyMap<string, PodMember>
  constructor(at: PodContext, homes: ReadonlyMap<string, PodMember>) {
    this.#at = at
    this.#homes = homes
  }
  member({ node, place }: PodMember, from: Link | undefined, to: Link | undefined): JobMember {
    const { step, script } = node
    const inputs: Staged[] = []
    for (const slot of Object.keys(node.inputs)) if (slot !== from?.slot) inputs.push(...this.#staged(node, slot))
    for (const slot of Object.keys(step.assets)) inputs.push(this.#asset(node, slot))
    const [first, ...higher] = this.#rungs(node, to)
    return {
      step: step.name,
      place,
      inputs,
      outputs: to && !to.tee ? [] : promises(step),
      rungs: [rungOf(first), ...higher.map(rungOf)],
      ...(node.needs.time !== undefined && { limits: rungs(node.needs.time) }),
      ...(first.stdout !== undefined && { stdout: first.stdout }),
      transient: step.retry.exits,
      tries: step.retry.times,
      ...(resumes(script) && { resumes: true }),
    }
  }
  /** Words by rung of memory. The last one serves all higher ones of the pod, so equal ones at the end are one. */
  #rungs(node: StepNode, to: Link | undefined): readonly [StepWords<JobWord>, ...StepWords<JobWord>[]] {
    const first = this.#words(node, to, 0)
    const higher = rungs(node.needs.memory)
      .slice(1)
      .map((_, n) => this.#words(node, to, n + 1))
    if (higher.length === 0) return [first]
    const texts = [first, ...higher].map(each => JSON.stringify(each))
    return [first, ...higher.slice(0, texts.findLastIndex(text => text !== texts.at(-1)) + 1)]
  }
  #words(node: StepNode, pipe: Link | undefined, climbed: number): StepWords<JobWord> {
    const granted = grantOf(node, climbed, this.#at.cpu)
    return stepWords<JobWord>(node, { granted, pipe, assets: 'by link', list: slot => [listWord(node.step, slot)] })
  }
  #asset(node: StepNode, slot: string): Staged {
    const asset = node.step.assets[slot]!
    const known = [...this.assets].find(([, { sha256 }]) => sha256 === asset.sha256)
    const mount = known?.[0] ?? `s${this.assets.size + 1}`
    this.assets.set(mount, asset)
    return { from: 'asset', to: assetName(slot, asset.path), mount, sha256: asset.sha256 }
  }
  #staged(node: StepNode, slot: string): readonly Staged[] {
    const given = node.inputs[slot]!
    const kind = fileOf(node.step.inputs[slot]!)
    if (isRef(given)) return 'many' in given.kind ? [this.#several(slot, kind, [given])] : this.#single(inputBase(slot), kind, given)
    if (isList(given)) return [this.#several(slot, kind, given as readonly Ref[])] // a list in a slot holds refs
    return Object.values(given).flatMap((ref, n) => this.#single(inputBase(slot, n), kind, ref))
  }
  #single(base: string, kind: FileKind, ref: Ref): readonly Staged[] {
    const { node, port } = ref
    const pairs = suffixPairs(kind, fileOf(ref.kind))
    const optional = mayBeLeftOut(ref) && { optional: true as const }
    if (node.kind === 'source') {
      const mount = this.inputs.source(pairs.map(({ from }) => node.files[from]!.sha256))
      return pairs.map(({ to, from }) => ({ from: 'source', to: base + to, mount, sha256: node.files[from]!.sha256 }))
    }
    if (node.kind === 'item' && node.name === undefined) {
      const suffixes = pairs.map(({ from }) => from)
      const mount = this.inputs.item(this.#at.keys.of(node.list.node), node.list.port, suffixes)
      return pairs.map(({ to, from }) => ({ from: 'item', to: base + to, mount, port: node.list.port, suffix: from }))
    }
    const { maker, stem } = this.#entry(ref)
    return pairs.map(({ to, from }) => {
      const home = this.#homes.get(maker)
      const file = stem(port) + from
      if (!home) return { from: 'producer', to: base + to, mount: this.inputs.entry(maker, file, optional !== false), file, ...optional }
      return { from: 'place', to: base + to, place: home.place, file, ...optional }
    })
  }
  #entry(ref: Ref): { readonly maker: string; readonly stem: (port: string) => string } {
    const { node } = ref
    if (node.kind !== 'item') return { maker: this.#at.keys.of(node), stem: port => port }
    const place = itemNumber(this.#at.numberOf(node.list, node.name ?? ''))
    return { maker: this.#at.keys.of(node.list.node), stem: () => `${node.list.port}/${place}` }
  }
  #several(slot: string, kind: FileKind, refs: readonly Ref[]): Staged {
    return { from: 'several', to: inputBase(slot), suffixes: suffixesOf(kind), of: refs.map(ref => this.#one(kind, ref)) }
  }
  #one(kind: FileKind, ref: Ref): Several {
    const { node, port } = ref
    const suffixes = suffixPairs(kind, fileOf(ref.kind)).map(({ from }) => from)
    const optional = mayBeLeftOut(ref) && { optional: true as const }
    const { keys } = this.#at
    if (node.kind === 'source') {
      const digests = suffixes.map(suffix => node.files[suffix]!.sha256)
      return { kind: 'source', mount: this.inputs.source(digests), sha256: digests }
    }
    if (node.kind === 'each') {
      const list = this.inputs.entry(keys.of(node.list.node), undefined, mayBeLeftOut(node.list))
      const { port: base } = node.body[port]!
      return { kind: 'gather', mount: this.inputs.gather(this.#at.gatherKey(ref)), base, list, port: node.list.port }
    }
    if (node.kind === 'item' && node.name === undefined)
      return { kind: 'item', mount: this.inputs.item(keys.of(node.list.node), node.list.port, suffixes), port: node.list.port }
    const { maker, stem } = this.#entry(ref)
    const home = this.#homes.get(maker)
    const whole = 'many' in ref.kind
    if (home) {
      return whole
        ? { kind: 'place list', place: home.place, port, ...optional }
        : { kind: 'place', place: home.place, base: port, ...optional }
    }
    if (whole) return { kind: 'list', mount: this.inputs.entry(maker, `${port}/`, optional !== false), port, ...optional }
    const mounts = suffixes.map(suffix => this.inputs.entry(maker, stem(port) + suffix, optional !== false))
    return { kind: 'producer', mount: mounts[0]!, base: stem(port), ...optional }
  }
}
const rungOf = ({ argv, responses }: StepWords<JobWord>): Rung => ({ argv, ...(responses.length > 0 && { responses }) })
/** File endings below `in/`, as the slot's kind has them, with those that the maker of the file gave. */
function suffixPairs(slot: FileKind, made: FileKind): readonly { readonly to: string; readonly from: string }[] {
  const parts = partsOf(slot)
  const from = partsOf(made) ?? {}
  if (parts) return Object.entries(parts).map(([part, to]) => ({ to, from: from[part] ?? to }))
  if (slot.companions.length === 0) return [{ to: slot.extension, from: made.extension }]
  const ends = ['', ...slot.companions]
  return ends.map(end => ({ to: slot.extension + end, from: made.extension + end }))
}
const knownPromises = new WeakMap<StepShape, readonly Promised[]>()
function promises(step: StepShape): readonly Promised[] {
  const own = knownPromises.get(step) ?? Object.entries(step.outputs).map(([port, kind]) => promised(port, kind))
  knownPromises.set(step, own)
  return own
}
const promised = (port: string, kind: OutKind): Promised => {
  const suffixes = suffixesOf(fileOf(kind)) as readonly [string, ...string[]] // every kind has a file
  if ('many' in kind) return { port, list: suffixes }
  const files = suffixes.map(suffix => port + suffix) as [string, ...string[]] // as many
  return { port, files, ...('optional' in kind && { optional: true as const }) }
}
