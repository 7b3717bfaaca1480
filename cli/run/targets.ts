import type { Environment } from '../../core/environment/settings.ts'
import type { Plan, Results } from '../../core/graph/plan.ts'
import type { Execution } from '../../core/run/scheduler.ts'
import type { LocalOptions } from '../../core/targets/local/index.ts'
import { runLocally } from '../../core/targets/local/index.ts'

/**
 * Runs a plan on the target that the environment names; without one, on this machine.
 * @param attach goes on with what the run has sent to a cluster
 */
export async function runOn<O extends Results>(
  environment: Environment | undefined,
  plan: Plan<O>,
  options: LocalOptions,
  attach = false,
): Promise<Execution<O>> {
  if (environment === undefined || environment.target === 'local') return runLocally(plan, options)
  const { imagesIn } = await import('../machine/images.ts')
  const image = await imagesIn(environment)
  if (environment.target === 'argo')
    return (await import('../../core/targets/argo/follow/run.ts')).runOnArgo(plan, {
      ...options,
      environment,
      image,
      ...(attach && { attach: true }),
    })
  return (await import('../../core/targets/container/index.ts')).runInContainers(plan, { ...options, environment, image })
}
