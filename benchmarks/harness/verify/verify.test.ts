import { describe, expect, test } from 'vitest'
import { resealed, seededObservation, seededRecord, textOf } from '../../../test/seeded-record.ts'
import { generator } from '../random.ts'
import type { Observed, Record2 } from '../record.ts'
import { verifyText } from './verify.ts'

const text = seededRecord({
  definition: { claims: [{ ratio: ['resnet18', 'nirschl'], of: 'wall', measure: 'training', most: 3 }] },
})
const honest: Record2 = JSON.parse(text)
const faults = (of: string) => verifyText(of).faults

test('a record proves itself, also one with other caches, environments, odd arms and a price', () => {
  expect(faults(text)).toEqual([])
  const price = {
    name: 'x',
    currency: 'USD',
    hour: 0.86,
    billed: { by: '1m', least: '2m' },
    source: 'https://example.org',
    date: '2026-05-07',
  }
  const environments = {
    workstation: { target: 'local', settings: 'e'.repeat(64) },
    rented: { target: 'local', settings: 'f'.repeat(64), price },
  }
  const arms = { '1': [1, 2], 'a "b" · é': [2, 3] } as const
  expect(faults(seededRecord({ environments, arms, definition: { caches: ['cold', 'warm'] } }))).toEqual([])
})
test('one byte changed in 500 random places is found 500 times, and where a figure is concerned its cell is named', () => {
  const random = generator(500)
  const bytes = Buffer.from(text)
  const [begin, end] = ['\n  "figures": [\n', '\n  ],\n  "quality": ['] as const
  const [from, to] = [bytes.indexOf(begin) + begin.length, bytes.indexOf(end)]
  const missed: string[] = []
  let inFigures = 0
  for (let n = 0; n < 500; n++) {
    const at = Math.floor(random() * bytes.length)
    const changed = Buffer.from(bytes)
    changed[at] = (bytes[at]! + 1 + Math.floor(random() * 255)) % 256
    const found = faults(changed.toString())
    if (found.length === 0) missed.push(`byte ${at}`)
    if (at < from || at >= to || bytes[at] === 0x0a) continue
    inFigures++
    if (!found.some(each => each.includes('figures › '))) missed.push(`byte ${at}, ${bytes[at]} to ${changed[at]}: ${found.join('; ')}`)
  }
  expect(missed).toEqual([])
  expect(inFigures).toBeGreaterThan(20)
})

/** A change by somebody who can compute a seal. */
const forged = (change: (record: Record2) => unknown) => faults(resealed(text, change))
const [whole, , training] = honest.derived.figures
type Change = readonly [what: string, change: (record: Record2) => unknown, fault: string]
describe('what is changed and sealed again is found by computing it again, and the cell is named', () => {
  test('sealed again without a change it is what it was', () => expect(resealed(text, () => {})).toBe(text))
  test.each<Change>([
    [
      'a figure',
      ({ derived }) => Object.assign(derived.figures[2]!.wall, { value: 7 }),
      `figures › training · nirschl · workstation · warm: wall 7 is not what the runs give, ${training!.wall.value}`,
    ],
    [
      'an end of an interval',
      ({ derived }) => Object.assign(derived.figures[1]!.speedup!, { high: 9 }),
      `figures › whole · resnet18 · workstation · warm: speedup high 9 is not what the runs give, ${honest.derived.figures[1]!.speedup!.high}`,
    ],
    [
      'a memory that was left out',
      ({ derived }) => delete derived.figures[0]!.memory,
      `figures › whole · nirschl · workstation · warm: memory is not there, and the runs give ${whole!.memory}`,
    ],
    [
      'a cost that nobody asked',
      ({ derived }) => Object.assign(derived.figures[0]!, { cost: { currency: 'USD', value: 1 } }),
      'figures › whole · nirschl · workstation · warm: cost currency USD is not what the runs give: there is none',
    ],
    [
      'a row less',
      ({ derived }) => derived.figures.pop(),
      'figures › validation · resnet18 · workstation · warm: the runs give this row, and it is not there',
    ],
    [
      'a row more',
      ({ derived }) => derived.figures.push({ ...derived.figures[0]!, arm: 'other' }),
      'figures › whole · other · workstation · warm: the runs give no such row',
    ],
    [
      'a row twice',
      ({ derived }) => derived.figures.push(derived.figures[0]!),
      'figures › whole · nirschl · workstation · warm: the row is there twice',
    ],
    [
      'the order of rows',
      ({ derived }) => derived.figures.reverse(),
      'derived: its rows are not in the order in which they follow from the runs',
    ],
    [
      'a verdict',
      ({ derived }) => Object.assign(derived.claims[0]!, { met: false }),
      'claims › wall · training · resnet18 / nirschl · workstation: met false is not what the runs give, true',
    ],
    ['a refusal', ({ derived }) => derived.refusals.push('x'), 'refusals: "x" does not follow from the runs'],
    [
      'a quality',
      ({ derived }) => Object.assign(derived.quality[0]!, { most: 1 }),
      'quality › auc · nirschl · workstation: most 1 is not what the runs give, 0.9',
    ],
    ['the definition', ({ definition }) => Object.assign(definition, { about: 'x' }), 'definition: its digest is of another definition'],
  ])('%s', (_, change, fault) => expect(forged(change)).toContainEqual(fault))
})
test('a changed run is found by the figures that it no longer gives', () => {
  const found = forged(({ runs }) => Object.assign(runs.find(({ arm, round }) => arm === 'resnet18' && round === 3)!, { wall: 1 }))
  expect(found).toContainEqual(expect.stringMatching(/^figures › whole · resnet18 · workstation · warm: /))
})

