import { sum } from '../../../core/vocabulary/quantity.ts'
import { cost } from '../prices.ts'
import type { Derived, Observed } from '../record.ts'
import { median } from '../statistics.ts'
import type { Taken } from './taken.ts'

type Where = Observed['environments'][string]
type Price = NonNullable<Where['price']>

/**
 * What a cell costs, the median of its runs: machines of GPU pools for their share and the seconds in which steps ran on them, all others at the
 * price of the environment. Undefined where a part of it has no price, or two parts have prices in different currencies.
 */
export function billOf(where: Where | undefined, all: readonly Taken[]): Derived['figures'][number]['cost'] {
  if (!where) return undefined
  const bills = all.map(taken => partsOf(where, taken))
  const prices = bills.flat().map(({ price }) => price)
  const [first] = prices
  if (!first || prices.some(price => price?.currency !== first.currency)) return undefined
  const values = bills.map(parts => sum(parts.map(({ price, seconds, share }) => (price ? cost(price, seconds) * share : 0))))
  return { currency: first.currency, value: median(values) }
}
interface Part {
  readonly price: Price | undefined
  /** Of a whole machine. */
  readonly seconds: number
  readonly share: number
}
function partsOf({ price, pools = [] }: Where, taken: Taken): readonly Part[] {
  if (taken.pools.size === 0) return [{ price, seconds: taken.wall, share: 1 }]
  const others = taken.outside === undefined ? [] : [{ price, seconds: taken.outside, share: 1 }]
  const ofPools = [...taken.pools].map(([n, seconds]) => {
    const own = pools[n]?.price
    return { price: own, seconds, share: 1 / (own?.gpus ?? 1) }
  })
  return [...others, ...ofPools]
}
