import library from 'jstat'
import { describe, expect, test } from 'vitest'
import { ofTwo, type Quality, qualityOf, type Unit } from './quality.ts'
import { uniform } from './statistics.ts'

// How often intervals of 95 % hold the truth, where it is known because images are drawn. TRIREME_COVERAGE=1000 tries so many draws of every case, and
// prints what it counted (docs/decisions/0092-groups-are-left-out.md has the least of it); else a few cases are tried with few draws.

const draws = Number(process.env.TRIREME_COVERAGE ?? 0)
const { normal } = library.jStat

interface Case {
  /** True AUC by image of a class against another one. */
  readonly auc: number
  /** Groups of each class, by number. */
  readonly groups: readonly number[]
  /** Images of a group, at least and at most. */
  readonly images: readonly [number, number]
  /** Share of an image's variance that its group has. */
  readonly alike: number
}
/** Normal numbers (Box and Muller 1958). */
function normals(seed: number): () => number {
  const next = uniform(seed)
  return () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next())
}
/**
 * Scores of images: one for each class but the first, higher by `shift` in the image's own class. A group's images share a part of it. With two classes
 * that are as probable as each other the probability is above 0.5 where the score is above the middle.
 */
function drawn({ auc, groups, images: [least, most], alike }: Case, seed: number): readonly Unit[] {
  const [next, gauss] = [uniform(seed), normals(seed + 7)]
  const shift = Math.SQRT2 * normal.inv(auc, 0, 1)
  const scores = groups.length === 2 ? [1] : groups.map((_, number) => number)
  return groups.flatMap((count, label) =>
    Array.from({ length: count }, (_, g) => {
      const shared = scores.map(() => gauss() * Math.sqrt(alike))
      const size = least + Math.floor(next() * (most - least + 1))
      return Array.from({ length: size }, (_, n): Unit => {
        const own = scores.map((number, at) => shared[at]! + gauss() * Math.sqrt(1 - alike) + (number === label ? shift : 0))
        const weights = groups.length === 2 ? [1, Math.exp(own[0]! - shift / 2)] : own.map(each => Math.exp(2 * each))
        const total = weights.reduce((sum, each) => sum + each)
        return { group: `${label} ${g}`, images: [`${label} ${g} ${n}`], label, probabilities: weights.map(each => each / total) }
      })
    }).flat(),
  )
}
function estimatesOf(quality: Quality) {
  const { auc, accuracy, balancedAccuracy, f1 } = quality
  if (!ofTwo(quality))
    return { auc, accuracy, balancedAccuracy, f1, 'auc of a class': quality.perClass[1]!.auc, recall: quality.perClass[1]!.recall }
  const { sensitivity, specificity, precision } = quality
  return { auc, accuracy, balancedAccuracy, f1, sensitivity, specificity, precision }
}
const measured = (own: Case, seed: number) => {
  const classes = own.groups.map((_, n) => `${n}`)
  return Object.entries(estimatesOf(qualityOf(drawn(own, seed), classes, classes.length === 2 ? 0.5 : null)))
}
/** True figures, from so many groups that chance moves them by less than a hundredth of an interval. */
function truth(own: Case): ReadonlyMap<string, number> {
  const most = Math.max(...own.groups)
  const many = { ...own, groups: own.groups.map(each => Math.round((each / most) * (draws ? 20_000 : 4000))), images: [1, 1] as const }
  const values = new Map(measured(many, 1).map(([name, { value }]) => [name, value!]))
  if (own.groups.length === 2) values.set('auc', own.auc)
  return values
}
interface Counted {
  readonly held: number
  readonly intervals: number
}
function coverage(own: Case, count: number): ReadonlyMap<string, Counted> {
  const [known, counts] = [truth(own), new Map<string, Counted>()]
  for (let seed = 1; seed <= count; seed++)
    for (const [name, { interval }] of measured(own, seed * 1009)) {
      const { held, intervals } = counts.get(name) ?? { held: 0, intervals: 0 }
      const holds = interval !== null && interval[0] <= known.get(name)! && known.get(name)! <= interval[1]
      counts.set(name, { held: held + Number(holds), intervals: intervals + Number(interval !== null) })
    }
  return counts
}

/** Cases of so many groups in each class: without groups, and with groups that are more or less alike. */
const casesOf = (groups: number, auc: number, classes: number): readonly Case[] =>
  (
    [
      [[1, 1], 0],
      [[1, 9], 0.2],
      [[1, 9], 0.7],
      [[5, 5], 0.5],
    ] as const
  ).map(([images, alike]) => ({
    ...{ auc, groups: new Array<number>(classes).fill(groups), images, alike },
  }))
const quick: readonly Case[] = [
  { auc: 0.95, groups: [20, 20], images: [1, 1], alike: 0 },
  { auc: 0.85, groups: [20, 20], images: [1, 9], alike: 0.5 },
  { auc: 0.95, groups: [6, 12], images: [1, 5], alike: 0.7 },
  { auc: 0.8, groups: [10, 10, 10], images: [1, 5], alike: 0.5 },
]
const all = [3, 5, 8, 12, 20, 50, 100].flatMap(groups =>
  [0.6, 0.75, 0.85, 0.95].flatMap(auc => [2, 3].flatMap(classes => casesOf(groups, auc, classes))),
)
const count = draws || 80
/** Less than 92 % by more than chance does in so many draws. */
const least = 0.92 - 3 * Math.sqrt((0.92 * 0.08) / count)

describe.each(draws ? all : quick)('AUC $auc, groups $groups, images $images, alike $alike', { timeout: 600_000 }, own => {
  test('intervals hold the truth', () => {
    const shares = [...coverage(own, count)].map(([name, { held, intervals }]) => [name, held / intervals, intervals] as const)
    if (draws) process.stdout.write(`${JSON.stringify({ ...own, shares })}\n`)
    const ofAll = shares.filter(([, , intervals]) => intervals > count / 2)
    expect(ofAll.filter(([, share]) => share < least)).toEqual([])
    expect(ofAll.map(([name]) => name)).toContain('accuracy')
  })
})
test('images that are taken for independent, and are not, show it', () => {
  const own: Case = { auc: 0.85, groups: [20, 20], images: [5, 9], alike: 0.7 }
  const alone = Array.from({ length: count }, (_, seed) => {
    const units = drawn(own, (seed + 1) * 1009).map((unit, n) => ({ ...unit, group: `${n}` }))
    const { interval } = qualityOf(units, ['0', '1'], 0.5).auc
    return interval !== null && interval[0] <= own.auc && own.auc <= interval[1]
  })
  expect(alone.filter(Boolean).length / count).toBeLessThan(0.75)
})
