import { expect, test } from 'vitest'
import { areaUnder, average, fewestGroups, logitEstimate, ratio, sampleOf, scoreEstimate, shareEstimate } from './influence.ts'
import { aucDeLong, shareWilson, uniform } from './statistics.ts'

interface Thing {
  readonly group: string
  readonly label: number
  readonly probability: number
}
const next = uniform(3)
/** Twenty groups a class, their images alike. */
const things: readonly Thing[] = Array.from({ length: 40 }, (_, g) => {
  const shared = next()
  return Array.from({ length: 1 + (g % 5) }, () => ({
    group: `${g}`,
    label: g % 2,
    probability: 0.4 * shared + 0.3 * next() + 0.3 * (g % 2) * next(),
  }))
}).flat()
const sample = sampleOf(things)
const positive = things.map(({ label }) => label === 1)
const area = areaUnder(
  sample,
  things.map(({ probability }) => probability),
  positive,
)!
const right = things.map(({ probability, label }) => probability > 0.5 === (label === 1))
const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0)

test('influence is what a figure moves by when a thing counts a little more', () => {
  const weight = 1e-6
  /** The AUC with one thing's weight raised, by pairs. */
  const moved = (raised: number) => {
    const of = (n: number) => (n === raised ? 1 + weight : 1)
    const pairs = things.flatMap((a, n) =>
      things.flatMap((b, m) => (a.label === 1 && b.label === 0 ? [[a, b, of(n) * of(m)] as const] : [])),
    )
    return (
      sum(pairs.map(([a, b, w]) => w * (a.probability > b.probability ? 1 : a.probability === b.probability ? 0.5 : 0))) /
      sum(pairs.map(([, , w]) => w))
    )
  }
  for (const n of [0, 1, 17, 60]) expect((moved(n) - area.value) / weight).toBeCloseTo(area.influence[n]!, 4)
  expect(sum(area.influence)).toBeCloseTo(0, 12)
  const share = ratio(
    sample,
    right.map(Number),
    positive.map(Number).map(() => 1),
  )!
  expect(sum(share.influence)).toBeCloseTo(0, 12)
})
test('the variance of Obuchowski (1997) by its formula', () => {
  const wins = (a: number, b: number) => (a > b ? 1 : a === b ? 0.5 : 0)
  const [own, others] = [1, 0].map(label => things.filter(each => each.label === label)) as [Thing[], Thing[]]
  const part = (mine: readonly Thing[], theirs: readonly Thing[], order: (a: number, b: number) => number) => {
    const groups = new Set(mine.map(({ group }) => group))
    const sums = [...groups]
      .map(group => mine.filter(each => each.group === group))
      .map(each =>
        sum(each.map(({ probability }) => sum(theirs.map(other => order(probability, other.probability))) / theirs.length - area.value)),
      )
    return ((groups.size / (groups.size - 1)) * sum(sums.map(each => each ** 2))) / mine.length ** 2
  }
  const variance = part(own, others, wins) + part(others, own, (a, b) => wins(b, a))
  const [low, high] = logitEstimate(area, sample).interval!
  const logit = (x: number) => Math.log(x / (1 - x))
  const quantile = ((logit(high) - logit(low)) / 2) * ((area.value * (1 - area.value)) / Math.sqrt(variance))
  expect(quantile).toBeGreaterThan(2.02) // of t with 38 degrees of freedom
  expect(quantile).toBeLessThan(2.1) // with 19
})
test('of independent things it is DeLong’s, but for the quantile', () => {
  const alone = things.map((each, n) => ({ ...each, group: `${n}` }))
  const own = sampleOf(alone)
  const judged = alone.map(({ probability, label }) => ({ probability, label: label === 1 ? (1 as const) : (0 as const) }))
  const { value, interval } = logitEstimate(
    areaUnder(
      own,
      judged.map(({ probability }) => probability),
      positive,
    ),
    own,
  )
  const known = aucDeLong(judged)
  expect(value).toBe(known.value)
  expect(Math.abs(interval![0] - known.interval![0])).toBeLessThan(0.003)
  expect(shareEstimate(own, right, positive)).toEqual(
    shareWilson(right.filter((each, n) => each && positive[n]).length, positive.filter(Boolean).length),
  )
})
test('ten equal images of a group say no more than one', () => {
  const wide = (each: readonly Thing[]) => {
    const [own, label] = [sampleOf(each), each.map(thing => thing.label)]
    const hits = each.map((thing, n) => Number(thing.probability > 0.4) * label[n]!)
    const [low, high] = scoreEstimate(ratio(own, hits, label), own).interval!
    return high - low
  }
  const one = things.map((each, n) => ({ ...each, group: `${n}` }))
  const ten = one.flatMap(each => Array.from({ length: 10 }, () => each))
  expect(wide(ten)).toBeCloseTo(wide(one), 9)
  const naive = ten.map((each, n) => ({ ...each, group: `${n}` }))
  expect(wide(ten)).toBeGreaterThan(2.5 * wide(naive))
})
test('where all agree the interval is that of so many groups', () => {
  const all = things.map(() => true)
  expect(shareEstimate(sample, all, all)).toEqual(shareWilson(40, 40))
  const recalls = [1, 0].map(
    wanted =>
      ratio(
        sample,
        things.map(({ label }) => Number(label === wanted)),
        things.map(({ label }) => Number(label === wanted)),
      )!,
  )
  expect(scoreEstimate(average(recalls), sample)).toEqual(shareWilson(40, 40))
})
test('too few groups have no interval, and the reason is told', () => {
  const few = things.filter(({ group }) => Number(group) < 2 * fewestGroups - 1)
  const own = sampleOf(few)
  const figure = areaUnder(
    own,
    few.map(({ probability }) => probability),
    few.map(({ label }) => label === 1),
  )
  expect(logitEstimate(figure, own)).toMatchObject({
    interval: null,
    why: `a class has ${fewestGroups - 1} groups, and an interval needs ${fewestGroups}`,
  })
})
