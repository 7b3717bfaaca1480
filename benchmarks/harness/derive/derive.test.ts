import { describe, expect, test } from 'vitest'
import { type Seeded, seededObservation } from '../../../test/seeded-record.ts'
import type { Observed, Run } from '../record.ts'
import { derive } from './derive.ts'
import { covered, stepsSeen, takenBy } from './taken.ts'

const derived = (of: Seeded = {}, change: (seen: Observed) => unknown = () => {}) => {
  const seen = seededObservation(of)
  change(seen)
  return derive(seen)
}
const middle = (values: readonly number[]) => {
  const sorted = [...values].sort((a, b) => a - b)
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2
}
const close = (value: number) => expect.closeTo(value, 4)

describe('what a measure takes', () => {
  const event = (at: number, event: Run['events'][number]['event'], step: string, more = {}) => ({ at, event, step, ...more })
  const run: Run = {
    ...seededObservation().runs[0]!,
    events: [
      ...['train:1', 'train:2'].map(step => event(0, 'planned', step, { name: 'train', gpu: 2 })),
      event(0, 'planned', 'check', { name: 'check' }),
      event(1, 'started', 'train:1'),
      event(2, 'started', 'train:2'),
      event(3, 'retried', 'train:1'),
      event(5, 'succeeded', 'train:2', { cpu: 3, memory: 10 }),
      event(7, 'started', 'train:1'),
      event(8, 'succeeded', 'train:1', { cpu: 4, memory: 20 }),
      event(8, 'started', 'check'),
      event(9, 'succeeded', 'check', { seconds: 1 }),
    ],
  }
  test('is the time in which at least one of its steps ran, failed attempts included, the sum of CPU, the most memory, the GPUs asked for', () => {
    expect(takenBy('training', ['train'], run)).toMatchObject({ wall: 5, cpu: 7, memory: 20, gpu: 2 * (2 + 1) + 2 * 3, outside: 5 })
    expect(takenBy('both', ['train', 'check'], run)).toMatchObject({ wall: 6 })
  })
  test('is not known where a step did not tell it, and nothing where no step of it ran', () => {
    expect(takenBy('check', ['check'], run)).toMatchObject({ wall: 1, cpu: undefined, memory: undefined, gpu: undefined })
    expect(takenBy('other', ['other'], run)).toBeUndefined()
    const cached = { ...run, events: [event(0, 'planned', 'x', { name: 'x' }), event(0, 'cached', 'x')] }
    expect(takenBy('x', ['x'], cached)).toBeUndefined()
    const again = {
      ...run,
      events: [event(0, 'cached', 'x'), event(1, 'damaged', 'x'), event(1, 'started', 'x'), event(2, 'succeeded', 'x')],
    }
    expect(takenBy('x', ['x'], again)).toMatchObject({ wall: 1 })
    expect(stepsSeen(again).get('x')).toMatchObject({ cached: false, succeeded: true })
  })
  test('a pod tells by its own clock what its client saw late, and a container leaves out what it took to start it', () => {
    const pods = [
      ...['train', 'check'].map(name => event(0, 'planned', name, { name })),
      event(20, 'started', 'train'),
      event(30, 'succeeded', 'train', { seconds: 8, from: 12 }),
      event(30, 'started', 'check'),
      event(30, 'succeeded', 'check', { seconds: 2, from: 21 }),
    ]
    expect(takenBy('both', ['train', 'check'], { ...run, events: pods })).toMatchObject({ wall: 10 })
    const container = [event(1, 'started', 'x'), event(4, 'succeeded', 'x', { seconds: 0.5 })]
    expect(takenBy('x', ['x'], { ...run, events: container })).toMatchObject({ wall: 0.5 })
  })
  test('spans that overlap, touch or lie within each other count once', () => {
    expect(covered([])).toBe(0)
    expect(
      covered([
        [0, 10],
        [2, 3],
        [9, 12],
        [12, 13],
        [20, 21],
      ]),
    ).toBe(14)
  })
})
describe('figures', () => {
  const seen = seededObservation()
  const { figures } = derive(seen)
  const walls = (arm: string) => seen.runs.filter(run => run.arm === arm).map(run => run.wall)
  test('a row for the whole and for each measure, by arm', () => {
    expect(figures.map(({ measure, arm, runs }) => `${measure} ${arm} ${runs}`)).toEqual(
      ['whole', 'training', 'validation'].flatMap(measure => ['nirschl', 'resnet18'].map(arm => `${measure} ${arm} 8`)),
    )
  })
  test('medians, with what the parts took', () => {
    expect(figures[0]).toMatchObject({ wall: { value: close(middle(walls('nirschl'))), low: expect.any(Number) }, outliers: 0 })
    const training = seen.runs.filter(({ arm }) => arm === 'nirschl').map(run => run.events[5]!.seconds!)
    expect(figures[2]).toMatchObject({
      wall: { value: close(middle(training)) },
      cpu: { value: close(2 * middle(training)) },
      memory: 2 ** 29,
    })
  })
  test('how many times as fast, paired by round, never without the seconds of the base; the base has none', () => {
    const ratios = walls('nirschl').map((wall, n) => wall / walls('resnet18')[n]!)
    expect(figures[0]!.speedup).toBeUndefined()
    expect(figures[1]!.speedup).toMatchObject({ value: close(middle(ratios)), base: close(middle(walls('nirschl'))), pairs: 8 })
  })
  test('warm-ups do not count, and a run without its partner is in no pair', () => {
    const { figures } = derived({}, ({ runs, failed }) => {
      Object.assign(runs.find(({ round, arm }) => round === 0 && arm === 'nirschl')!, { warmup: true })
      runs.splice(
        runs.findIndex(({ round, arm }) => round === 5 && arm === 'resnet18'),
        1,
      )
      failed.push({ round: 5, arm: 'resnet18', environment: 'workstation', caches: 'warm', why: 'x' })
    })
    expect(figures.slice(0, 2)).toMatchObject([{ runs: 7 }, { runs: 7, speedup: { pairs: 6 } }])
  })
  test('under six rounds there is no interval, of nothing', () => {
    const { figures, warnings } = derived({ rounds: 5 })
    expect(JSON.stringify(figures)).not.toMatch(/"low"|"high"|"next"|"visible"/)
    expect(warnings).toContain('whole · nirschl · workstation: 5 runs; an interval takes 6.')
  })
  test('caches and environments are rows of their own, all beside one baseline with the same caches', () => {
    const environment = { target: 'local', settings: 'a'.repeat(64) }
    const { figures } = derived({
      environments: { here: environment, there: environment },
      definition: { caches: ['cold', 'warm'], measures: {} },
    })
    expect(figures.map(({ caches, environment, arm, speedup }) => [caches, environment, arm, speedup !== undefined].join(' '))).toEqual(
      ['cold', 'warm'].flatMap(caches => [
        `${caches} here nirschl false`,
        `${caches} here resnet18 true`,
        `${caches} there nirschl true`,
        `${caches} there resnet18 true`,
      ]),
    )
  })
  test('cost is counted as the bill does: begun minutes, and two at least', () => {
    const price = { name: 'x', currency: 'USD', hour: 60, source: 'https://example.org', date: '2026-05-07' }
    const environment = { target: 'local', settings: 'a'.repeat(64) }
    const costs = (billed?: { by: string; least: string }) =>
      derived({
        noise: 0,
        environments: { rented: { ...environment, price: { ...price, ...(billed && { billed }) } } },
        arms: { short: [30, 1], long: [200, 1] },
      }).figures.map(({ cost }) => cost)
    expect(costs({ by: '1m', least: '2m' }).slice(0, 2)).toEqual([
      { currency: 'USD', value: 2 },
      { currency: 'USD', value: 4 },
    ])
    expect(costs()[0]).toEqual({ currency: 'USD', value: close(31.8 / 60) })
  })
  describe('on a cluster', () => {
    const dollars = (hour: number, more = {}) => ({
      name: 'x',
      currency: 'USD',
      hour,
      source: 'https://example.org',
      date: '2026-05-07',
      ...more,
    })
    const cluster = { target: 'argo', settings: 'a'.repeat(64) }
    const ofPool =
      (pool: number | undefined, change: (run: Run) => Run = run => run) =>
      (run: Run) =>
        change({
          ...run,
          events: run.events.map(each => {
            if (!each.step.startsWith('torch-train') || pool === undefined) return each
            if (each.event === 'planned') return { ...each, gpu: 2 }
            return each.event === 'started' ? { ...each, pool } : each
          }),
        })
    const told = (where: object, pool?: number, arms: Seeded['arms'] = { one: [36, 1] }) => {
      const all = derived({ noise: 0, arms, environments: { cluster: { ...cluster, ...where } }, each: ofPool(pool) })
      return { ...all, rows: Object.fromEntries(all.figures.map(row => [row.measure, row])) }
    }
    const pools = [{ model: 'T4' }, { model: 'A10G', price: dollars(100, { gpus: 4 }) }]
    test('GPU seconds cost what the pool that was taken costs, for its share of the machine', () => {
      expect(told({ pools }, 1).rows.training).toMatchObject({ gpu: 72, cost: { currency: 'USD', value: close((72 / 4) * (100 / 3600)) } })
      expect(told({ pools }, 1).rows.validation!.cost).toBeUndefined()
    })
    test('the whole has a cost only where all of its steps have a price, in one currency', () => {
      expect(told({ pools }, 1).rows.whole!.cost).toBeUndefined()
      expect(told({ pools, price: dollars(36, { currency: 'EUR' }) }, 1).rows.whole!.cost).toBeUndefined()
      expect(told({ pools, price: dollars(36) }, 0).rows.training!.cost).toBeUndefined()
      const { whole } = told({ pools, price: dollars(36) }, 1).rows
      expect(whole!.cost).toEqual({ currency: 'USD', value: close(0.5 + whole!.wall.value / 100) })
    })
    test('a GPU of which nothing told that it was there is never shown as one', () => {
      const { rows, warnings } = told({ pools }, 1)
      expect([rows.training!.gpu, rows.training!.device]).toEqual([72, undefined])
      const warning =
        'Steps in cluster asked for GPUs of the pool A10G, and nothing told which device they had, or whether there was one. Its GPU seconds are those for which GPUs were reserved, and no time there is the speed of a GPU.'
      expect(warnings).toContain(warning)
      expect(told({ pools }).warnings).not.toContainEqual(expect.stringContaining('GPU'))
      const speedups = (pool?: number) => told({ pools }, pool, { one: [36, 1], two: [72, 1] }).figures.flatMap(row => row.speedup ?? [])
      expect([speedups().length, speedups(1).length]).toEqual([3, 1]) // of three measures the validation asks for none
    })
  })
  test('six digits are kept, so that any machine computes the same', () => {
    for (const [, digits = ''] of JSON.stringify(derived()).matchAll(/-?(\d+\.\d+)/g))
      expect(digits.replace(/^0\.0*|\./g, '').length).toBeLessThan(7)
  })
})
describe('refusals', () => {
  const refusals = (change: (seen: Observed) => unknown) => derived({}, change).refusals
  const run = ({ runs }: Observed, arm = 'resnet18') => runs.find(each => each.arm === arm && each.round === 3)!
  test.each<readonly [string, (seen: Observed) => unknown, string | undefined]>([
    ['none', () => {}, undefined],
    [
      'below the floor',
      seen => Object.assign(run(seen).quality, { auc: 0.5 }),
      'Quality below its floor: auc of resnet18 · workstation is 0.5, and has to be 0.8 at least.',
    ],
    [
      'too good',
      seen => Object.assign(run(seen).quality, { auc: 1 }),
      'Quality too good to be true: auc of resnet18 · workstation is 1, above 0.99. Look for a leak: what it is judged by may have been trained on.',
    ],
    ['no quality', seen => Object.assign(run(seen), { quality: {} }), 'Quality not known: round 3 of resnet18 · workstation has no auc.'],
    [
      'digests that differ',
      seen => Object.assign(run(seen).outputs, { predictions: 'b' }),
      `Outputs differ: predictions is ${'a'.repeat(64)} in resnet18 · workstation, round 0, and b in resnet18 · workstation, round 3.`,
    ],
    [
      'an output that is not there',
      seen => Object.assign(run(seen), { outputs: {} }),
      'Outputs differ: predictions is not there in resnet18 · workstation, round 3, but in resnet18 · workstation, round 0.',
    ],
    [
      'numbers within the tolerance',
      seen => seen.runs.map((each, n) => Object.assign(each.outputs, { predictions: n === 5 ? 0.995 : 1 })),
      undefined,
    ],
    [
      'numbers beyond it',
      seen => seen.runs.map(each => Object.assign(each.outputs, { predictions: each === run(seen) ? 0.9 : 1 })),
      'Outputs differ: predictions is 0.9 in resnet18 · workstation, round 3, and 1 in resnet18 · workstation, round 7, 10 % apart where 1 % are allowed.',
    ],
    ['arms that need not agree', seen => seen.runs.map(each => Object.assign(each.outputs, { predictions: each.arm })), undefined],
    [
      'arms that must agree',
      seen => {
        seen.definition.outputs!.equal.push(['nirschl', 'resnet18'])
        for (const each of seen.runs) Object.assign(each.outputs, { predictions: each.arm })
        seen.runs.sort((a, b) => a.round - b.round || (a.arm < b.arm ? -1 : 1))
      },
      'Outputs differ: predictions is nirschl in nirschl · workstation, round 0, and resnet18 in resnet18 · workstation, round 0.',
    ],
  ])('%s', (_, change, refusal) => expect(refusals(change)).toEqual(refusal === undefined ? [] : [refusal]))
})
test('claims are met or not, and of what was not measured neither', () => {
  const arm = 'resnet18'
  const { claims } = derived({
    noise: 0,
    definition: {
      claims: [
        { ratio: [arm, 'nirschl'], of: 'wall', measure: 'training', most: 3 },
        { ratio: [arm, 'nirschl'], of: 'cpu', measure: 'validation', least: 3 },
        { of: 'memory', arm, measure: 'training', most: 2 ** 29 },
        { quality: 'auc', arm, take: 'least', least: 0.9 },
        { quality: 'auc', arm, take: 'mean', environment: 'moon', least: 0.9 },
        { of: 'wall', arm: 'other', measure: 'whole', most: 1 },
      ],
    },
  })
  expect(claims).toMatchObject([
    { what: 'wall · training · resnet18 / nirschl · workstation', estimate: { value: 2.5 }, most: 3, met: true },
    { what: 'CPU · validation · resnet18 / nirschl · workstation', estimate: { value: 2.5 }, least: 3, met: false },
    { what: 'memory · training · resnet18 · workstation', estimate: { value: 2 ** 29 }, met: true },
    { what: 'auc, least · resnet18 · workstation', estimate: { value: 0.9 }, met: true },
    { what: 'auc, mean · resnet18 · moon', least: 0.9 },
    { what: 'wall · whole · other', most: 1 },
  ])
  expect(claims.slice(4).every(claim => claim.met === undefined && claim.estimate === undefined)).toBe(true)
})
test('laws of scaling are fitted to four points, and below that the points and the bound are all there is', () => {
  const serial = 0.1
  const arms = (cores: readonly number[]) =>
    Object.fromEntries(cores.map(n => [`${n} cores`, [100 * (serial + (1 - serial) / n), 1]] as const))
  const fits = (cores: readonly number[]) =>
    derived({
      noise: 0,
      arms: arms(cores),
      definition: { scaling: { law: 'strong', cores: Object.fromEntries(cores.map(n => [`${n} cores`, n])) } },
    }).fits.find(({ measure }) => measure === 'training')!
  expect(fits([1, 2, 4, 8])).toMatchObject({ law: 'Amdahl', serial: { value: expect.closeTo(serial, 3) }, bound: expect.closeTo(10, 1) })
  expect(fits([1, 2, 4])).toMatchObject({ points: [{ cores: 1, speedup: 1 }, { cores: 2 }, { cores: 4 }], bound: expect.closeTo(10, 1) })
  expect(fits([1, 2, 4]).serial).toBeUndefined()
})
describe('warnings are told by the record itself', () => {
  const warnings = (change: (seen: Observed) => unknown, of: Seeded = {}) => derived(of, change).warnings
  const each = (more: (run: Run, n: number) => object) => (seen: Observed) => seen.runs.map((run, n) => Object.assign(run, more(run, n)))
  test.each<readonly [string, (seen: Observed) => unknown, string | undefined]>([
    ['none', () => {}, undefined],
    [
      'quick',
      seen => Object.assign(seen, { quick: true }),
      'It was run with --quick, to see that everything works: no claim may rest on it.',
    ],
    ['no commit', seen => Object.assign(seen, { code: { version: '1', why: 'a.ts differs' } }), 'Its code is in no commit: a.ts differs.'],
    [
      'load',
      seen => Object.assign(seen.sessions[0]!.load, { before: 1.5 }),
      'The load average was 1.5 when it began, on 2 cores: times by the clock are those of a busy machine.',
    ],
    [
      'other programs',
      each(run => ({ others: 0.2 * run.wall })),
      'Other programs used 10 % of the machine during the runs: trust CPU seconds more than the clock.',
    ],
    [
      'throttling',
      each(run => ({ throttled: 0.3 * run.wall })),
      'A limit of the control group held the processes back for 30 % of the time.',
    ],
    [
      'frequency',
      each((_, n) => ({ frequency: { before: 3000, after: n === 7 ? 2000 : 3000 } })),
      "The processor's frequency went from 2000 to 3000 MHz: it was throttled, or not at full speed from the start.",
    ],
    [
      'governor',
      seen => Object.assign(seen.machine, { governor: 'powersave' }),
      'The processor\'s governor is "powersave": frequencies follow the load. With "performance" times vary less.',
    ],
    ['harness', each(run => ({ harness: 0.02 * run.wall })), 'The harness itself used 2 % of a core during runs of 10 s and more.'],
    [
      'clock',
      seen => Object.assign(seen.machine, { clock: 1 }),
      expect.stringMatching(/^The clock counts steps of 1 s, and the shortest run took \d+\.\d+ s: make the arms longer\.$/),
    ],
    [
      'an outlier',
      each((run, n) => (n === 9 ? { wall: 10 * run.wall, calendar: 10 * run.wall } : {})),
      expect.stringMatching(/^whole · \w+ · workstation: 1 of 8 runs lie far from the rest\. They count like others\.$/),
    ],
    [
      'a run that did not count',
      seen => seen.failed.push({ round: 3, arm: 'nirschl', environment: 'workstation', caches: 'warm', why: 'the clock was set' }),
      '1 run did not count in nirschl · workstation, since the clock was set.',
    ],
    [
      'an arm that cannot run here',
      seen => seen.unmeasured.push({ arm: 'big', environment: 'workstation', why: 'it takes 1 GPU, and this machine has none' }),
      'big · workstation is not measured: it takes 1 GPU, and this machine has none.',
    ],
  ])('%s', (_, change, warning) => {
    const found = warnings(change, { noise: 0.005 })
    if (warning === undefined) expect(found).toEqual([])
    else expect(found).toContainEqual(warning)
  })
  test('noise, with the smallest change that it lets one see', () => {
    expect(warnings(() => {}, { noise: 0.2 })).toContainEqual(
      expect.stringMatching(
        /^whole · nirschl · workstation: the noise of 8 runs hides changes below \d+ %\. Run it more often, or on a quieter machine\.$/,
      ),
    )
  })
  test('drift', () => {
    const found = warnings(
      each(({ wall, round }) => ({ wall: wall * (1 + round / 10) })),
      { rounds: 16 },
    )
    expect(found).toContainEqual(
      expect.stringMatching(/^whole · nirschl · workstation: the later half of the runs took 1\.\d\d times as long as the first\.$/),
    )
  })
})
