import type { Environment } from '../../core/environment/settings.ts'
import type { Joins } from '../../core/graph/chains.ts'
import type { Plan, Results } from '../../core/graph/plan.ts'
import type { Execution, RunOptions } from '../../core/run/scheduler.ts'
import { targetOf } from '../../core/targets/registry.ts'
import type { Destination } from '../../core/targets/target.ts'

/** An environment with the images that names stand for in it. */
export async function destinationOf(environment: Environment, options: { readonly unpinned?: boolean } = {}): Promise<Destination> {
  if (!(await targetOf(environment)).images) return { environment, image: name => name }
  return { environment, image: await (await import('../machine/images.ts')).imagesIn(environment, options) }
}
/** Which steps a run in the environment may join by pipes. */
export async function joinsIn(environment: Environment): Promise<Joins> {
  return (await targetOf(environment)).joins(await destinationOf(environment))
}
/**
 * Runs a plan where the environment says.
 * @param attach goes on with what the run has sent, where its target can
 */
export async function runOn<O extends Results>(
  environment: Environment,
  plan: Plan<O>,
  options: RunOptions,
  attach = false,
): Promise<Execution<O>> {
  const target = await targetOf(environment)
  const at = { ...options, ...(await destinationOf(environment)) }
  return attach && target.attach ? target.attach.run(plan, at) : target.run(plan, at)
}
