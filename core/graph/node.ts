import { PlanError } from '../errors.ts'
import type { Asset } from '../vocabulary/asset.ts'
import type { Script } from '../vocabulary/command.ts'
import { type FileKind, fileOf, type InKinds, type Many, type OutKinds, partsOf } from '../vocabulary/kind.ts'
import { refusesText, throwsForOthers } from '../vocabulary/misuse.ts'
import type { Needs, Seconds } from '../vocabulary/quantity.ts'
import type { Tool } from '../vocabulary/tool.ts'

/** A file with a known digest: where it is, and what it holds. */
export interface SourceFile {
  /** A path, or a URL that the target can read. */
  readonly url: string
  /** SHA-256 of the content, 64 hex digits. */
  readonly sha256: string
}
export interface SourceNode {
  readonly kind: 'source'
  readonly name: string
  /** By suffix after the common beginning: `{ '.bam': …, '.bam.bai': … }`. */
  readonly files: Readonly<Record<string, SourceFile>>
}
/** One file of a list that a step writes: any of them inside the body of an `each`, a certain one once the list is there. */
export interface ItemNode {
  readonly kind: 'item'
  readonly list: Ref
  /** Name of the file in the list; unknown until the list is written. */
  readonly name?: string
}
/** One call of a step. */
export interface StepNode {
  readonly kind: 'step'
  readonly step: StepShape
  readonly inputs: Readonly<Record<string, Given>>
  readonly params: Readonly<Record<string, unknown>>
  readonly needs: Needs
  readonly script: Script
  /** Distinguishes calls of the step in names and logs; none where it is empty. Not part of the key. */
  readonly tag: string | undefined
}
export interface EachNode {
  readonly kind: 'each'
  readonly list: Ref
  readonly item: ItemNode
  readonly body: Readonly<Record<string, Ref>>
}
export type Node = SourceNode | ItemNode | StepNode | EachNode

/** What targets need to know of a step, whatever its types. */
export interface StepShape {
  readonly name: string
  readonly image: string
  readonly tools: readonly Tool[]
  readonly inputs: InKinds
  readonly outputs: OutKinds
  readonly assets: Readonly<Record<string, Asset>>
  readonly streams: readonly string[]
  readonly stopsEarly: readonly string[]
  readonly retry: Retry
}
/** Exit statuses that the step calls transient, and how often it is then tried again. */
export interface Retry {
  /** Further attempts, after the first: 2 makes at most three in all. */
  readonly times: number
  readonly exits: readonly number[]
  /** Pause before each new attempt. @default none */
  readonly pause?: Seconds
}
/** A file of kind K that a step will make. While the pipeline's function runs there is no file to read yet. */
export interface Ref<out K extends FileKind | Many = FileKind | Many> {
  readonly kind: K
  readonly node: Node
  readonly port: string
  /** Conditions set by `after`: steps that use the file wait until these were made. Not part of any key. */
  readonly conditions?: readonly Ref[]
}

/** What fills one slot of a step. */
export type Given = Ref | readonly Ref[] | Readonly<Record<string, Ref>>
export const isRef = (given: unknown): given is Ref => typeof given === 'object' && given !== null && 'node' in given && 'port' in given
/** `Array.isArray` that knows of read-only arrays. */
export const isList = (given: unknown): given is readonly unknown[] => Array.isArray(given)
export const refsIn = (given: Given): readonly Ref[] => (isRef(given) ? [given] : isList(given) ? given : Object.values(given))
/**
 * The same file, but steps that use it wait until the conditions were made, and are skipped when one of them fails:
 * `const checked = after(reads, check({ reads }).report)`. Keys do not change: the content is the same.
 */
export const after = <R extends Ref>(ref: R, ...conditions: readonly Ref[]): R =>
  refTo(ref.kind, ref.node, ref.port, [...(ref.conditions ?? []), ...conditions]) as R // of the same kind

/** What a refPrototype file is, in a message. */
export const refWords = ({ node, port, kind }: Ref): string =>
  node.kind === 'step'
    ? `output "${port}" of step "${node.step.name}"`
    : node.kind === 'source'
      ? `file "${node.name}"`
      : node.kind === 'item'
        ? `the item of an each, a ${fileOf(kind).format}`
        : `the gathered list "${port}" of an each`
/** Makes a promise of a file: data, and an error where it is taken for text or for a file that is there. */
export function refTo<K extends FileKind | Many>(kind: K, node: Node, port: string, conditions?: readonly Ref[]): Ref<K> {
  const ref: Ref<K> = Object.create(refPrototype)
  return Object.assign(ref, { kind, node, port }, conditions && { conditions })
}
const fromHere = 'The file is made when the pipeline runs, after this code is done.'
const textFault = (ref: Ref) =>
  new PlanError(
    'WIRING',
    `${sentence(refWords(ref))} was taken for text. ${fromHere} Give it to a step as an input; in the step's command its path is a word by itself, or part of one: word\`--in=\${…}\`. Make names of the columns of a sheet or of parameters, which are text.`,
  )
const refPrototype = throwsForOthers(
  {
    conditions: undefined,
    ...refusesText<Ref>(refWords, textFault),
    toJSON(this: Ref): never {
      throw textFault(this)
    },
  },
  (name, ref) => missingFault(name, ref as Ref), // it is the prototype of refs alone
)
function missingFault(name: string, ref: Ref): PlanError {
  const what = sentence(refWords(ref))
  const parts = Object.keys(partsOf(fileOf(ref.kind)) ?? {})
  const is = 'many' in ref.kind ? 'stands for a list that a step writes' : 'stands for one file'
  const remedy =
    'many' in ref.kind
      ? 'Go through it with each(list, item => …), or give the whole list to a step.'
      : parts.includes(name)
        ? `Give the whole file to a step, whose command may ask for "${name}".`
        : 'Give it to a step as it is.'
  return new PlanError('WIRING', `${what} was asked for "${name}". It ${is}. ${fromHere} ${remedy}`)
}
/** Words that begin a sentence. */
const sentence = (words: string) => `${words[0]!.toUpperCase()}${words.slice(1)}`
