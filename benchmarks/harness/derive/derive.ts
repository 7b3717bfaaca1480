import type { Derived, Observed } from '../record.ts'
import { cells, counted } from './cells.ts'
import { claimsOf } from './claims.ts'
import { figuresOf } from './figures.ts'
import { fitsOf } from './fits.ts'
import { differingOutputs } from './outputs.ts'
import { qualityOf, refusedQuality } from './quality.ts'
import { warningsOf } from './warnings.ts'

/** All that follows from what was seen: the same on every machine, whenever it is computed. */
export function derive(seen: Observed): Derived {
  const sampled = cells(seen)
  const quality = qualityOf(seen)
  const figures = [...figuresOf(seen, sampled)]
  return sixDigits({
    refusals: [...refusedQuality(seen, quality), ...differingOutputs(seen.definition, counted(seen))],
    figures,
    quality,
    fits: fitsOf(seen, sampled),
    claims: claimsOf(seen, sampled),
    warnings: [...warningsOf(seen, sampled, figures)],
  })
}
/** Further digits say nothing, and machines need not agree on the last ones of a logarithm. */
function sixDigits<T>(value: T): T
function sixDigits(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? value : Number(value.toPrecision(6))
  if (Array.isArray(value)) return value.map(each => sixDigits(each))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, sixDigits(each)]))
}
