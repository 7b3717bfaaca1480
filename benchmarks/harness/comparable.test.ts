import { describe, expect, test } from 'vitest'
import { type Seeded, seededObservation, seededRecord, textOf } from '../../test/seeded-record.ts'
import { besideName, compareRecords } from './comparable.ts'
import { courses } from './history.ts'
import { readRecord } from './read-record.ts'
import type { Observed, Record2 } from './record.ts'
import { csvOf } from './report/csv.ts'
import { claimsTable, figuresTable, recordText } from './report/show.ts'
import { markdownTable } from './report/words.ts'

const recordOf = (of: Seeded = {}, change: (seen: Observed) => unknown = () => {}): Record2 => {
  const seen = seededObservation(of)
  change(seen)
  return JSON.parse(textOf(seen))
}
describe('two records', () => {
  const a = recordOf()
  const refusals = (b: Record2) => {
    const compared = compareRecords(a, b)
    return 'refusals' in compared ? compared.refusals : []
  }
  test.each<readonly [string, Record2, string]>([
    [
      'another comparison',
      recordOf({ definition: { name: 'other' } }),
      'They are of two comparisons, seeded and other. Compare records of the same one.',
    ],
    [
      'another definition',
      recordOf({ definition: { measures: {}, warmups: 3 } }),
      'Their definition differs: measures (A {"training":["torch-train"],"validation":["torch-validate"]}, B {}), warmups (A 0, B 3).',
    ],
    [
      'other data',
      recordOf({}, seen => Object.assign(seen.dataset!.files['images.tar']!, { sha256: 'c'.repeat(64) })),
      'Their data differs: images.tar.',
    ],
    [
      'another script',
      recordOf({}, seen => Object.assign(seen.sources, { 'steps/torch/train.py': 'c'.repeat(64) })),
      'Their code differs: steps/torch/train.py.',
    ],
    [
      'quality out of bounds',
      recordOf({ each: run => ({ ...run, quality: { auc: 0.5 } }) }),
      'B says itself: Quality below its floor: auc of nirschl · workstation is 0.5, and has to be 0.8 at least.',
    ],
    [
      'outputs that differ',
      recordOf({ each: run => ({ ...run, outputs: { predictions: 'b' } }) }),
      `Outputs differ: predictions is ${'a'.repeat(64)} in nirschl · workstation, round 0, and b in nirschl · workstation, round 0.`,
    ],
  ])('are refused with %s', (_, b, refusal) => expect(refusals(b)).toContainEqual(refusal))
  test('are told side by side by their own seconds, with what differs of the machines', () => {
    const b = recordOf({ seed: 2, arms: { nirschl: [4, 1], resnet18: [20, 5] } }, seen =>
      Object.assign(seen.machine, { cpu: 'Xeon', limits: { cores: 4 } }),
    )
    const compared = compareRecords(a, b)
    if ('refusals' in compared) throw new Error(compared.refusals.join())
    const rows = compared.cells.map(each => [besideName(each, a), each.apart])
    expect(rows.slice(0, 2)).toEqual([
      ['whole · nirschl · workstation', true],
      ['whole · resnet18 · workstation', false],
    ])
    const [first] = compared.cells
    expect(first!.ratio).toBeCloseTo(first!.b.wall.value / first!.a.wall.value, 6)
    expect(compared.machines).toEqual(['CPU: AMD EPYC, Xeon', 'limit of cores: none, 4'])
  })
  test('with too few runs are not told apart', () => {
    const compared = compareRecords(recordOf({ rounds: 5 }), recordOf({ rounds: 5 }))
    expect('cells' in compared && compared.cells.map(({ apart }) => apart)).toEqual(Array(6).fill(undefined))
  })
})
describe('the history of a comparison', () => {
  const at = (day: number, of: Seeded, change: (seen: Observed) => unknown = () => {}) =>
    recordOf({ seed: day, ...of }, seen => {
      seen.sessions[0]!.began = `2026-01-0${day}T00:00:00.000Z`
      change(seen)
    })
  const slow = { arms: { nirschl: [8, 2], resnet18: [24, 5] } } as const
  const of = (...records: readonly Record2[]) =>
    Object.fromEntries(courses(records).map(({ name, machine, moments }) => [`${name}, ${machine}`, moments.map(({ moved }) => moved)]))
  test('says what moved by more than the noise of the record before, whatever order the records come in', () => {
    const told = of(at(3, slow), at(1, {}), at(2, {}))
    expect(told['training · resnet18 · workstation, AMD EPYC, 2 cores']).toEqual([undefined, 'no', 'slower'])
    expect(told['training · nirschl · workstation, AMD EPYC, 2 cores']).toEqual([undefined, 'no', 'no'])
    expect(of(at(1, slow), at(2, {}))['training · resnet18 · workstation, AMD EPYC, 2 cores']).toEqual([undefined, 'faster'])
  })
  test('tells machines apart, and nothing where the work was another or the noise is not known', () => {
    const other = at(2, slow, seen => Object.assign(seen.machine, { cpu: 'Xeon' }))
    expect(of(at(1, {}), other)['whole · resnet18 · workstation, Xeon, 2 cores']).toEqual([undefined])
    const data = at(2, slow, seen => Object.assign(seen.dataset!.files['images.tar']!, { sha256: 'c'.repeat(64) }))
    expect(of(at(1, {}), data)['whole · resnet18 · workstation, AMD EPYC, 2 cores']).toEqual([undefined, undefined])
    expect(of(at(1, { rounds: 5 }), at(2, slow))['whole · resnet18 · workstation, AMD EPYC, 2 cores']).toEqual([undefined, undefined])
  })
})
describe('tables', () => {
  const record = recordOf({ noise: 0, definition: { claims: [{ of: 'wall', arm: 'nirschl', measure: 'training', most: 5 }] } })
  test('a claim whose interval holds its target says so', () => {
    const claim = (low: number, high: number) => [{ what: 'a / b', estimate: { value: 1.004, low, high }, least: 1, met: true }]
    const told = (low: number, high: number) => claimsTable({ ...record.derived, claims: claim(low, high) })
    expect(told(0.993, 1.035)).toMatch(/ met, its interval holds the target +\|$/)
    expect(told(1.001, 1.035)).toMatch(/ met +\|$/)
  })
  test('what could not be measured has rows that say so', () => {
    const unmeasured = [{ arm: 'nirschl, CUDA', environment: 'workstation', why: 'it asks for 1 GPU, and this machine has none' }]
    const rows = figuresTable({ ...record, unmeasured })
      .split('\n')
      .slice(-3)
    expect(rows.map(row => row.replaceAll(/[| ]+/g, ' ').trim())).toEqual([
      'whole nirschl, CUDA workstation 0 not measured',
      'training nirschl, CUDA workstation 0 not measured',
      'validation nirschl, CUDA workstation 0 not measured',
    ])
  })
  test('a ratio stands beside the seconds of its base, and columns without a value are left out', () => {
    const [heads, , base, other] = figuresTable(record).split('\n')
    const cells = (line = '') =>
      line
        .split('|')
        .map(cell => cell.trim())
        .slice(1, -1)
    expect(cells(heads)).toEqual([
      'measure',
      'arm',
      'environment',
      'runs',
      'wall, s (95 %)',
      'next run, s (95 %)',
      'CPU, s (95 %)',
      'memory',
      'times as fast (95 %)',
      'as the baseline in, s',
    ])
    expect(cells(base)).toEqual([
      'whole',
      'nirschl',
      'workstation',
      '8',
      '10.8 (10.8 to 10.8)',
      '10.8 to 10.8',
      '21.6 (21.6 to 21.6)',
      '1 GiB',
      '',
      '',
    ])
    expect(cells(other)).toEqual([
      'whole',
      'resnet18',
      'workstation',
      '8',
      '25.8 (25.8 to 25.8)',
      '25.8 to 25.8',
      '51.6 (51.6 to 51.6)',
      '1 GiB',
      '0.4186 (0.4186 to 0.4186)',
      '10.8',
    ])
    expect(claimsTable(record.derived)).toContain('| wall · training · nirschl · workstation | 8 (8 to 8)      | ≤ 5    | MISSED |')
  })
  test('a record is shown with its refusals first', () => {
    const shown = recordText(recordOf({ each: run => ({ ...run, quality: { auc: 1 } }) }))
    expect(shown.indexOf('Nothing may be concluded:\n- Quality too good')).toBeGreaterThan(0)
    expect(shown.indexOf('Nothing may be concluded')).toBeLessThan(shown.indexOf('| measure'))
  })
  test('names cannot break a table', () => {
    expect(markdownTable(['a'], [['x | y\nz']]).split('\n')).toEqual(['| a        |', '|----------|', '| x \\| y z |'])
  })
  test('CSV has a row for each figure with its unit, and no cell that a spreadsheet would run', () => {
    const read = readRecord(seededRecord({ arms: { '=HYPERLINK("x")': [1, 1], 'a, "b"': [2, 1] } }))
    const lines = csvOf([{ file: 'a.json', read }]).split('\n')
    expect(lines[0]).toBe(
      'record,comparison,began,version,commit,cpu,cores,gpu,quick,measure,arm,environment,caches,quantity,unit,value,low,high,runs,base,least,most,met',
    )
    expect(lines.filter(line => line.includes('whole,"\'=HYPERLINK(""x"")",workstation,warm,wall,s,'))).toHaveLength(1)
    expect(lines.filter(line => line.includes('whole,"a, ""b""",workstation,warm,speedup,,0.'))).toHaveLength(1)
    expect(
      lines.filter(line => line.startsWith('a.json,seeded,2026-01-02T03:04:05.000Z,0.1.0,0123456789ab,AMD EPYC,2,,false,')).length,
    ).toBe(lines.length - 2)
  })
})
