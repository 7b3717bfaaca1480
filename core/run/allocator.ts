import { TriremeError } from '../errors.ts'
import type { Job } from '../graph/jobs.ts'
import type { StepNode } from '../graph/node.ts'
import { bytesText, rung, rungs, sum } from '../vocabulary/quantity.ts'
import type { Cause } from './failure.ts'

/** Which share of the run's resources a step is granted, and whether a step that had too little may try again. */
export class Allocator {
  readonly #total: Share
  /** @param total what all steps may use together */
  constructor(total: Share) {
    this.#total = total
  }
  /** The grant of one step: its cores, at most those of the run, and the memory of the rung that it stands on. */
  of({ needs }: StepNode, climbed: number): Share {
    return {
      cpu: Math.min(needs.cpu, this.#total.cpu),
      memory: Math.min(rung(needs.memory, climbed), this.#total.memory),
      gpu: needs.gpu?.count ?? 0,
    }
  }
  /** The grant of a chain, whose steps run at once: the largest number of cores among them, since the slowest sets the pace, and the sum of their memory. */
  ofChain(members: readonly StepNode[], climbed: number): Share {
    const all = members.map(node => this.of(node, climbed))
    const memory = Math.min(sum(all.map(each => each.memory)), this.#total.memory)
    return { cpu: Math.max(...all.map(each => each.cpu)), memory, gpu: sum(all.map(each => each.gpu)) }
  }
  /**
   * Whether another attempt may help: after too little memory or time on the next of that ladder, where there is one; after a
   * declared transient exit while tries are left, and where an input was touched meanwhile, on the same. Each cause counts for itself.
   */
  mayTryAgain({ needs, step }: StepNode, cause: Cause | 'touched', { climbed, cost }: Job): boolean {
    if (cause === 'memory')
      return climbed.memory + 1 < rungs(needs.memory).length && rung(needs.memory, climbed.memory + 1) <= this.#total.memory
    if (cause === 'time') return needs.time !== undefined && climbed.time + 1 < rungs(needs.time).length
    if (cause === 'touched') return cost.touched < 2 // a file that was written to once stays as it is, most likely
    return cause === 'transient' && cost.transient < step.retry.times
  }
  /** @throws TriremeError `RESOURCES` when a step's first attempt asks for more memory or GPUs than there are */
  check({ needs }: StepNode, label: string): void {
    const memory = rung(needs.memory, 0)
    if (memory > this.#total.memory)
      throw new TriremeError(
        'RESOURCES',
        `Step ${label} needs ${bytesText(memory)} of memory, and this run may use ${bytesText(this.#total.memory)}. Raise --memory, run it on a larger machine, or lower the step's needs.memory.`,
      )
    const gpus = needs.gpu?.count ?? 0
    if (gpus > this.#total.gpu)
      throw new TriremeError(
        'RESOURCES',
        `Step ${label} needs ${gpus} GPU${gpus > 1 ? 's' : ''}, and this run may use ${this.#total.gpu}. Run it in an environment that has them, or choose the CPU for that step.`,
      )
  }
}
/** An amount of every resource that steps share. */
export interface Share {
  readonly cpu: number
  readonly memory: number
  readonly gpu: number
}

/** Items that wait for resources, the most urgent first. Those that do not fit are passed over: smaller ones behind them may start. */
export class ResourcePool<T> {
  #free: Share
  readonly #waiting: { readonly item: T; readonly rank: number; readonly share: Share }[] = []
  constructor(total: Share) {
    this.#free = total
  }
  /** @param rank urgency: the longest path that still follows */
  add(item: T, rank: number, share: Share): void {
    let [low, high] = [0, this.#waiting.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#waiting[middle]!.rank >= rank) low = middle + 1
      else high = middle
    }
    this.#waiting.splice(low, 0, { item, rank, share })
  }
  /** Takes out the most urgent item that fits, and its share of the resources. Looks at no more than 200 that do not fit. */
  take(): { readonly item: T; readonly share: Share } | undefined {
    if (this.#free.cpu <= 0) return undefined
    const reach = Math.min(this.#waiting.length, 200)
    for (let n = 0; n < reach; n++) {
      const { item, share } = this.#waiting[n]!
      if (share.cpu > this.#free.cpu || share.memory > this.#free.memory || share.gpu > this.#free.gpu) continue
      this.#waiting.splice(n, 1)
      this.#free = changedBy(this.#free, share, -1)
      return { item, share }
    }
    return undefined
  }
  give(share: Share): void {
    this.#free = changedBy(this.#free, share, 1)
  }
}
const changedBy = (a: Share, b: Share, sign: 1 | -1): Share => ({
  cpu: a.cpu + sign * b.cpu,
  memory: a.memory + sign * b.memory,
  gpu: a.gpu + sign * b.gpu,
})
