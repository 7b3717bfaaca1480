import type { EachNode, StepNode } from '../../../graph/node.ts'
import type { JobWord } from '../../../inside/job.ts'
import type { There } from '../../../pods/remaining-work.ts'
import type { Climbed } from '../../../vocabulary/quantity.ts'
import type { ArgoEnvironment } from '../settings.ts'
import type { Workflow } from './manifest-schema.ts'

export type { Workflow } from './manifest-schema.ts'

/** A plan as objects for a cluster: what to upload, what to submit, and which pod runs which steps. */
export interface Compiled {
  /** In the order they are submitted, each after the one before has succeeded; most often one. */
  readonly workflows: readonly Workflow[]
  /** By key in the bucket, below the environment's prefix: `objects/<sha256>`. */
  readonly objects: ReadonlyMap<string, string | Uint8Array>
  /** Input files, to be at `sources/<sha256>`. */
  readonly sources: readonly { readonly sha256: string; readonly url: string }[]
  readonly tasks: readonly CompiledTask[]
  /** Steps that are left out, since nobody knows them before more lists are there: those of an `each` within an `each`, and what needs them. */
  readonly later: readonly string[]
}
/** One pod, before it runs. */
export interface CompiledTask {
  /** Number of its workflow. */
  readonly workflow: number
  /** Name of the DAG task: unique in the workflow. */
  readonly name: string
  /** The steps that run in it, in their order. */
  readonly entries: readonly CompiledEntry[]
  /**
   * The task is in the body of this `each` and runs once for every file of the list. Steps of the branch for file `name` are
   * `branchOf(each, name).nodes`, in the order of `bodyOf(each)`: their keys are those the pod has as parameters.
   */
  readonly each?: EachNode
}
export interface CompiledEntry {
  /** Folder in the pod: `/w/<place>`, `/w/out/<place>`. */
  readonly place: number
  /** Derivation key, below `entries/`. In the body of an `each`: the key of the step for an unnamed item, which no entry has. */
  readonly key: string
  /** Parameter of the task that holds the key. */
  readonly parameter: string
  readonly label: string
  readonly node: StepNode
  /** Number of its chain in the pod. */
  readonly chain: number
  /** Whether it leaves files: a step that only feeds a pipe leaves none, and no record. */
  readonly kept: boolean
  /** Words of its first attempt, by pipe and stage: for people. */
  readonly argv: readonly (readonly (readonly JobWord[])[])[]
}

export interface CompileOptions {
  readonly environment: ArgoEnvironment
  /** Versions of the tools in the images, which are part of the keys. */
  readonly versions: ReadonlyMap<string, string>
  /** Reference of the image that a step names: a repository with its digest. */
  readonly image: (name: string) => string
  /** Entries that the bucket holds: what they make is pruned, and a list among them is expanded. @default none */
  readonly there?: There
  /** Rungs on which a step begins: what earlier attempts at it have shown. @default the lowest */
  readonly start?: (node: StepNode) => Climbed
  /** Joins steps whose both ends can stream by pipes. @default true */
  readonly stream?: boolean
  /** Lets short steps share a pod with the one they follow. @default true */
  readonly share?: boolean
}
