import type { Limits } from '../environment/settings.ts'
import { TriremeError } from '../errors.ts'
import type { Chain } from '../graph/chains.ts'
import type { StepNode } from '../graph/node.ts'
import { bytesText, rung, rungs, sum } from '../vocabulary/quantity.ts'
import type { GpuPool } from './settings.ts'

/** The part of an environment that says what its nodes have. */
export interface NodePools {
  /** Of the environment, for messages. */
  readonly name: string
  readonly limits: Limits
  readonly gpuPools: readonly GpuPool[]
}
/** What a pod asks of a node: Kubernetes' quantities. */
export interface Amounts {
  readonly cpu: string
  readonly memory: string
  /** What the node reserves of its disk, and what the pod may write. */
  readonly disk: { readonly request: string; readonly limit: string }
}
/** Bytes for steps that do not say what they write. */
export interface DiskSettings {
  /** Left out: nothing is reserved, whatever the steps say. */
  readonly request?: number | undefined
  readonly limit: number
}
const mebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)}Mi`
const cores = (cpu: number) => (Number.isInteger(cpu) ? String(cpu) : `${Math.ceil(cpu * 1000)}m`)
const largest = (all: readonly number[]) => Math.max(...all)

/**
 * By rung of memory. Steps of a chain run at once: their memory adds up, and one of them is the slowest, so that the largest number of cores
 * serves; chains of a pod run one after another. What they write stays until the pod ends.
 */
export function amountsOf(
  chains: readonly Chain[],
  { cpu: cpuLimit, disk }: { readonly cpu: number | undefined; readonly disk: DiskSettings },
): readonly [Amounts, ...Amounts[]] {
  const members = chains.flatMap(chain => chain.members)
  const count = largest(members.map(({ needs }) => rungs(needs.memory).length))
  const cpu = cores(Math.min(largest(members.map(({ needs }) => needs.cpu)), cpuLimit ?? Number.POSITIVE_INFINITY))
  const told = sum(members.map(({ needs }) => (needs.disk === undefined ? 0 : rung(needs.disk, rungs(needs.disk).length - 1))))
  const all = members.every(({ needs }) => needs.disk !== undefined)
  const written = (bytes: number) => mebibytes(all ? told : Math.max(told, bytes))
  const at = (climbed: number): Amounts => ({
    cpu,
    memory: mebibytes(largest(chains.map(chain => sum(chain.members.map(({ needs }) => rung(needs.memory, climbed)))))),
    disk: { request: disk.request === undefined ? '0' : written(disk.request), limit: written(disk.limit) },
  })
  const rungsOf = Array.from({ length: count }, (_, climbed) => at(climbed))
  const last = rungsOf.findLastIndex(({ memory }) => memory !== rungsOf.at(-1)!.memory) + 1
  return [rungsOf[0]!, ...rungsOf.slice(1, last + 1)]
}
/** How often the steps may be tried again: with higher limits of time, and after transient exits that they declare. */
export interface Ladders {
  readonly time: number
  readonly tries: number
}
export const laddersOf = (chains: readonly Chain[]): Ladders => {
  const members = chains.flatMap(chain => chain.members)
  return {
    time: largest(members.map(({ needs: { time } }) => (time === undefined ? 0 : rungs(time).length - 1))),
    tries: largest(members.map(({ step }) => (step.retry.exits.length > 0 ? step.retry.times : 0))),
  }
}
/** Seconds after which a pod is ended from outside, in case its own limits did not work: only where all its steps have one. */
export function deadlineOf(chains: readonly Chain[]): number | undefined {
  const times = chains.map(({ members }) =>
    largest(members.map(({ needs: { time } }) => (time === undefined ? Number.POSITIVE_INFINITY : rung(time, rungs(time).length - 1)))),
  )
  const whole = sum(times)
  return Number.isFinite(whole) ? whole + 1800 : undefined
}
export const gpusOf = ({ members }: Chain): number => members.reduce((total, { needs }) => total + (needs.gpu?.count ?? 0), 0)

/** The first pool whose GPUs have the memory that every step of the chain needs. @throws TriremeError `RESOURCES` when there is none */
export function poolOf(chain: Chain, environment: NodePools, label: (node: StepNode) => string): GpuPool | undefined {
  if (gpusOf(chain) === 0) return undefined
  const needy = chain.members.filter(({ needs }) => needs.gpu)
  const memory = largest(needy.map(({ needs }) => needs.gpu?.memory ?? 0))
  const pool = environment.gpuPools.find(each => each.memory >= memory)
  const step = label(needy[0]!)
  if (pool) return pool
  if (environment.gpuPools.length === 0)
    throw new TriremeError(
      'RESOURCES',
      `Step ${step} needs ${gpusOf(chain)} GPU${gpusOf(chain) > 1 ? 's' : ''}, and environment "${environment.name}" has none. Add a pool to its gpuPools, run it in an environment that has them, or choose the CPU for that step.`,
    )
  throw new TriremeError(
    'RESOURCES',
    `Step ${step} needs a GPU with ${bytesText(memory)} of memory; those of environment "${environment.name}" have ${environment.gpuPools.map(each => `${each.model} ${bytesText(each.memory)}`).join(', ')}. Add a pool with larger ones to its gpuPools.`,
  )
}
/** @throws TriremeError `RESOURCES` when a chain needs more than the environment lets steps use */
export function checkLimits(chains: readonly Chain[], { name, limits }: NodePools, label: (node: StepNode) => string): void {
  for (const { members } of chains)
    for (const node of members) {
      const memory = rung(node.needs.memory, 0)
      if (limits.memory !== undefined && memory > limits.memory)
        throw new TriremeError(
          'RESOURCES',
          `Step ${label(node)} needs ${bytesText(memory)} of memory, and environment "${name}" lets steps use ${bytesText(limits.memory)}. Raise limits.memory of the environment, or lower the step's needs.memory.`,
        )
      const gpus = node.needs.gpu?.count ?? 0
      if (limits.gpu !== undefined && gpus > limits.gpu)
        throw new TriremeError(
          'RESOURCES',
          `Step ${label(node)} needs ${gpus} GPU${gpus > 1 ? 's' : ''}, and environment "${name}" lets steps use ${limits.gpu}. Raise limits.gpu of the environment, or choose the CPU for that step.`,
        )
    }
}
