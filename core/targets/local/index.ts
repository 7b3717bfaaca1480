import type { Plan, Results } from '../../graph/plan.ts'
import { type Execution, type RunOptions, runHere } from '../../run/scheduler.ts'

export { readyTools } from '../../host/tools.ts'
export type { Execution, Made, RunOptions as LocalOptions } from '../../run/scheduler.ts'
export { Store } from '../../store/store.ts'

let loaded: Promise<typeof import('./runner.ts')> | undefined
/** Modules that start programs are loaded when the first step runs: a run in which all is cached ends sooner. */
const loadRunner = () => {
  loaded ??= import('./runner.ts')
  return loaded
}
/**
 * Runs a plan as processes of this machine. Work is kept under its key: a second run finds it done.
 * @throws TriremeError `RESOURCES` when a step needs more than there is, `STORE` when the store cannot be written; a failing step does not
 * throw, it is in the answer's `failures`
 */
export const runLocally = <O extends Results>(plan: Plan<O>, options: RunOptions): Promise<Execution<O>> =>
  runHere(plan, options, { attempt: async (...at) => (await loadRunner()).attempt(...at) }).finally(async () =>
    (await loaded)?.endStarters(),
  )
