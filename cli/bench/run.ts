import { TriremeError } from '../../core/errors.ts'
import { findComparison } from '../project/catalogue.ts'

export interface BenchOptions {
  readonly on?: string
  readonly runs?: string
  readonly quick?: boolean
  readonly seed?: string
  readonly scratch?: string
  readonly store?: string
}
export async function runComparisons(names: readonly string[], _options: BenchOptions): Promise<void> {
  for (const name of names) await findComparison(name)
  throw new TriremeError('USAGE', '"trireme bench run" is not there yet.')
}
