import library from 'jstat'
import type { Estimate } from './statistics.ts'

// What cores are worth: Amdahl's law for the same work on more cores (AFIPS 1967, doi 10.1145/1465482.1465560), Gustafson's for as much more work (CACM 31, 1988, doi 10.1145/42411.42415).

const { jStat } = library

export interface ScalingPoint {
  readonly cores: number
  /** The same work: seconds on one core / seconds on so many. As much more work: that, times the cores. */
  readonly speedup: number
}
/** Speedup on so many cores if a share of the work, or of the time on all cores, is serial. */
const laws = {
  strong: { name: 'Amdahl', speedup: (serial: number, cores: number) => 1 / (serial + (1 - serial) / cores) },
  weak: { name: 'Gustafson', speedup: (serial: number, cores: number) => serial + (1 - serial) * cores },
} as const

/** The serial share that one point alone gives (Karp & Flatt, CACM 33, 1990, doi 10.1145/78607.78614). It holds what parallel work costs in addition. */
export const serialAt = ({ cores, speedup }: ScalingPoint): number => (1 / speedup - 1 / cores) / (1 - 1 / cores)

/** Four numbers of cores: with three, two parameters leave one degree of freedom, and an interval that says nothing. */
const fewest = 4
/**
 * Fits a law to points by least squares of the logarithms, since noise of times is relative. The time on one core, by which all speedups are divided, has noise too, so
 * its factor is fitted as well: all points may be off by the same. The interval is the profile's: all shares whose sum of squares is less than (1 + t²/(n - 2)) times the
 * least, t that of Student for 95 % and n - 2 degrees of freedom (Bates & Watts, Nonlinear Regression Analysis, 1988, section 6.1). It says how far the points follow the
 * law, noise and misfit together. Under four points there are only the points and the bound.
 */
export function scalingFit(
  law: keyof typeof laws,
  points: readonly ScalingPoint[],
): { readonly law: 'Amdahl' | 'Gustafson'; readonly serial?: Estimate; readonly bound?: number } {
  const { name, speedup } = laws[law]
  const several = points.filter(({ cores }) => cores > 1)
  if (new Set(points.map(({ cores }) => cores)).size < fewest) {
    const last = several.toSorted((a, b) => a.cores - b.cores).at(-1)
    return { law: name, ...(law === 'strong' && last !== undefined && boundOf(serialAt(last))) }
  }
  const squares = (serial: number) => {
    const off = points.map(point => Math.log(point.speedup / speedup(serial, point.cores)))
    const shared = jStat.mean(off)
    return off.reduce((sum, each) => sum + (each - shared) ** 2, 0)
  }
  const value = lowest(squares)
  const freedom = points.length - 2
  const most = squares(value) * (1 + jStat.studentt.inv(0.975, freedom) ** 2 / freedom)
  const end = (outer: 0 | 1) => (squares(outer) <= most ? outer : crossing(serial => squares(serial) <= most, value, outer))
  return { law: name, serial: { value, low: end(0), high: end(1) }, ...(law === 'strong' && boundOf(value)) }
}
/** With no serial share there is no bound; with more than all, as where cores cost time, the law says nothing. */
const boundOf = (serial: number): { readonly bound?: number } => (serial > 1e-6 && serial <= 1 ? { bound: 1 / serial } : {})
/** Steps that bring an interval of 1 down to what a double tells apart. */
const halvings = 60
/** Where from 0 to 1 a function that falls and then rises is lowest. */
function lowest(f: (x: number) => number): number {
  let [low, high] = [0, 1]
  for (let n = 0; n < 2 * halvings; n++) {
    const third = (high - low) / 3
    if (f(low + third) <= f(high - third)) high -= third
    else low += third
  }
  return (low + high) / 2
}
/** Between a point that holds and one that does not: where it changes. */
function crossing(holds: (x: number) => boolean, inner: number, outer: number): number {
  for (let n = 0; n < halvings; n++) {
    const middle = (inner + outer) / 2
    if (holds(middle)) inner = middle
    else outer = middle
  }
  return inner
}
