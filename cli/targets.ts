import type { Environment } from '../core/environment.ts'
import type { Results } from '../core/pipeline.ts'
import type { Plan } from '../core/plan.ts'
import type { Execution } from '../core/run/execution.ts'
import type { LocalOptions } from '../core/targets/local.ts'
import { runLocally } from '../core/targets/local.ts'

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
  const { imagesIn } = await import('./images.ts')
  const image = await imagesIn(environment)
  if (environment.target === 'argo')
    return (await import('../core/targets/argo/run.ts')).runOnArgo(plan, {
      ...options,
      environment,
      image,
      ...(attach && { attach: true }),
    })
  return (await import('../core/targets/container.ts')).runInContainers(plan, { ...options, environment, image })
}
