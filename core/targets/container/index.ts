import { ofOneImage } from '../../graph/chains.ts'
import type { Plan, Results } from '../../graph/plan.ts'
import { attemptWith } from '../../run/attempt.ts'
import { type Execution, type RunOptions, runHere } from '../../run/scheduler.ts'
import { callerFor, findEngine } from './engine.ts'
import { containerRunner } from './runner.ts'
import type { ContainerEnvironment } from './settings.ts'

export type { Execution, Made } from '../../run/scheduler.ts'
export { Store } from '../../store/store.ts'

export interface ContainerOptions extends RunOptions {
  readonly environment: Pick<ContainerEnvironment, 'engine' | 'network' | 'limits'>
  /** Reference of the image that a step names: repository and digest, or a tag. */
  readonly image: (name: string) => string
}
/**
 * Runs a plan on this machine, each chain of steps in a container of its own. Keys are made with the versions of the tools in the images, so
 * `versions` holds those. All else is as in a local run: the store, the events, the errors.
 * @throws TriremeError `ENVIRONMENT` when there is no engine or an image cannot be had; otherwise as `runLocally`
 */
export async function runInContainers<O extends Results>(plan: Plan<O>, options: ContainerOptions): Promise<Execution<O>> {
  const { environment, image, run } = options
  const engine = findEngine(environment.engine)
  const caller = await callerFor(engine)
  const attempt = attemptWith(containerRunner({ engine, caller, network: environment.network, image, run }))
  const limits = Object.fromEntries(Object.entries(environment.limits).filter(([, limit]) => limit !== undefined))
  return runHere(plan, { ...limits, ...options }, { attempt, joins: ofOneImage(image) })
}
