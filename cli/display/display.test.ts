import { expect, test } from 'vitest'
import type { Event, Happening } from '../../core/events.ts'
import { mib } from '../../core/vocabulary/quantity.ts'
import { json } from './json.ts'
import { frame } from './live.ts'
import { plainDisplay } from './plain.ts'
import { RunProgress } from './progress.ts'

const start = Date.parse('2026-01-31T12:00:00.000Z')
const at = (seconds: number, happening: Happening): Event => ({ at: new Date(start + seconds * 1000).toISOString(), ...happening })
const planned = (step: string, name = step) => at(0, { event: 'planned', step, key: step, name, cpu: 2, memory: mib(64) })
const usage = { user: 1, system: 0, peakMemory: mib(100) }
/** A run as it was recorded: one step cached, one not needed, a failure, a retry, a step that could not run. */
const events: readonly Event[] = [
  at(0, { event: 'run-started', run: 'r1', plan: 'calls', steps: 5, cpu: 4, memory: mib(8192) }),
  ...['index', 'align:a', 'align:b', 'sort:a', 'call'].map(step => planned(step, step.split(':')[0])),
  at(0, { event: 'cached', step: 'index', key: 'k' }),
  at(1, { event: 'started', step: 'align:a', key: 'k', attempt: 1, cpu: 2, memory: mib(64) }),
  at(1, { event: 'started', step: 'align:b', key: 'k', attempt: 1, cpu: 2, memory: mib(64) }),
  at(5, { event: 'retried', step: 'align:b', attempt: 1, reason: 'Step align:b ran out of memory (64 MiB granted).' }),
  at(5, { event: 'started', step: 'align:b', key: 'k', attempt: 2, cpu: 2, memory: mib(128) }),
  at(11, { event: 'succeeded', step: 'align:a', key: 'k', seconds: 10, usage }),
  at(11, { event: 'started', step: 'sort:a', key: 'k', attempt: 1, cpu: 2, memory: mib(64) }),
  at(12, { event: 'failed', step: 'sort:a', key: 'k', message: 'Step sort:a ended with status 1.\n  command: sort' }),
  at(12, { event: 'skipped', step: 'call', key: 'k', reason: 'sort:a failed' }),
]
const lines = (all: readonly Event[]) => {
  const written: string[] = []
  const display = plainDisplay(line => written.push(line))
  for (const event of all) display.on(event)
  return written.map(line => line.replace(/^\d\d:\d\d:\d\d {2}/, ''))
}
test('plain: a line for what happens, cached steps as a number', () => {
  expect(lines(events)).toEqual([
    'run r1 of calls: 5 steps, 4 cores, 8 GiB',
    '1 of 5 steps cached',
    'started  align:a',
    'started  align:b',
    'retried  align:b: Step align:b ran out of memory (64 MiB granted).',
    'started  align:b (attempt 2)',
    'done     align:a  10 s, 100 MiB',
    'started  sort:a',
    'FAILED   sort:a: Step sort:a ended with status 1.',
    'skipped  call: sort:a failed',
  ])
})
test('plain: what a target has no limit of is not told', () => {
  const [start] = events
  expect(lines([{ ...start!, cpu: 1, memory: 0 } as Event])).toEqual(['run r1 of calls: 5 steps, 1 core'])
  expect(lines([{ ...start!, cpu: 0 } as Event])).toEqual(['run r1 of calls: 5 steps, 8 GiB'])
})
test('plain: steps that the run took with it when it was stopped; lists, whose steps are not known yet', () => {
  const [start] = events
  const stopped = at(2, { event: 'failed', step: 'call', key: 'k', message: 'Step call was cancelled.', cancelled: true })
  expect(lines([{ ...start!, lists: true } as Event, stopped])).toEqual([
    'run r1 of calls: 5 steps, more for each file of a list, 4 cores, 8 GiB',
    'stopped  call',
  ])
  expect(progressed([...events.slice(0, 6), stopped]).failed).toBe(0)
})
test('json: the events themselves, a line each', () => {
  const written: string[] = []
  const display = json(line => written.push(line))
  for (const event of events) display.on(event)
  expect(written.map(line => JSON.parse(line))).toEqual(events)
})
const progressed = (all: readonly Event[]) => {
  const progress = new RunProgress()
  for (const event of all) progress.on(event)
  return progress
}
test('live: running steps with their times, then totals', () => {
  const view = { rows: 24, columns: 80 }
  expect(frame(progressed(events.slice(0, 9)), start + 4000, new Map(), view)).toBe(
    '  ▸ align:a  3.0 s\n  ▸ align:b  3.0 s\n━━━━──────────────────── calls: 1 of 5 steps, 1 cached, 4.0 s',
  )
  expect(frame(progressed(events), start + 13_000, new Map(), view)).toBe(
    '  ▸ align:b  8.0 s  attempt 2\n━━━━━━━━━━━━──── calls: 4 of 5 steps, 1 cached, 1 failed, 13 s, about 2.0 s left',
  )
})
test('live: what failed is red in the bar too; no bar where there is no room', () => {
  const coloured = frame(progressed(events), start + 13_000, new Map(), { rows: 24, columns: 80 }, (colour, text) => `<${colour} ${text}>`)
  expect(coloured.split('\n')[1]).toMatch(/^<green ━+><red ━+><dim ─+> calls: 4 of 5 steps/)
  expect(frame(progressed(events), start + 13_000, new Map(), { rows: 24, columns: 66 })).not.toContain('━')
})
test('live: no wider and no higher than the terminal', () => {
  const many = Array.from({ length: 9 }, (_, n) =>
    at(1, { event: 'started', step: `step-with-a-long-name-${n}`, key: 'k', attempt: 1, cpu: 1, memory: 1 }),
  )
  const shown = frame(progressed([...events.slice(0, 1), ...many]), start + 2000, new Map(), { rows: 8, columns: 20 }).split('\n')
  expect(shown).toHaveLength(6)
  expect(shown.every(line => line.length <= 20)).toBe(true)
  expect(shown[4]).toBe('  … and 5 more')
})
test('time left: from this run, else from earlier ones; unknown while most steps are', () => {
  const begun = progressed(events.slice(0, 9))
  expect(begun.left(start + 4000, new Map())).toBeUndefined()
  // align: 7 s left of each of two, on 2 of 4 cores; sort and call 4 s each: (14 × 2 + 8 × 2) / 4
  const before = new Map([
    ['align', 10],
    ['sort', 4],
    ['call', 4],
  ])
  expect(begun.left(start + 4000, before)).toBe(11)
  expect(progressed(events).left(start + 13_000, new Map())).toBe(2)
})
