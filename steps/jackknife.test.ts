import { expect, test } from 'vitest'
import { areaUnder, average, fewestGroups, logitEstimate, ratio, sampleOf, scoreEstimate, shareEstimate } from './jackknife.ts'
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
const right = things.map(({ probability, label }) => probability > 0.5 === (label === 1))
const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0)

const areaOf = (each: readonly Thing[]) =>
  areaUnder(
    sampleOf(each),
    each.map(({ probability }) => probability),
    each.map(({ label }) => label === 1),
  )!
const recallOf = (each: readonly Thing[]) =>
  ratio(
    sampleOf(each),
    each.map(({ label, probability }) => label * Number(probability > 0.4)),
    each.map(({ label }) => label),
  )!
test.each([
  ['of one class', things],
  ['of two classes', things.map((each, n) => (n % 3 === 0 ? { ...each, label: 1 - each.label } : each))],
])('without a group a figure is that of the others: groups %s', (_, all) => {
  const names = [...new Set(all.map(({ group }) => group))]
  for (const [number, name] of names.entries()) {
    const others = all.filter(({ group }) => group !== name)
    expect(areaOf(all).without[number]).toBeCloseTo(areaOf(others).value, 12)
    expect(recallOf(all).without[number]).toBeCloseTo(recallOf(others).value, 12)
  }
  const both = average([areaOf(all), recallOf(all)])!
  expect(both.without[3]).toBeCloseTo((areaOf(all).without[3]! + recallOf(all).without[3]!) / 2, 12)
})
const area = areaOf(things)
test('the spread is close to that of Obuchowski (1997), and a little more', () => {
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
  const deviation = (logit(high) - logit(low)) / 2 / 2.093 // 97.5 % of t with 19 degrees of freedom
  const known = Math.sqrt(variance) / (area.value * (1 - area.value))
  expect(deviation / known).toBeGreaterThan(1)
  expect(deviation / known).toBeLessThan(1.1)
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
  expect(wide(ten)).toBeCloseTo(wide(one), 2) // but for the quantile
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
test('groups of one class are drawn from it, mixed ones from one heap', () => {
  const strata = (...words: readonly string[]) => sampleOf(words.map(word => ({ group: word[0]!, label: Number(word[1]) }))).strata
  expect(strata('a1', 'b0', 'a1', 'c2')).toEqual([1, 0, 2])
  expect(strata('a1', 'b0', 'a0')).toEqual([0, 0])
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
  const why = `a class has ${fewestGroups - 1} groups, and an interval needs ${fewestGroups}`
  const [rare, often] = [1, 0].map(wanted => {
    const all = few.map(({ label }) => Number(label === wanted))
    return ratio(own, all, all)!
  })
  expect(scoreEstimate(rare, own)).toEqual({ value: 1, interval: null, why })
  expect(scoreEstimate(often, own).interval).not.toBeNull()
  expect(scoreEstimate(average([often!, rare!]), own)).toEqual({ value: 1, interval: null, why })
})
