import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { imagePairs, imageTable } from 'trireme-bio/kinds'
import { given, made, scratch } from 'trireme-bio/testing'
import { describe, expect, it } from 'vitest'
import type { SplitReport } from './split/report.ts'
import { split } from './split.ts'

interface Row {
  readonly group: string
  readonly class: string
  readonly split?: string
  readonly scored?: boolean
  /** How many images, or their names. */
  readonly images?: number | readonly string[]
}
const classes = ['other', 'failing', 'third']
const tableOf = (rows: readonly Row[]) => {
  const file = path.join(scratch(), 'table.tsv')
  const lines = rows.flatMap(({ group, class: name, split = '', scored = true, images = 2 }) =>
    (typeof images === 'number' ? Array.from({ length: images }, (_, n) => `${group}_${n}.png`) : images).map(
      image => `${image}\t${group}\t${classes.indexOf(name)}\t${name}\t${split}\t${scored ? 1 : 0}\t${group} seen\n`,
    ),
  )
  writeFileSync(file, ['image\tgroup\tlabel\tclass\tsplit\tscored\tnote\n', ...lines].join(''))
  return given('table', imageTable, file)
}
type Pair = readonly [image: string, other: string, kind?: 'exact' | 'near', score?: number]
const pairsOf = (pairs: readonly Pair[]) => {
  const file = path.join(scratch(), 'pairs.tsv')
  writeFileSync(
    file,
    ['image\tother\tkind\tscore\n', ...pairs.map(([a, b, kind = 'near', score = 0.91]) => `${a}\t${b}\t${kind}\t${score}\n`)].join(''),
  )
  return given('pairs', imagePairs, file)
}
const groups = (prefix: string, count: number, more: Omit<Row, 'group'>): Row[] =>
  Array.from({ length: count }, (_, n) => ({ group: `${prefix}${n + 1}`, ...more }))
const study = (more: Partial<Row> = {}) => [
  ...groups('p', 10, { class: 'failing', ...more }),
  ...groups('q', 10, { class: 'other', ...more }),
]
const test = [...groups('t', 2, { class: 'failing', split: 'test' }), ...groups('u', 2, { class: 'other', split: 'test' })]

