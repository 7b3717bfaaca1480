import type { BucketPatience } from '../../../bucket/outages.ts'
import type { Sink } from '../../../events.ts'
import type { Store } from '../../../store/store.ts'
import type { ArgoEnvironment } from '../settings.ts'

export interface ArgoOptions {
  readonly store: Store
  /** Versions of the tools in the images, which are part of the keys. */
  readonly versions: ReadonlyMap<string, string>
  readonly run: string
  readonly environment: ArgoEnvironment
  /** Reference of the image that a step's name stands for. */
  readonly image: (name: string) => string
  /** @default true */
  readonly stream?: boolean
  /** Stops everything at the first failure. @default false */
  readonly failFast?: boolean
  readonly on?: Sink
  readonly signal?: AbortSignal
  /** Goes on with what this run has sent to the cluster, instead of sending it. */
  readonly attach?: boolean
  /** Milliseconds until a pod that cannot start is given up, and a workflow that no controller sees; between two looks at progress; and for which a pod may store in silence. */
  readonly patience?: {
    readonly queued?: number
    readonly passing?: number
    readonly lasting?: number
    readonly unseen?: number
    readonly events?: number
    readonly progress?: number
    readonly storing?: number
    /** With a bucket that does not answer. */
    readonly bucket?: Partial<BucketPatience>
  }
}