/** A record all of whose figures follow, of runs that were tampered with before. */
const concluded = (change: (seen: Observed) => unknown) => {
  const seen = seededObservation()
  change(seen)
  return faults(textOf(seen))
}
const of = ({ runs }: Observed, round: number, arm = 'resnet18') => runs.find(each => each.arm === arm && each.round === round)!
describe('what is wrong with runs is found though all figures follow from them', () => {
  test.each<readonly [what: string, change: (seen: Observed) => unknown, fault: string]>([
    [
      'a run is missing',
      seen => seen.runs.splice(seen.runs.indexOf(of(seen, 3)), 1),
      'round 3 has no run of resnet18 · workstation, warm caches, and there is no word why',
    ],
    [
      'an arm is missing',
      seen => seen.runs.splice(0, 99, ...seen.runs.filter(({ arm }) => arm === 'nirschl')),
      'resnet18 · workstation was never run, and there is no word why',
    ],
    ['a run is there twice', seen => seen.runs.push(of(seen, 3)), 'round 3 has two runs of resnet18 · workstation, warm caches'],
    [
      'a step from the cache',
      seen => Object.assign(of(seen, 3).events[4]!, { event: 'cached' }),
      'round 3 of resnet18 · workstation: step torch-train:a was served from the cache',
    ],
    ['a step without an end', seen => of(seen, 3).events.pop(), 'round 3 of resnet18 · workstation: step torch-validate:a did not end'],
    [
      'no events',
      seen => Object.assign(of(seen, 3), { events: [] }),
      'round 3 of resnet18 · workstation: it has no events: nothing shows that a step ran',
    ],
    [
      'an event after the end',
      seen => Object.assign(of(seen, 3).events[8]!, { at: 99 }),
      expect.stringMatching(
        /^round 3 of resnet18 · workstation: succeeded of step torch-validate:a is told for second 99, and the run took 2\d\.\d+ s$/,
      ),
    ],
    ['an unknown arm', seen => Object.assign(of(seen, 3), { arm: 'other' }), 'round 3 of other · workstation: there is no arm "other"'],
    [
      'another seed',
      seen => Object.assign(seen, { seed: 2 }),
      expect.stringMatching(/^round \d: \w+ · workstation is not what the seed gives in place 1$/),
    ],
    [
      'runs in another order',
      seen => seen.runs.splice(4, 2, seen.runs[5]!, seen.runs[4]!),
      expect.stringMatching(/^round 2: \w+ · workstation is not what the seed gives in place 1$/),
    ],
    [
      'rounds in another order',
      seen => seen.runs.push(...seen.runs.splice(0, 2)),
      expect.stringMatching(/^round 0 of \w+ · workstation comes after round 7 of \w+ · workstation$/),
    ],
    [
      'runs at the same time',
      seen => Object.assign(seen.runs[5]!, { began: seen.runs[4]!.began }),
      expect.stringMatching(/ began \d+\.\d s before .* had ended$/),
    ],
    [
      'a run on another day',
      seen => Object.assign(seen.runs.at(-1)!, { began: '2026-02-02T03:04:05.000Z' }),
      expect.stringMatching(/^round 7 of \S+ · workstation lies in no session of the record$/),
    ],
  ])('%s', (_, change, fault) => expect(concluded(change)).toContainEqual(fault))
})
test('what was given beforehand may come from the cache, and what failed is no missing run', () => {
  const given = seededObservation({ definition: { given: ['torch-table'] } })
  for (const { events } of given.runs) events.splice(1, 2, { at: 0.1, event: 'cached', step: 'torch-table:a' })
  expect(faults(textOf(given))).toEqual([])
  expect(
    concluded(seen => {
      const gone = seen.runs.filter(({ arm, round }) => arm === 'resnet18' && round >= 3)
      seen.failed.push({ round: 3, arm: 'resnet18', environment: 'workstation', caches: 'warm', why: 'the environment is gone' })
      seen.runs.splice(0, 99, ...seen.runs.filter(run => !gone.includes(run)))
    }),
  ).toEqual([])
})
test('where somebody set the clock nothing is concluded from the calendar', () => {
  const seen = seededObservation()
  Object.assign(of(seen, 3), { calendar: of(seen, 3).wall - 3600 })
  for (const run of seen.runs.slice(seen.runs.indexOf(of(seen, 3)) + 1))
    Object.assign(run, { began: new Date(Date.parse(run.began) - 3_600_000).toISOString() })
  const record = textOf(seen)
  expect(faults(record)).toEqual([])
  expect(JSON.parse(record).derived.warnings).toContainEqual(
    'The clock of the calendar was set while this was measured, by -3600.0 s: only the monotonic clock counts.',
  )
})