async function ran(rows: readonly Row[], params: Partial<Parameters<typeof split>[0]> = {}, pairs?: readonly Pair[]) {
  const { divided, report, told } = await made(split({ table: tableOf(rows), pairs: pairs ? [pairsOf(pairs)] : [], ...params }))
  const cells = readFileSync(divided.path, 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map(line => line.split('\t'))
  const of = (part: string) => [...new Set(cells.flatMap(row => (row[4] === part ? row[1]! : [])))]
  const read: SplitReport = JSON.parse(readFileSync(report.path, 'utf8')) // the step wrote it
  return { cells, of, report: read, told: readFileSync(told.path, 'utf8').trimEnd().split('\n') }
}

describe('the validation part', () => {
  it('is of the training groups whose digests of "holdout/NAME" are the least, as many of each class as the share asks', async () => {
    const apart: Row = { group: 'p5', class: 'failing', split: 'train', scored: false, images: ['p5_unscored.png'] }
    const unscored: Row = { group: 'r1', class: 'failing', split: 'train', scored: false }
    const { of, report, cells } = await ran([...study({ split: 'train' }), apart, unscored, ...test], { validation: 0.25 })
    expect(of('validation').sort()).toEqual(['p4', 'p5', 'p8', 'q4', 'q7', 'q8']) // as Python's hashlib ranks them
    expect(cells.find(row => row[0] === 'p5_unscored.png')?.[4]).toBe('validation')
    expect(of('test')).toEqual(['t1', 't2', 'u1', 'u2'])
    expect(cells[0]?.at(-1)).toBe('p1 seen')
    expect([report.made, report.by, report.parts.validation]).toEqual([
      'partly drawn',
      'group',
      { images: 13, groups: 6, classes: { failing: 7, other: 6 } },
    ])
  })
  it('is another with another seed, and none is drawn where one is given, or none is asked for', async () => {
    const rows = [...study({ split: 'train' }), ...test]
    expect((await ran(rows, { validation: 0.25, seed: 1 })).of('validation').sort()).not.toEqual(['p4', 'p5', 'p8', 'q4', 'q7', 'q8'])
    const held = [...rows, { group: 'v', class: 'failing', split: 'validation' }]
    const { of, report, told } = await ran(held, { validation: 0.25 })
    expect([of('validation'), report.made]).toEqual([['v'], 'given'])
    expect(told.at(-1)).toBe('Warning: The validation part lacks the class "other".')
    expect((await ran(rows)).told).toContain(
      'There is no validation part: what is shown after each epoch is the training alone, and no threshold is chosen.',
    )
  })
})
describe('where no part is given', () => {
  it('all are drawn by group, in the same shares of each class', async () => {
    const { of, report } = await ran(study(), { test: 0.2, validation: 0.25 })
    const count = (part: string) => ['p', 'q'].map(prefix => of(part).filter(group => group.startsWith(prefix)).length)
    expect([count('train'), count('validation'), count('test')]).toEqual([
      [6, 6],
      [2, 2],
      [2, 2],
    ])
    expect(report.checks).toEqual([
      'All parts were drawn by group, each class in the same shares (seed 0).',
      'No group is in two parts.',
      'Nobody looked for images that show the same.',
    ])
    expect(report.duplicates).toEqual({ compared: 0, exact: 0, near: 0, acrossParts: 0, action: 'not looked for' })
  })
  it('another group moves one other at most, and other orders of the rows none', async () => {
    const before = await ran(study(), { test: 0.2 })
    const after = await ran([...study(), { group: 'p11', class: 'failing' }].reverse(), { test: 0.2 })
    const moved = study().filter(({ group }) => before.of('test').includes(group) !== after.of('test').includes(group))
    expect(moved.length).toBeLessThanOrEqual(1)
    expect((await ran(study().reverse(), { test: 0.2 })).of('test').sort()).toEqual(before.of('test').sort())
  })
  it('groups that share images are in one part, and groups without a score in the test', async () => {
    const chain = ['p1', 'q2', 'p3', 'q4', 'p5'].map(group => `${group}_0.png`)
    const pairs = chain.slice(1).map((image, n): Pair => [chain[n]!, image, n === 0 ? 'exact' : 'near'])
    for (const seed of [0, 1, 2, 3]) {
      const rows = [...study(), { group: 'r1', class: 'failing', scored: false }]
      const { of, report, told } = await ran(rows, { test: 0.3, validation: 0.3, seed }, [...pairs, ['not in the table.png', 'q1_0.png']])
      expect(
        ['train', 'validation', 'test'].filter(part => of(part).some(group => ['p1', 'q2', 'p3', 'q4', 'p5'].includes(group))),
      ).toHaveLength(1)
      expect(of('test')).toContain('r1')
      expect(report.duplicates).toEqual({ compared: (42 * 41) / 2, exact: 1, near: 3, acrossParts: 0, action: 'kept in one part' })
      expect(told).toContain('5 groups share such images with others, and were drawn together with them.')
      expect(told).toContain('2 images are counted in no score.')
    }
  })
  it('and images are their own groups, that is said', async () => {
    const rows = Array.from({ length: 12 }, (_, n) => ({ group: `${n}.png`, class: classes[n % 2]!, images: [`${n}.png`] }))
    const { report } = await ran(rows)
    expect([report.by, report.checks[1]]).toEqual(['image', 'Each image is a group of its own: the table names none.'])
  })
})
describe('a given split', () => {
  const rows = [...study({ split: 'train' }), ...test]
  it('with images that show the same in two parts is refused, the first 20 named', async () => {
    const message = async (pairs: readonly Pair[], own: readonly Row[] = rows) =>
      ran(own, {}, pairs).then(
        () => '',
        (error: Error) => error.message.replace(/^[\s\S]*its log:\n/, '').replace(/^ {4}/gm, ''),
      )
    expect(await message([['p1_0.png', 't1_1.png', 'exact', 1]])).toBe(
      `1 set of images that show the same is in two parts (2 images), so that the test asks for what was learnt:
  p1_0.png (train) and t1_1.png (test), the same pixels
Divide before images are augmented or copied: leave all but one of each set out, give them one group, or leave the split open, then they are kept in one part. If they show different things, give --duplicates allow; the card then tells of them.`,
    )
    const train = [...groups('a', 25, { class: 'failing', split: 'train', images: 1 }), ...rows]
    const tests = groups('b', 25, { class: 'other', split: 'test', images: 1 })
    const many = tests.map(({ group }, n): Pair => [`a${n + 1}_0.png`, `${group}_0.png`])
    expect(await message(many, [...train, ...tests])).toMatch(
      /^25 sets .* \(50 images\).*\n {2}a1_0\.png \(train\) and b1_0\.png \(test\), agreement 0\.91\n(.*\n){18} {2}a20_0\.png .*\n {2}and 5 more\nDivide/,
    )
    const chain = study().flatMap(({ group }) => [0, 1].map((n): Pair => ['u2_0.png', `${group}_${n}.png`]))
    expect(await message(chain)).toContain('\n  u2_0.png (test) and p1_0.png, p1_1.png, p2_0.png, and 37 more (train), agreement 0.91\n')
  })
  it('or allowed, and said', async () => {
    const { report, told, of } = await ran(rows, { duplicates: 'allow', validation: 0.25 }, [
      ['p1_0.png', 't1_1.png'],
      ['p1_0.png', 'p5_0.png'],
    ])
    expect(report.duplicates).toMatchObject({ near: 2, acrossParts: 3, action: 'allowed' })
    expect(told.at(-1)).toBe(
      'Warning: 1 set of images that show the same is in two parts (3 images): p1_0.png (train) and t1_1.png (test) and p5_0.png (validation), agreement 0.91.',
    )
    expect(of('validation')).toContain('p5')
  })
  it('in one part is no fault, and what was compared is said', async () => {
    const { report } = await ran(rows, {}, [['p1_0.png', 'p2_1.png']])
    expect(report.checks).toContain(
      '1,128 pairs of images were compared, also turned, mirrored, cropped, recompressed and stained otherwise: 0 exact copies and 1 near copy, none in two parts.',
    )
    expect((await ran(rows, {}, [])).report.checks).toContain(
      '1,128 pairs of images were compared, also turned, mirrored, cropped, recompressed and stained otherwise: no two show the same.',
    )
  })
  it('with a group in two parts is refused', async () => {
    await expect(ran([...rows, { group: 'p1', class: 'failing', split: 'test', images: ['x.png'] }])).rejects.toThrow(
      'has the group "p1" in two parts: train in line 2, test in line 50.',
    )
  })
  it('is told what it lacks before anything is trained', async () => {
    const third = { group: 'x', class: 'third' }
    await expect(ran([...rows, { ...third, split: 'test' }])).rejects.toThrow(
      'Images to train with lack the class "third", which cannot be learnt then. Move images of it to train, or leave it out.',
    )
    expect((await ran([...rows, { ...third, split: 'train' }])).told.at(-1)).toBe(
      'Warning: The test lacks the class "third": nothing is said of how well it is told apart.',
    )
    await expect(ran(study({ split: 'train' }))).rejects.toThrow('The table has no image in test, so that nothing can be judged.')
    await expect(ran([...study({ split: 'train' }), { group: 'x', class: 'other' }])).rejects.toThrow(
      'The table gives 2 images no part, others one, and none is in test.',
    )
    await expect(ran([...study({ split: 'train' }), { group: 'x', class: 'other', split: 'test', scored: false }])).rejects.toThrow(
      'No image of the test is scored, so that nothing can be judged.',
    )
    await expect(ran(groups('p', 10, { class: 'failing' }))).rejects.toThrow(
      'All images that are scored are of one class, "failing". A classifier needs two classes or more.',
    )
  })
  it('takes groups of two classes, and names them', async () => {
    const { report } = await ran([...rows, { group: 'p1', class: 'other', split: 'train', images: ['x.png'] }])
    expect(report.checks).toContain('1 group with images of more than one class: p1. They are judged by image.')
  })
})
it('too few groups are refused, with those that images join', async () => {
  const rows = [...groups('p', 2, { class: 'failing' }), ...groups('q', 3, { class: 'other' })]
  await expect(ran(rows, { validation: 0.2 }, [['q1_0.png', 'q3_0.png']])).rejects.toThrow(
    'Too few groups for train, validation, test: "other" has 3 groups, which images that show the same join into 2; "failing" has 2 groups. Each class needs 3 or more, one for each part. Add images of other groups, or lower --test or --validation (0 is none).',
  )
})
it('what is no file of pairs is refused', async () => {
  const file = path.join(scratch(), 'pairs.tsv')
  writeFileSync(file, 'image\tother\tkind\tscore\na\tb\tlike\t1\n')
  await expect(
    made(split({ table: tableOf([...study({ split: 'train' }), ...test]), pairs: [given('pairs', imagePairs, file)] })),
  ).rejects.toThrow('The file of pairs is faulty: line 2 is "a\tb\tlike\t1"; right are two images, exact or near, and a number up to 1.')
})
