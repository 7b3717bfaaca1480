import os from 'node:os'
import type { Sink } from '../events.ts'
import type { Results } from '../pipeline.ts'
import type { Plan } from '../plan.ts'
import { attempt } from '../run/attempt.ts'
import { type Execution, execute } from '../run/execution.ts'
import { endStarters } from '../run/starters.ts'
import type { Store } from '../store/store.ts'

export type { Execution, Made } from '../run/execution.ts'
export { readyTools } from '../run/tools.ts'
export { Store } from '../store/store.ts'

export interface LocalOptions {
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
/**
 * Runs a plan as processes of this machine. Work is kept under its key: a second run finds it done.
 * @throws TriremeError `RESOURCES` when a step needs more than there is, `STORE` when the store cannot be written; a failing step does not
 * throw, it is in the answer's `failures`
 */
export const runLocally = <O extends Results>(plan: Plan<O>, options: LocalOptions): Promise<Execution<O>> =>
  execute(
    plan,
    {
      store: options.store,
      versions: options.versions,
      run: options.run,
      total: { cpu: options.cpu ?? os.availableParallelism(), memory: options.memory ?? os.totalmem(), gpu: options.gpu ?? 0 },
      stream: options.stream ?? true,
      failFast: options.failFast ?? false,
      on: options.on ?? (() => {}),
      signal: options.signal,
    },
    attempt,
  ).finally(endStarters)
