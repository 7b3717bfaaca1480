import { sum } from '../../../core/vocabulary/quantity.ts'
import type { Derived, Observed } from '../record.ts'
import { type Estimate, median, medianRatio, medianWithInterval } from '../statistics.ts'
import { cellName, counted, paired, type Sampled, whose } from './cells.ts'
import { toldByAll } from './taken.ts'

type Claim = Observed['definition']['claims'][number]
type Told = Derived['claims'][number]

const words = { wall: 'wall', cpu: 'CPU', memory: 'memory' } as const
const take = {
  least: (values: readonly number[]) => Math.min(...values),
  most: (values: readonly number[]) => Math.max(...values),
  median,
  mean: (values: readonly number[]) => sum(values) / values.length,
} as const

/** Each claim in every environment, and with the caches, in which its arms were measured: met where the figure itself is within its bounds. */
export const claimsOf = (seen: Observed, sampled: readonly Sampled[]): Derived['claims'] =>
  seen.definition.claims.flatMap(claim => {
    const { least, most } = claim
    const bounds = { ...(least !== undefined && { least }), ...(most !== undefined && { most }) }
    const found = 'quality' in claim ? ofQuality(seen, claim) : ofResource(seen, claim, sampled)
    const lost: Pick<Told, 'what'> = { what: `${subject(claim)}${claim.environment === undefined ? '' : ` · ${claim.environment}`}` }
    if (found.length === 0) return [{ ...lost, ...bounds }]
    return found.map(({ what, estimate }) => ({ what, estimate, ...bounds, met: within(estimate.value, bounds) }))
  })
const within = (value: number, { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY }: { least?: number; most?: number }) =>
  value >= least && value <= most
const subject = (claim: Claim): string =>
  'quality' in claim
    ? `${claim.quality}, ${claim.take} · ${claim.arm}`
    : 'ratio' in claim
      ? `${words[claim.of]} · ${claim.measure} · ${claim.ratio.join(' / ')}`
      : `${words[claim.of]} · ${claim.measure} · ${claim.arm}`

interface Found {
  readonly what: string
  readonly estimate: Estimate
}
function ofQuality(seen: Observed, claim: Extract<Claim, { quality: string }>): readonly Found[] {
  const runs = counted(seen).filter(({ arm, environment }) => arm === claim.arm && (claim.environment ?? environment) === environment)
  return [...new Set(runs.map(({ environment }) => environment))].flatMap(environment => {
    const values = runs.flatMap(run => (run.environment === environment ? (run.quality[claim.quality] ?? []) : []))
    if (values.length === 0) return []
    return {
      what: `${claim.quality}, ${claim.take} · ${whose({ arm: claim.arm, environment })}`,
      estimate: { value: take[claim.take](values) },
    }
  })
}
function ofResource(seen: Observed, claim: Exclude<Claim, { quality: string }>, sampled: readonly Sampled[]): readonly Found[] {
  const { caches } = seen.definition
  const [arm, other] = 'ratio' in claim ? claim.ratio : [claim.arm]
  const own = sampled.filter(
    ({ cell }) => cell.arm === arm && cell.measure === claim.measure && (claim.environment ?? cell.environment) === cell.environment,
  )
  return own.flatMap((each): readonly Found[] => {
    const { measure, environment, caches: how } = each.cell
    if (other === undefined) {
      const values = toldByAll([...each.rounds.values()].map(taken => taken[claim.of]))
      return values ? [{ what: `${words[claim.of]} · ${cellName(each.cell, caches)}`, estimate: medianWithInterval(values) }] : []
    }
    const base = sampled.find(
      ({ cell }) => cell.arm === other && cell.measure === measure && cell.environment === environment && cell.caches === how,
    )
    const pairs = base && paired(each, base, claim.of)
    const name = cellName({ ...each.cell, arm: `${arm} / ${other}` }, caches)
    return pairs ? [{ what: `${words[claim.of]} · ${name}`, estimate: medianRatio(pairs.a, pairs.b) }] : []
  })
}
