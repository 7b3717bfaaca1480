import { describe, expect, test } from 'vitest'
import { normal } from '../../../test/noise.ts'
import { generator } from '../random.ts'
import { judge, type Ratios, ratioOf, smallestSeen, usual } from './rule.ts'

type Random = () => number
/** How far the logarithm of the next run lies from that of its true time. */
type Machine = (random: Random) => () => number

const quiet: Machine = random => () => 0.05 * normal(random)
const machines = {
  'log-normal': quiet,
  "tails of Student's t with 3 degrees of freedom": random => () =>
    (0.05 * normal(random)) / Math.sqrt((normal(random) ** 2 + normal(random) ** 2 + normal(random) ** 2) / 3),
  'one run in ten up to half slower': random => () => 0.05 * normal(random) + (random() < 0.1 ? 0.4 * random() : 0),
  'a machine that becomes half slower meanwhile': random => {
    let run = 0
    return () => 0.05 * normal(random) + 0.5 * (run++ / 60)
  },
  'a machine that jumps by 20 %, every tenth run': random => {
    let level = 0
    return () => {
      if (random() < 0.1) level = 0.2 * normal(random)
      return level + 0.05 * normal(random)
    }
  },
} satisfies Record<string, Machine>

/** Rounds of two builds, of which the later takes so much longer by the clock; each round in an order that is drawn. */
function rounds(random: Random, machine: Machine, slower: number): () => Ratios {
  const [wall, cpu] = [machine(random), machine(random)]
  const ratio = (run: () => number, more: number) => {
    const [first, second] = [run(), run()]
    return (1 + more) * Math.exp(random() < 0.5 ? first - second : second - first)
  }
  return () => ({ wall: ratio(wall, slower), cpu: ratio(cpu, 0) })
}
async function alarms(random: Random, machine: Machine, slower: number, gates: number): Promise<number> {
  let found = 0
  for (let n = 0; n < gates; n++) if ((await judge(usual, rounds(random, machine, slower))).slower.length > 0) found++
  return found / gates
}
describe.each(Object.entries(machines))('%s', (name, machine) => {
  test('equal builds raise an alarm at most once in a hundred', async () => {
    expect(await alarms(generator(1), machine, 0, machine === quiet ? 2_000 : 500)).toBeLessThanOrEqual(0.01)
  })
  test('10 % more time is found', async () => {
    const found = await alarms(generator(2), machine, 0.1, machine === quiet ? 2_000 : 500)
    expect(found).toBeGreaterThan({ 'log-normal': 0.95, 'a machine that becomes half slower meanwhile': 0.95 }[name] ?? 0.65)
  })
})
test('nine alarms in ten are raised again, where one commit in ten takes 10 % more time', async () => {
  const random = generator(3)
  let [raised, again] = [0, 0]
  for (let commit = 0; commit < 3_000; commit++) {
    const slower = commit % 10 === 0 ? 0.1 : 0
    if ((await alarms(random, quiet, slower, 1)) === 0) continue
    raised++
    again += await alarms(random, quiet, slower, 1)
  }
  expect(raised).toBeGreaterThan(250)
  expect(again / raised).toBeGreaterThan(0.9)
})
test('a slow-down in CPU seconds alone is found too', async () => {
  const next = rounds(generator(4), quiet, 0.2)
  const { slower } = await judge(usual, () => {
    const { wall, cpu } = next()
    return { wall: cpu, cpu: wall }
  })
  expect(slower).toEqual(['cpu'])
})
test('what is seen but is worth no alarm raises none, and equal builds without noise take ten rounds', async () => {
  const exact = await judge(usual, () => ({ wall: 1.02, cpu: 1 }))
  expect(exact).toMatchObject({ slower: [], suspected: [], confirmation: [] })
  expect(exact.search.length).toBe(10)
  expect(await judge({ ...usual, least: 0.01 }, () => ({ wall: 1.02, cpu: 1 }))).toMatchObject({ slower: ['wall'] })
})
test('the ratio of an alarm is that of the rounds that confirmed it', async () => {
  let round = 0
  const verdict = await judge(usual, () => ({ wall: round++ < 10 ? 1.5 : 1.1, cpu: 1 }))
  expect(ratioOf(verdict, 'wall')).toEqual({ value: expect.closeTo(1.1), low: expect.closeTo(1.1), high: expect.closeTo(1.1) })
  expect(verdict.slower).toEqual(['wall'])
})
test('the smallest slow-down that a gate says it could have seen is seen nine times in ten', async () => {
  const random = generator(5)
  const told: number[] = []
  for (let n = 0; n < 11; n++) told.push((await smallestSeen(usual, await judge(usual, rounds(random, quiet, 0)), 'wall'))!)
  const smallest = told.sort((a, b) => a - b)[5]!
  expect(smallest).toBeGreaterThan(0.05)
  expect(smallest).toBeLessThan(0.1)
  const found = await alarms(random, quiet, smallest, 1_000)
  expect(found).toBeGreaterThan(0.8)
  expect(found).toBeLessThan(0.97)
})
test('where not even twice the time would be seen, no smallest slow-down is told', async () => {
  const verdict = await judge(
    usual,
    rounds(generator(6), random => () => 3 * normal(random), 0),
  )
  expect(await smallestSeen(usual, verdict, 'wall')).toBeUndefined()
})
