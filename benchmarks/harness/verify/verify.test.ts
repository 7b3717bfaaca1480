import { expect, test } from 'vitest'
import { resealed, seededRecord } from '../../../test/seeded-record.ts'
import type { Record2 } from '../record.ts'
import { generator } from '../statistics.ts'
import { verifyText } from './verify.ts'

const text = seededRecord({
  definition: { claims: [{ ratio: ['resnet18', 'nirschl'], of: 'wall', measure: 'training', most: 3 }] },
})
const faults = (of: string) => verifyText(of).faults

test('a record proves itself, also one with other caches, environments, an odd arm and a price', () => {
  expect(faults(text)).toEqual([])
  const environments = {
    workstation: { target: 'local', settings: 'e'.repeat(64) },
    rented: {
      target: 'local',
      settings: 'f'.repeat(64),
      price: {
        name: 'lambda-a10',
        currency: 'USD',
        hour: 0.86,
        billed: { by: '1m', least: '2m' },
        source: 'https://example.org',
        date: '2026-05-07',
      },
    },
  }
  expect(
    faults(seededRecord({ environments, arms: { '1': [1, 2], 'a "b" · é': [2, 3] }, definition: { caches: ['cold', 'warm'] } })),
  ).toEqual([])
})
test('one byte changed in 500 random places is found 500 times, and where a figure is concerned its cell is named', () => {
  const random = generator(500)
  const bytes = Buffer.from(text)
  const [from, to] = [bytes.indexOf('\n  "figures": ['), bytes.indexOf('\n  "quality": [')]
  const missed: string[] = []
  let inFigures = 0
  for (let n = 0; n < 500; n++) {
    const at = Math.floor(random() * bytes.length)
    const changed = Buffer.from(bytes)
    changed[at] = (bytes[at]! + 1 + Math.floor(random() * 255)) % 256
    const found = faults(changed.toString())
    if (found.length === 0) missed.push(`byte ${at}`)
    if (at <= from + '\n  "figures": [\n'.length || at >= to - '\n  ],'.length || bytes[at] === 0x0a) continue
    inFigures++
    if (!found.some(each => each.includes('figures › '))) missed.push(`byte ${at}, ${bytes[at]} to ${changed[at]}: ${found.join('; ')}`)
  }
  expect(missed).toEqual([])
  expect(inFigures).toBeGreaterThan(20)
})

/** A change by somebody who can compute a seal. */
const forged = (change: (record: Record2) => void) => faults(resealed(text, change))
test('what is changed and sealed again is found by computing it again, and the cell is named', () => {
  expect(forged(() => {})).toEqual([])
  const figure = ({ derived }: Record2, n: number) => derived.figures[n]!
  const honest = (JSON.parse(text) as Record2).derived.figures
  expect(forged(record => void (figure(record, 2).wall.value = 7))).toEqual([
    `figures › training · nirschl · workstation · warm: wall 7 is not what the runs give, ${honest[2]!.wall.value}`,
  ])
  expect(forged(record => void (figure(record, 1).speedup!.high = 9))).toEqual([
    `figures › whole · resnet18 · workstation · warm: speedup high 9 is not what the runs give, ${honest[1]!.speedup!.high}`,
  ])
  expect(forged(record => void delete figure(record, 0).cpu)).toContainEqual(
    `figures › whole · nirschl · workstation · warm: cpu is not there, and the runs give ${honest[0]!.cpu!.value}`,
  )
  expect(forged(record => void record.derived.figures.pop())).toEqual([
    'figures › validation · resnet18 · workstation · warm: the runs give this row, and it is not there',
  ])
  expect(forged(({ derived }) => void derived.figures.push({ ...derived.figures[0]!, arm: 'other' }))).toEqual([
    'figures › whole · other · workstation · warm: the runs give no such row',
  ])
  expect(forged(({ derived }) => void derived.figures.reverse())).toEqual([
    'derived: its rows are not in the order in which they follow from the runs',
  ])
  expect(forged(({ derived }) => void (derived.claims[0]!.met = false))).toEqual([
    'claims › wall · training · resnet18 / nirschl · workstation: met false is not what the runs give, true',
  ])
  expect(forged(({ derived }) => void (derived.warnings = []))[0]).toMatch(/^warnings: ".*" follows from the runs, and is not there$/)
  expect(forged(({ derived }) => void derived.refusals.push('x'))).toEqual(['refusals: "x" does not follow from the runs'])
})
test('a changed run is found by the figures that it no longer gives', () => {
  const found = forged(({ runs }) => void (runs.find(({ arm, round }) => arm === 'resnet18' && round === 3)!.wall = 1))
  expect(found).toContainEqual(expect.stringMatching(/^figures › whole · resnet18 · workstation · warm: /))
})
