import type { Derived, Observed } from '../record.ts'
import { scalingFit } from '../scaling.ts'
import { medianRatio } from '../statistics.ts'
import { paired, type Sampled } from './cells.ts'

/** What more cores gave to each measure, beside the arm on one core, and the law that the points follow. */
export function fitsOf({ definition: { scaling, arms } }: Observed, sampled: readonly Sampled[]): Derived['fits'] {
  if (!scaling) return []
  const { law, cores } = scaling
  const one = Object.keys(arms).find(arm => cores[arm] === 1)
  return sampled
    .filter(({ cell }) => cell.arm === one)
    .flatMap(base => {
      const { measure, environment, caches } = base.cell
      const points = sampled
        .filter(({ cell }) => cell.measure === measure && cell.environment === environment && cell.caches === caches)
        .flatMap(each => {
          const own = cores[each.cell.arm]
          const pairs = own === undefined ? undefined : paired(base, each, 'wall')
          if (!pairs || own === undefined) return []
          return [{ cores: own, speedup: medianRatio(pairs.a, pairs.b).value * (law === 'weak' ? own : 1) }]
        })
        .sort((a, b) => a.cores - b.cores)
      const { law: name, serial, bound } = scalingFit(law, points)
      return { law: name, measure, environment, caches, points, ...(serial && { serial }), ...(bound !== undefined && { bound }) }
    })
}
