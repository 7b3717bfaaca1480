import { derive } from '../benchmarks/harness/derive/derive.ts'
import { generator } from '../benchmarks/harness/random.ts'
import type { Observed, Record2, Run } from '../benchmarks/harness/record.ts'
import { definitionDigest, sealedRecord } from '../benchmarks/harness/record-text.ts'
import { orderOf } from '../benchmarks/harness/rounds.ts'

export interface Seeded {
  readonly seed?: number
  readonly rounds?: number
  /** Standard deviation of the logarithm of times. */
  readonly noise?: number
  /** Seconds of training and of validation, by arm. */
  readonly arms?: Readonly<Record<string, readonly [training: number, validation: number]>>
  readonly environments?: Observed['environments']
  readonly definition?: Partial<Observed['definition']>
  /** Changes a run after it was drawn. */
  readonly each?: (run: Run) => Run
}
const digest = (letter: string) => letter.repeat(64)
/** What a comparison of trainings would have seen: times log-normal about those given, everything else to match. */
export function seededObservation(of: Seeded = {}): Observed {
  const { seed = 1, rounds = 8, noise = 0.02, arms = { nirschl: [8, 2], resnet18: [20, 5] }, each = run => run } = of
  const environments = of.environments ?? { workstation: { target: 'local', settings: digest('e') } }
  const random = generator(seed)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()) // Box and Muller
  const about = (seconds: number) => Math.round(seconds * Math.exp(noise * normal()) * 1000) / 1000
  const definition: Observed['definition'] = {
    name: 'seeded',
    about: 'Training and validation of image classifiers',
    pipeline: 'idr-classification',
    arms: Object.fromEntries(Object.keys(arms).map(arm => [arm, { arguments: { model: arm } }])),
    settings: {},
    baseline: { arm: Object.keys(arms)[0]!, environment: Object.keys(environments)[0]! },
    environments: Object.keys(environments),
    measures: { training: ['torch-train'], validation: ['torch-validate'] },
    quality: { auc: { about: 'Area under the curve', floor: 0.8, ceiling: 0.99, arms: Object.keys(arms) } },
    outputs: { tolerance: 0.01, equal: [] },
    given: [],
    warmups: 0,
    runs: { least: 6, most: 30, width: 0.05 },
    caches: ['warm'],
    claims: [],
    ...of.definition,
  }
  const runs: Run[] = []
  let clock = Date.parse('2026-01-02T03:04:05.000Z')
  const began = clock
  const cells = definition.caches.flatMap(caches =>
    Object.keys(arms).flatMap(arm => definition.environments.map(environment => ({ arm, environment, caches }))),
  )
  for (let round = 0; round < rounds; round++)
    for (const cell of orderOf(cells, seed, round, false)) {
      const [training, validation] = arms[cell.arm]!.map(about) as [number, number]
      const seconds = [0.5, training, validation]
      const ends = seconds.map((_, n) => 0.2 + seconds.slice(0, n + 1).reduce((sum, each) => sum + each, 0))
      const steps = ['torch-table', 'torch-train', 'torch-validate']
      const wall = Math.round((ends[2]! + 0.1) * 1000) / 1000
      const run: Run = {
        round,
        ...cell,
        warmup: false,
        began: new Date(clock).toISOString(),
        wall,
        calendar: wall,
        cpu: about(2 * wall),
        memory: Math.round(2 ** 30 * Math.exp(noise * normal())),
        others: 0.01,
        harness: 0.001,
        load: { before: 0.2, after: 0.4 },
        throttled: 0,
        events: steps.flatMap((name, n) => [
          { at: 0.1, event: 'planned' as const, step: `${name}:a`, name, key: digest(String(n)).slice(0, 12) },
          { at: n === 0 ? 0.2 : ends[n - 1]!, event: 'started' as const, step: `${name}:a` },
          {
            at: ends[n]!,
            event: 'succeeded' as const,
            step: `${name}:a`,
            seconds: seconds[n]!,
            cpu: 2 * seconds[n]!,
            memory: 2 ** 28 * (n + 1),
          },
        ]),
        quality: { auc: 0.9 },
        outputs: { predictions: digest('a') },
      }
      runs.push(each(run))
      clock += Math.ceil(wall * 1000) + 500
    }
  return {
    format: 2,
    definition,
    digest: definitionDigest(definition),
    sources: { 'benchmarks/seeded.ts': digest('1'), 'steps/torch/train.py': digest('2') },
    code: { version: '0.1.0', commit: '0123456789ab' },
    dataset: { name: 'twin', source: 'drawn', licence: 'CC0-1.0', files: { 'images.tar': { sha256: digest('d'), bytes: 100 } } },
    programs: { node: '20.20.2' },
    images: {},
    environments,
    machine: { cpu: 'AMD EPYC', cores: 2, memory: 8 * 2 ** 30, system: 'Linux 6.1', architecture: 'x64', limits: {}, clock: 1e-6 },
    quick: false,
    seed,
    sessions: [
      {
        began: new Date(began).toISOString(),
        ended: new Date(clock).toISOString(),
        load: { before: 0.2, after: 0.5 },
        usage: { wall: (clock - began) / 1000, own: 1, others: 0.1 },
      },
    ],
    runs,
    failed: [],
    unmeasured: [],
  }
}
/** The record of it, as text. */
export const seededRecord = (of: Seeded = {}): string => textOf(seededObservation(of))
export const textOf = (seen: Observed): string => sealedRecord({ ...seen, derived: derive(seen) })
/** What an attacker writes who can compute a seal: the record with a change, sealed again. */
export const resealed = (text: string, change: (record: Record2) => unknown): string => {
  const record = JSON.parse(text) as Record2 // written by `seededRecord`
  change(record)
  return sealedRecord(record)
}
