import { expect, test } from 'vitest'
import type { Event } from '../events.ts'
import type { Job } from '../graph/jobs.ts'
import { each, kind, many, mib, plan, type Results, run, step } from '../index.ts'
import type { Entry } from '../store/record.ts'
import { RunState } from './state.ts'

// The state of a run alone: nothing is started, the test says what happened.

const text = kind('text', { extension: '.txt' })
const needs = { cpu: 1, memory: mib(1) }
const base = { image: 'i', needs, outputs: { out: text }, streams: ['in', 'out'] } as const
const first = step({ ...base, streams: ['out'], name: 'first', inputs: {}, command: ({ out }) => run('printf', '1').into(out) })
const list = step({
  name: 'list',
  image: 'i',
  needs,
  inputs: {},
  outputs: { files: many(text) },
  command: ({ files }) => run('touch', files),
})
const next = (name: string) => step({ ...base, name, inputs: { in: text }, command: ({ in: from, out }) => run('cat', from).into(out) })
const entry = (outputs: Entry['record']['outputs'] = {}) => ({ folder: '/x', record: { outputs } }) as unknown as Entry // all that is looked at

async function begun(results: Results, at: { joined?: boolean; there?: readonly string[] } = {}) {
  const events: Event[] = []
  const ready: Job[] = []
  const state: RunState = new RunState(plan('p', results), {
    versions: new Map(),
    on: event => events.push(event),
    joining: at.joined ? { memory: mib(100), memoryOf: () => mib(1) } : undefined,
    granted: () => needs,
    lookUp: async (keys, steps) =>
      new Map(keys.filter(key => at.there?.includes(steps.get(key)!.step.name)).map(key => [key, entry()] as const)),
    ready: job => ready.push(job),
  })
  await state.begin('r', { cpu: 1, memory: 1 })
  const keyOf = (label: string) => [...state.steps.keys()].find(key => state.label(key) === label)!
  const told = () => events.flatMap(event => ('step' in event && event.event !== 'planned' ? [`${event.step} ${event.event}`] : []))
  return { state, events, ready, keyOf, told, reasons: () => events.flatMap(event => (event.event === 'skipped' ? [event.reason] : [])) }
}
const chain = () => {
  const a = first({})
  const b = next('second')({ in: a.out })
  return { out: next('third')({ in: b.out }).out }
}

test('steps joined in one job, and steps that are jobs of their own but ran joined, are told alike when one fails', async () => {
  const [one, several] = [await begun(chain(), { joined: true }), await begun(chain())]
  for (const { state, keyOf } of [one, several]) {
    const keys = ['first', 'second', 'third'].map(keyOf)
    for (const key of keys) state.started(key, 1, needs, 'third')
    state.failed(keys[1]!, 'Step second failed.', { joined: keys })
  }
  const expected = ['first started', 'second started', 'third started', 'second failed', 'first skipped', 'third skipped']
  expect(one.told()).toEqual(expected)
  expect(several.told()).toEqual(expected)
  expect(several.reasons()).toEqual(one.reasons())
  for (const { state } of [one, several]) expect([state.open(), state.failures]).toEqual([[], ['Step second failed.']])
})
test('what is there is told as cached, and what only it needed as not needed', async () => {
  const { told, reasons, ready } = await begun(chain(), { there: ['third'] })
  expect(told()).toEqual(['first skipped', 'second skipped', 'third cached'])
  expect(new Set(reasons())).toEqual(new Set(['not needed: what follows it is cached']))
  expect(ready).toEqual([])
})
test('a step that ended is not told again, whoever says so', async () => {
  const { state, keyOf, told } = await begun({ out: first({}).out })
  const key = keyOf('first')
  const end = { key, entry: entry(), seconds: 1, usage: undefined }
  state.succeeded([end])
  state.succeeded([end])
  state.cached([end])
  state.failed(key, 'no')
  state.skipped(key, 'no')
  state.retried(key, 'no')
  expect(told()).toEqual(['first succeeded'])
  expect(state.end('r', 1, false)).toMatchObject({ state: 'succeeded', failures: [] })
})
test('a list that was written becomes one branch a file, which its each then waits for', async () => {
  const files = list({}).files
  const { state, ready, keyOf, told } = await begun({ out: each(files, file => ({ out: next('second')({ in: file }).out })).out })
  const named = ['10.txt', '2.txt'].map(name => ({ name: `files/${name}`, size: 1, sha256: '' }))
  state.succeeded([{ key: keyOf('list'), entry: entry({ files: named }), seconds: 1, usage: undefined }])
  const branching = ready.find(({ work }) => 'each' in work)!
  if ('each' in branching.work) await state.branchOut(branching, branching.work.each)
  expect([...state.steps.keys()].map(key => state.label(key))).toEqual(['list', 'second[10.txt]', 'second[2.txt]'])
  for (const label of ['second[10.txt]', 'second[2.txt]'])
    state.succeeded([{ key: keyOf(label), entry: entry(), seconds: 1, usage: undefined }])
  expect(told()).toEqual(['list succeeded', 'second[10.txt] succeeded', 'second[2.txt] succeeded'])
  expect(ready.at(-1)).toBe(branching)
  if ('each' in branching.work) await state.branchOut(branching, branching.work.each)
  expect(state.jobs.open).toBe(0)
})
test('what was damaged runs again, and what needs it waits', async () => {
  const made = first({}).out
  const { state, ready, keyOf, told } = await begun({ out: next('second')({ in: made }).out }, { there: ['first'] })
  const waiting = ready.pop()!
  state.entries.delete(keyOf('first'))
  state.damaged(keyOf('first'), 'its file changed')
  state.makeAgain([made])
  state.waitFor(waiting, [made])
  expect(ready.map(({ key }) => state.label(key))).toEqual(['first'])
  state.succeeded([{ key: keyOf('first'), entry: entry(), seconds: 1, usage: undefined }])
  expect(ready.map(({ key }) => state.label(key))).toEqual(['first', 'second'])
  expect(told()).toEqual(['first cached', 'first damaged', 'first succeeded'])
})
