import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import type { Event } from '../events.ts'
import { gib, kind, many, mib, minutes, type Needs, pipe, plan, type Results, run, step } from '../index.ts'
import type { StepRecord } from '../store/record.ts'
import { Store } from '../store/store.ts'
import { scratch } from '../testing.ts'
import type { Attempt, Outcome } from './attempt.ts'
import { runHere } from './scheduler.ts'

// The scheduler alone: attempts are played, nothing is started.
const text = kind('text', { extension: '.txt' })
const make = (name: string, needs: Needs, retry = { times: 0, exits: [] as number[] }) =>
  step({ name, image: 'i', inputs: {}, outputs: { out: text }, needs, retry, command: ({ out }) => run('printf', name).into(out) })
const use = (name: string, needs: Needs = { cpu: 1, memory: mib(1) }) =>
  step({
    name,
    image: 'i',
    inputs: { from: many(text) },
    outputs: { out: text },
    needs,
    command: ({ from, out }) => pipe(['cat', from], ['grep', name]).into(out),
  })
const failed = (cause: 'memory' | 'time' | 'transient' | 'other'): Outcome => ({
  state: 'failed',
  member: 0,
  message: `failed for ${cause}`,
  folder: '/x',
  cause,
})
const done = ({ members }: Attempt): Outcome => {
  const entries = members.map(({ node }) => {
    const folder = scratch()
    for (const name of [...Object.keys(node.step.outputs).map(port => `${port}.txt`), 'record.json'])
      writeFileSync(path.join(folder, name), '1')
    const outputs = Object.fromEntries(Object.keys(node.step.outputs).map(port => [port, [{ name: `${port}.txt`, size: 1, sha256: '' }]]))
    return { folder, record: { outputs } as unknown as StepRecord }
  })
  return { state: 'done', entries, ended: members.map(() => ({ seconds: 1, usage: undefined })) }
}
async function play(
  results: Results,
  perform: (attempt: Attempt) => Outcome | Promise<Outcome>,
  total = { cpu: 4, memory: gib(8) as number, gpu: 0 },
  failFast = false,
) {
  const store = await Store.open(scratch())
  const events: Event[] = []
  const told = await runHere(
    plan('p', results),
    { store, versions: new Map(), run: 'r', ...total, failFast, on: event => events.push(event) },
    { attempt: async attempt => perform(attempt) },
  )
  return { ...told, events, order: events.flatMap(event => (event.event === 'started' ? [event.step] : [])) }
}

