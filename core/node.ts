import type { Asset } from './asset.ts'
import type { Script } from './command.ts'
import type { InKinds, OutKinds } from './kind.ts'
import type { Needs, Seconds } from './quantity.ts'
import type { Given, Ref } from './ref.ts'
import type { Tool } from './tool.ts'

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
  /** Tells calls of the step apart in names and logs. Not part of the key. */
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
