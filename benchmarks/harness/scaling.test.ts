import { expect, test } from 'vitest'
import { normal } from '../../test/noise.ts'
import { generator } from './random.ts'
import { scalingFit, serialAt } from './scaling.ts'

/** Points of a program with a serial share, on so many cores, whose times have log-normal noise. */
function pointsOf(law: 'strong' | 'weak', serial: number, cores: readonly number[], spread = () => 0) {
  const seconds = cores.map(p => (law === 'strong' ? serial + (1 - serial) / p : p / (serial + (1 - serial) * p)) * Math.exp(spread()))
  return cores.map((p, n) => ({ cores: p, speedup: (law === 'strong' ? 1 : p) * (seconds[0]! / seconds[n]!) }))
}
test.each([0, 0.03, 0.25, 1])('points without noise give the share that made them: %d', serial => {
  for (const law of ['strong', 'weak'] as const) {
    const { serial: fitted, bound } = scalingFit(law, pointsOf(law, serial, [1, 2, 4, 8]))
    expect(fitted?.value).toBeCloseTo(serial, 6)
    if (law === 'strong' && serial > 0) expect(bound).toBeCloseTo(1 / serial, 3)
    else expect(bound).toBeUndefined()
  }
})
test('under four points there are the points and the bound of the last', () => {
  const points = pointsOf('strong', 0.2, [1, 2, 4])
  expect(serialAt(points[2]!)).toBeCloseTo(0.2)
  expect(scalingFit('strong', points)).toEqual({ law: 'Amdahl', bound: expect.closeTo(5) })
  expect(scalingFit('strong', points.toReversed()).bound).toBeCloseTo(5)
  expect(scalingFit('weak', points)).toEqual({ law: 'Gustafson' })
  expect(scalingFit('strong', points.slice(0, 1))).toEqual({ law: 'Amdahl' })
  expect(scalingFit('strong', [{ cores: 4, speedup: 4.4 }])).toEqual({ law: 'Amdahl' }) // faster than four cores can be: no bound
  expect(scalingFit('strong', [{ cores: 2, speedup: 0.3 }])).toEqual({ law: 'Amdahl' }) // slower than one: the law does not hold
})
test('what follows no law has an interval that says so', () => {
  const { serial } = scalingFit(
    'strong',
    [1, 2, 4, 8].map((cores, n) => ({ cores, speedup: [1, 3.9, 1.2, 5][n]! })),
  )
  expect(serial!.low).toBe(0)
  expect(serial!.high).toBeGreaterThan(0.9)
})
test.each([
  ['strong', 0.1, [1, 2, 4, 8]],
  ['strong', 0.3, [1, 2, 3, 4, 6, 8]],
  ['weak', 0.1, [1, 2, 4, 8]],
  ['weak', 0.3, [1, 2, 3, 4, 6, 8]],
] as const)(
  '%s, serial share %d, cores %j: the interval holds it as often as it says, the noise of the base included',
  (law, serial, cores) => {
    const random = generator(cores.length)
    let held = 0
    for (let n = 0; n < 500; n++) {
      const { low, high } = scalingFit(
        law,
        pointsOf(law, serial, cores, () => 0.05 * normal(random)),
      ).serial!
      if (low! <= serial && serial <= high!) held++
    }
    expect(held / 500).toBeGreaterThan(0.93)
    expect(held / 500).toBeLessThan(0.99)
  },
)
