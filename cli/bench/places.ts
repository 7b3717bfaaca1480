import { machine } from '../../benchmarks/harness/machine.ts'
import { prices } from '../../benchmarks/harness/prices.ts'
import type { Record2 } from '../../benchmarks/harness/record.ts'
import type { Environment } from '../../core/environment/settings.ts'
import { shown, TriremeError } from '../../core/errors.ts'
import { canonical, sha256 } from '../../core/graph/key.ts'
import type { GpuPool } from '../../core/pods/settings.ts'
import { targetOf } from '../../core/targets/registry.ts'
import { findEnvironment, withOwnBucket } from '../project/environments.ts'

/** Where pipelines run, as the runner needs to know it. */
export interface Where {
  readonly environment: Environment
  /** Its steps are no processes that a run waits for: they run in images, here or elsewhere. */
  readonly apart: boolean
  /** It has a bucket, in which each run gets a folder of its own. */
  readonly bucket: boolean
  readonly recorded: Record2['environments'][string]
}
export async function whereIs(name: string): Promise<Where> {
  const environment = await findEnvironment(name)
  const { name: _, ...settings } = environment
  const price = priceOf(environment.price, `the environment "${name}"`)
  const pools = poolsOf(environment)
  return {
    environment,
    apart: (await targetOf(environment)).images !== undefined,
    bucket: (await withOwnBucket(name, 'bench')) !== undefined,
    recorded: {
      target: environment.target,
      settings: sha256(canonical(JSON.parse(JSON.stringify(settings)))), // as data: a schema may leave what is undefined
      ...(price && { price }),
      ...(pools.length > 0 && { pools }),
    },
  }
}
type Recorded = Record2['environments'][string]
/** A row of prices, as a record holds it. */
function priceOf(name: string | undefined, environment: string): Recorded['price'] {
  const all = prices()
  const row = name === undefined ? undefined : all.get(name)
  if (name === undefined) return undefined
  if (row === undefined)
    throw new TriremeError(
      'ENVIRONMENT',
      `There is no price ${shown(name)}, which ${environment} names. There are: ${[...all.keys()].join(', ')}. Correct the name, or leave it out.`,
    )
  const { currency, hour, gpu, billed, source, date } = row
  return { name, currency, hour, ...(gpu && { gpus: gpu.count }), ...(billed && { billed }), source, date }
}
function poolsOf(environment: Environment): NonNullable<Recorded['pools']> {
  const { gpuPools = [] } = environment as { readonly gpuPools?: readonly GpuPool[] } // of targets that have pools
  return gpuPools.map(({ model, spot, price: name }) => {
    const price = priceOf(name, `the GPU pool ${model} of the environment "${environment.name}"`)
    return { model, ...(spot && { spot: true as const }), ...(price && { price }) }
  })
}
/** What an environment of this machine lacks for an arm, in words. */
export function whatLacks(
  { apart, bucket }: Where,
  settings: { readonly cpu?: number | undefined; readonly gpu?: number | undefined } | undefined,
  here: Pick<Record2['machine'], 'gpu'>,
): string | undefined {
  if (apart && bucket) return undefined // what a cluster has is asked there
  const { cpu = 1, gpu = 0 } = settings ?? {}
  const { cores } = machine()
  const gpus = here.gpu?.count ?? 0
  if (cpu > cores) return `it takes ${cpu} cores, and this machine has ${cores}`
  return gpu > gpus ? `it takes ${gpu} GPU${gpu === 1 ? '' : 's'}, and this machine has ${gpus === 0 ? 'none' : gpus}` : undefined
}
