import os from 'node:os'
import type { Results } from '../define/pipeline.ts'
import type { Sink } from '../events.ts'
import type { StepNode } from '../graph/node.ts'
import type { Plan } from '../graph/plan.ts'
import type { Store } from '../store/store.ts'
import type { Perform } from './attempt.ts'
import { type Execution, execute } from './scheduler.ts'

/** How a plan runs on one machine, whatever the way a single step is run there. */
export interface MachineOptions {
  readonly store: Store
  /** Versions of the plan's tools, which are part of the keys: `await readyTools(plan)`. */
  readonly versions: ReadonlyMap<string, string>
  /** Id of the run: names its work folder and stands in the records. */
  readonly run: string
  /** Cores that steps may use together. @default all */
  readonly cpu?: number
  /** Memory that steps may use together, in bytes. @default all */
  readonly memory?: number
  /** GPUs that steps may use together. @default 0 */
  readonly gpu?: number
  /** Joins steps whose both ends can stream by pipes. @default true */
  readonly stream?: boolean
  /** Ends everything at the first failure. @default false: unrelated steps go on */
  readonly failFast?: boolean
  readonly on?: Sink
  /** Ends the run: children are stopped, and what is published stays. */
  readonly signal?: AbortSignal
}
/** Brings a plan to its results on this machine. */
export const runHere = <O extends Results>(
  plan: Plan<O>,
  options: MachineOptions,
  perform: Perform,
  joins?: (writer: StepNode, reader: StepNode) => boolean,
): Promise<Execution<O>> =>
  execute(
    plan,
    {
      store: options.store,
      versions: options.versions,
      run: options.run,
      total: { cpu: options.cpu ?? os.availableParallelism(), memory: options.memory ?? os.totalmem(), gpu: options.gpu ?? 0 },
      stream: options.stream ?? true,
      ...(joins && { joins }),
      failFast: options.failFast ?? false,
      on: options.on ?? (() => {}),
      signal: options.signal,
    },
    perform,
  )