test('many steps at once listen to what stops them, and Node warns nobody of a leak', async () => {
  const warned = vi.spyOn(process, 'emitWarning')
  const steps = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`s${n}`, make(`s${n}`, { cpu: 1, memory: mib(1) })({}).out]))
  let waiting = 0
  let go = () => {}
  const all = new Promise<void>(done => {
    go = done
  })
  const told = await play(
    steps,
    async attempt => {
      attempt.signal.addEventListener('abort', () => {})
      if (++waiting === 20) go()
      await all
      return done(attempt)
    },
    { cpu: 20, memory: gib(8), gpu: 0 },
  )
  expect([told.state, warned.mock.calls.filter(([warning]) => /listeners/.test(String(warning)))]).toEqual(['succeeded', []])
})
test('out of memory climbs the ladder, and no other failure does', async () => {
  const granted: number[] = []
  const step = make('s', { cpu: 1, memory: [gib(1), gib(2), gib(4)] })
  const told = await play(step({}), attempt => {
    granted.push(attempt.members[0]!.memory)
    return granted.length < 3 ? failed('memory') : done(attempt)
  })
  expect([told.state, granted]).toEqual(['succeeded', [gib(1), gib(2), gib(4)]])
  expect((await play(step({}), () => failed('other'))).order).toEqual(['s'])
})
test('each cause counts for itself: no other failure uses up a rung, nor a rung a try', async () => {
  const step = make('s', { cpu: 1, memory: [gib(1), gib(2)], time: [minutes(1), minutes(2)] }, { times: 2, exits: [69] })
  const causes = ['transient', 'time', 'transient', 'memory', 'memory'] as const
  const stood: unknown[] = []
  const told = await play(step({}), ({ climbed, members }) => {
    stood.push([members[0]!.memory / gib(1), climbed.time])
    return failed(causes[stood.length - 1]!)
  })
  expect(stood).toEqual([
    [1, 0],
    [1, 0],
    [1, 1],
    [1, 1],
    [2, 1],
  ])
  expect(told.failures).toEqual(['failed for memory'])
})
test('the ladder ends where the machine does', async () => {
  const told = await play(make('s', { cpu: 1, memory: [gib(1), gib(16)] })({}), () => failed('memory'))
  expect([told.state, told.order.length]).toEqual(['failed', 1])
})
test('a declared transient exit is tried again, so often', async () => {
  const tries = { times: 2, exits: [69] }
  expect((await play(make('s', { cpu: 1, memory: mib(1) }, tries)({}), () => failed('transient'))).order).toEqual(['s', 's', 's'])
  let n = 0
  const told = await play(make('s', { cpu: 1, memory: mib(1) }, tries)({}), attempt => (n++ === 0 ? failed('transient') : done(attempt)))
  expect(told.events.map(event => event.event)).toEqual([
    'run-started',
    'planned',
    'started',
    'retried',
    'started',
    'succeeded',
    'run-ended',
  ])
})
test('a longer time limit is tried when there is one', async () => {
  expect((await play(make('s', { cpu: 1, memory: mib(1), time: [minutes(1), minutes(2)] })({}), () => failed('time'))).order).toEqual([
    's',
    's',
  ])
})
test('cores are cut to what there is; memory and GPUs are not', async () => {
  const told = await play(make('s', { cpu: 32, memory: mib(1) })({}), attempt => {
    expect(attempt.members[0]!.cpu).toBe(4)
    return done(attempt)
  })
  expect(told.state).toBe('succeeded')
  await expect(play(make('s', { cpu: 1, memory: gib(64) })({}), done)).rejects.toThrow(
    "Step s needs 64 GiB of memory, and this run may use 8 GiB. Raise --memory, run it on a larger machine, or lower the step's needs.memory.",
  )
  await expect(play(make('s', { cpu: 1, memory: gib(1), gpu: { count: 2 } })({}), done)).rejects.toThrow(
    'Step s needs 2 GPUs, and this run may use 0. Run it in an environment that has them, or choose the CPU for that step.',
  )
})
test('two equal calls are one piece of work', async () => {
  const s = make('s', { cpu: 1, memory: mib(1) })
  const told = await play({ a: s({}).out, b: s({}).out }, done)
  expect(told.order).toEqual(['s'])
  expect(told.results.a).toEqual(told.results.b)
})
test('the longest path that remains comes first', async () => {
  const [short, long] = [make('short', { cpu: 4, memory: mib(1) })({}).out, make('long', { cpu: 4, memory: mib(1) })({}).out]
  const chain = use('third')({ from: [use('second')({ from: [long] }).out] }).out
  expect((await play({ short, chain }, done)).order[0]).toBe('long')
})
test('a failure skips what needs it and nothing else, unless the run fails fast', async () => {
  const [bad, good] = [make('bad', { cpu: 4, memory: mib(1) })({}).out, make('good', { cpu: 4, memory: mib(1) })({}).out]
  const results = { broken: use('b')({ from: [bad] }).out, fine: use('g')({ from: [good] }).out }
  const perform = (attempt: Attempt) => (attempt.members[0]!.label === 'bad' ? failed('other') : done(attempt))
  const told = await play(results, perform)
  expect(told.events.flatMap(event => (event.event === 'skipped' ? [[event.step, event.reason]] : []))).toEqual([['b', 'bad failed']])
  expect(told.results.fine).toBeDefined()
  const fast = await play(results, perform, { cpu: 4, memory: gib(8), gpu: 0 }, true)
  expect(fast.results.fine).toBeUndefined()
})
test('never more than there is at once', async () => {
  let [now, most] = [0, 0]
  const parts = Array.from({ length: 20 }, (_, n) => make(`s${n}`, { cpu: n % 3 === 0 ? 2 : 1, memory: gib(1) })({}).out)
  await play({ parts }, async attempt => {
    now += attempt.members[0]!.cpu
    most = Math.max(most, now)
    await new Promise(done => setTimeout(done, 2))
    now -= attempt.members[0]!.cpu
    return done(attempt)
  })
  expect(most).toBe(4)
})
