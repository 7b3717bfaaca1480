import { type Target, within } from '../harness/compare.ts'
import type { Row } from '../harness/result.ts'

/** A figure of several trials: `of` says which of them the claim is about. All are kept. */
export function rowOf(
  what: string,
  unit: Row['unit'],
  all: readonly number[],
  target: Target,
  of: (all: readonly number[]) => number = worst(target),
): Row {
  const value = of(all)
  return { what, unit, value, all: [...all], target, met: within(value, target) }
}
const worst =
  ({ most }: Target) =>
  (all: readonly number[]): number =>
    most === undefined ? Math.min(...all) : Math.max(...all)
export const mean = (list: readonly number[]): number => list.reduce((sum, each) => sum + each, 0) / list.length
