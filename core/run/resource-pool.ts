/** An amount of every resource that steps share. */
export interface Share {
  readonly cpu: number
  readonly memory: number
  readonly gpu: number
}
/** Things that wait for resources, the most urgent first; those that do not fit are passed over, not waited for. */
export class Pool<T> {
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
      this.#free = sum(this.#free, share, -1)
      return { item, share }
    }
    return undefined
  }
  give(share: Share): void {
    this.#free = sum(this.#free, share, 1)
  }
}
const sum = (a: Share, b: Share, sign: 1 | -1): Share => ({
  cpu: a.cpu + sign * b.cpu,
  memory: a.memory + sign * b.memory,
  gpu: a.gpu + sign * b.gpu,
})
