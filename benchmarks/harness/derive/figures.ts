import type { Derived, Observed } from '../record.ts'
import { median, medianRatio, medianWithInterval, nextValue, outliers, ratios, smallestChange } from '../statistics.ts'
import { billOf } from './bill.ts'
import { paired, type Sampled } from './cells.ts'
import { toldByAll } from './taken.ts'

type Figure = Derived['figures'][number]

/** What each cell took, and how many times as fast as the baseline it was. */
export function figuresOf({ environments, definition }: Observed, sampled: readonly Sampled[]): readonly Figure[] {
  const { baseline } = definition
  return sampled.map(each => {
    const { cell, rounds, device } = each
    const all = [...rounds.values()]
    const walls = all.map(({ wall }) => wall)
    const [cpu, memory, gpu] = [
      toldByAll(all.map(each => each.cpu)),
      toldByAll(all.map(each => each.memory)),
      toldByAll(all.map(each => each.gpu)),
    ]
    const bill = billOf(environments[cell.environment], all)
    const base = sampled.find(
      ({ cell: { measure, arm, environment, caches } }) =>
        measure === cell.measure && caches === cell.caches && arm === baseline.arm && environment === baseline.environment,
    )
    const pairs = base && base !== each ? paired(base, each, 'wall') : undefined
    const next = nextValue(walls)
    const visible = smallestChange(
      pairs
        ? ratios(pairs.a, pairs.b)
        : ratios(
            walls,
            walls.map(() => median(walls)),
          ),
    )
    return {
      ...cell,
      runs: all.length,
      wall: medianWithInterval(walls),
      ...(next && { next }),
      ...(cpu && { cpu: medianWithInterval(cpu) }),
      ...(memory && { memory: Math.max(...memory) }),
      ...(gpu && { gpu: median(gpu), ...(device !== undefined && { device }) }),
      ...(bill && { cost: bill }),
      ...(pairs && { speedup: { ...medianRatio(pairs.a, pairs.b), base: median(pairs.a), pairs: pairs.a.length } }),
      ...(visible !== undefined && { visible }),
      outliers: outliers(walls),
    }
  })
}
