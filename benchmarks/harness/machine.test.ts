import { writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { scratch } from '../../core/testing.ts'
import { gpuFacts, limitsOf, machineFacts } from './machine.ts'
import { clockFault } from './measure.ts'
import { prepareCaches, residentBytes } from './page-cache.ts'
import { record } from './record.ts'
import { enough, orderOf } from './rounds.ts'
import { seen, seenParts, unproved } from './seen.ts'

test('what is known of this machine is what a record takes, without its name', () => {
  const facts = machineFacts()
  expect(record.shape.machine.parse(facts)).toEqual(facts)
  expect(facts.clock).toBeLessThan(0.001)
  expect(JSON.stringify(facts)).not.toContain(`"${os.hostname()}"`)
})
test('GPUs as nvidia-smi tells them; the narrowest limit of all control groups', () => {
  expect(gpuFacts('NVIDIA A10G, 550.54.15\nNVIDIA A10G, 550.54.15\n')).toEqual({ model: 'NVIDIA A10G', driver: '550.54.15', count: 2 })
  expect(gpuFacts('NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver.')).toBeUndefined()
  expect(gpuFacts(undefined)).toBeUndefined()
  const groups = [
    { cpu: '150000 100000', memory: 'max' },
    { cpu: 'max 100000', memory: '1073741824' },
    { cpu: undefined, memory: undefined },
  ]
  expect(limitsOf(groups)).toEqual({ cores: 1.5, memory: 2 ** 30 })
  expect(limitsOf([])).toEqual({})
})
test('a run of no length, a clock that was set, and figures that are not there', () => {
  expect(clockFault({ wall: 2, calendar: 2.01, cpu: 1 }, 1e-6)).toBeUndefined()
  expect(clockFault({ wall: 0, calendar: 0, cpu: 0 }, 1e-6)).toBe('it took no time that the clock can tell: 0 s')
  expect(clockFault({ wall: 2, calendar: 3602, cpu: 1 }, 1e-6)).toBe('the clock of this machine was set by 3600.0 s while it ran')
  expect(clockFault({ wall: 2, calendar: -58, cpu: 1 }, 1e-6)).toBe('the clock of this machine was set by -60.0 s while it ran')
  expect(clockFault({ wall: 2, calendar: 2, cpu: Number.NaN }, 1e-6)).toBe('nothing told what it used: the disk may be full')
})
const places = ['a', 'b', 'c', 'd'].map(arm => ({ arm, environment: 'workstation', caches: 'warm' as const }))
test('the order of a round follows from seed and round alone, and no arm is always first', () => {
  expect(orderOf(places, 7, 3, false)).toEqual(orderOf(places, 7, 3, false))
  const firsts = Array.from({ length: 400 }, (_, n) => orderOf(places, 7, n, false)[0]!.arm)
  for (const { arm } of places) {
    const times = firsts.filter(first => first === arm).length
    expect(times).toBeGreaterThan(60) // of 100; a fair draw has so few once in a million
    expect(times).toBeLessThan(140)
  }
  expect(Array.from({ length: 9 }, (_, n) => orderOf(places, 7, n, true))).not.toEqual(
    Array.from({ length: 9 }, (_, n) => orderOf(places, 7, n, false)),
  )
})
test('rounds go on until every ratio, of each measure too, is known narrowly', () => {
  const definition = {
    baseline: { arm: 'a', environment: 'workstation' },
    measures: { half: ['s'] },
    settings: {},
    runs: { least: 6, most: 12, width: 0.05 },
  }
  const runs = (rounds: number, noise: number) =>
    Array.from({ length: rounds }, (_, round) =>
      places.slice(0, 2).map((place, n) => {
        const half = 1 + n + noise * ((round * 7) % 5)
        const step = [
          { event: 'planned', at: 0, step: 's', name: 's' },
          { event: 'started', at: 0, step: 's' },
          { event: 'succeeded', at: half, step: 's' },
        ]
        return { ...place, round, warmup: false, wall: 2, cpu: 1, memory: 1, events: step }
      }),
    ).flat()
  const isEnough = (rounds: number, noise: number) => enough(definition as never, runs(rounds, noise) as never, rounds) // what it reads of both
  expect(isEnough(5, 0)).toBe(false)
  expect(isEnough(6, 0)).toBe(true)
  expect(isEnough(6, 0.2)).toBe(false) // the whole is known, its half is not
  expect(isEnough(12, 0.2)).toBe(true)
})
const key = 'a'.repeat(64)
const at = (seconds: number) => new Date(Date.parse('2026-01-02T03:04:05.000Z') + seconds * 1000).toISOString()
const planned = (step: string) => ({ at: at(1), event: 'planned' as const, step, key, name: step, cpu: 1, memory: 1 })
test('events are told by seconds since the run began; what was not needed was no part of it', () => {
  const usage = { user: 1, system: 0.5, peakMemory: 9 }
  const events = seen(
    [
      { at: at(0.5), event: 'run-started', run: 'r', plan: 'p', steps: 2, cpu: 1, memory: 1 },
      { ...planned('a'), gpu: 2 },
      planned('b'),
      { at: at(1), event: 'skipped', step: 'b', key, reason: 'not needed' },
      { at: at(2), event: 'started', step: 'a', key, attempt: 1, cpu: 1, memory: 1 },
      { at: at(3), event: 'progress', step: 'a', text: 'half' },
      { at: at(4), event: 'succeeded', step: 'a', key, seconds: 1.9, usage },
    ],
    Date.parse(at(0)) / 1000,
  )
  expect(events).toEqual([
    { at: 1, event: 'planned', step: 'a', name: 'a', key: key.slice(0, 12), gpu: 2 },
    { at: 2, event: 'started', step: 'a' },
    { at: 4, event: 'succeeded', step: 'a', seconds: 1.9, cpu: 1.5, memory: 9 },
  ])
})
test('a run proves that it ran: nothing from the cache but what is given, nothing without an end', () => {
  const [a, done, cached] = [
    { at: 1, event: 'planned', step: 'a:1', name: 'a' },
    { at: 2, event: 'succeeded', step: 'a:1' },
    { at: 2, event: 'cached', step: 'a:1' },
  ] as const
  expect(unproved([a, done], [])).toBeUndefined()
  expect(unproved([a, cached], ['a'])).toBeUndefined()
  expect(unproved([a, cached], [])).toBe('its step a:1 was served from the cache, so nothing was measured')
  expect(unproved([a, cached, { at: 2, event: 'damaged', step: 'a:1' }, done], [])).toBeUndefined()
  expect(unproved([a], [])).toBe('its step a:1 did not end')
  expect(unproved([], [])).toBe('it told no events: nothing shows that a step ran')
})
test('parts of a command are told one after the other', () => {
  const parts = seenParts({ align: { wall: 2, cpu: 3 }, call: { wall: 1, cpu: 1 } })
  expect(parts.map(({ at, event, step }) => `${at} ${event} ${step}`)).toEqual([
    ...['0 planned align', '0 started align', '2 succeeded align'],
    ...['2 planned call', '2 started call', '3 succeeded call'],
  ])
})
test.skipIf(residentBytes('/proc/self/exe') === undefined)(
  'cold is out of memory, warm is in it (skipped: there is no fincore)',
  async () => {
    const file = path.join(scratch(), 'input')
    writeFileSync(file, Buffer.alloc(1 << 20, 1), { flush: true })
    await prepareCaches([file], 'warm')
    expect(residentBytes(file)).toBe(1 << 20)
    const told = await prepareCaches([file], 'cold').catch((cause: Error) => cause.message)
    // Where the folder for temporary files is memory, nothing on it can be cold, and nobody is told that it was.
    if (told === undefined) expect(residentBytes(file)).toBe(0)
    else expect(told).toContain('stays in memory, 1048576 bytes of it, so a cold run cannot be measured here')
  },
)
