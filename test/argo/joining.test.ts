import { expect, test } from 'vitest'
import type { Event } from '../../core/events.ts'
import { Store } from '../../core/store/store.ts'
import { notedIn } from '../../core/targets/argo/follow/submission.ts'
import { began, nodes, pod, publish, runsAll, tasksOf } from './controller.ts'
import { contentOf, copy, fault, prefix, ran, type Setting, setting, write } from './setting.ts'

// A run whose client has gone, and one that is at work already: nothing that the cluster does is done twice, and nobody loses sight of it.

const [one, two] = ['20260101-120000-0001', '20260101-120000-0002']
const results = () => ({ hello: write('hello') })
const running = (at: Setting) => {
  at.cluster.onWorkflow = (name, workflow) => {
    at.cluster.setPod('a-pod', pod(name, tasksOf(workflow)[0]!.name, 1, began))
    at.cluster.setWorkflow(name, { phase: 'Running', nodes: {} })
  }
}
const sent = (at: Setting) => [...at.cluster.workflows.keys()]
const ends = (at: Setting, name = sent(at)[0]!) => {
  const tasks = tasksOf(at.cluster.workflows.get(name)!)
  for (const task of tasks) publish(at.bucket, prefix, name, task, 'made.txt', 'hello')
  const told = Object.fromEntries(tasks.map(({ name }) => [name, { phase: 'Succeeded' }]))
  at.cluster.setWorkflow(name, { phase: 'Succeeded', nodes: nodes(name, tasks, told) })
}
const until = async (so: () => boolean) => {
  while (!so()) await new Promise(done => setTimeout(done, 20))
}
/** How often the pods of a workflow have been listed and watched. */
const looks = (at: Setting) => at.cluster.asked.filter(line => line.startsWith('GET') && line.endsWith('/pods')).length
/** A run whose client gives up in its middle, since the bucket is away for longer than it waits. */
async function givesUp(at: Setting): Promise<string> {
  running(at)
  const on = ({ event }: Event) => {
    if (event !== 'started') return
    at.bucket.fault = { status: 503, code: 'SlowDown' }
    ends(at)
  }
  const words = await fault(() => ran(at, results(), { run: one, patience: { bucket: { outage: 300 } }, on }))
  at.bucket.fault = undefined
  const [name] = sent(at)
  at.cluster.setWorkflow(name!, { phase: 'Running', nodes: {} }) // it has not ended, though the client was made to look
  return words
}
test('a client that gives up says what goes on, and how it is followed again; attach does that', async () => {
  const at = await setting()
  expect(await givesUp(at)).toMatch(
    /^ENVIRONMENT: Cannot read .*\(SlowDown, status 503\)\. Give the same command again; it goes on from where it was\.\nThe workflow small-20260101-120000-0001 goes on without this client: "trireme attach 20260101-120000-0001", or the same command, follows it again\.$/s,
  )
  const second = ran(at, results(), { run: one, attach: true })
  const before = looks(at)
  await until(() => looks(at) >= before + 2)
  ends(at)
  const { state, results: made } = await second
  expect([state, contentOf(made.hello)]).toEqual(['succeeded', 'hello'])
  expect(sent(at)).toHaveLength(1)
})
test.each<[string, RegExp, (at: Setting) => void]>([
  [
    'of the cluster',
    /^ENVIRONMENT: The cluster of context "test" does not accept your credentials \(401\).*\nThe workflow small-\S+ goes on without this client/,
    at => {
      at.cluster.refuse = () => ({ status: 401, message: 'Unauthorized' })
      at.cluster.dropWatches() // as each ends by itself within 90 s
    },
  ],
  [
    'of the bucket',
    /^ENVIRONMENT: The key for the bucket "bucket" at \S+ is not accepted \(InvalidAccessKeyId\).*\nThe workflow small-\S+ goes on without this client/,
    at => {
      at.bucket.fault = { status: 403, code: 'InvalidAccessKeyId' }
      ends(at)
    },
  ],
])(
  'a key %s that is taken back in the middle is no outage: told at once, and the run can be followed again',
  async (_, message, takeBack) => {
    const at = await setting()
    running(at)
    const on = ({ event }: Event) => {
      if (event === 'started') takeBack(at)
    }
    expect(await fault(() => ran(at, results(), { run: one, on }))).toMatch(message)
    at.bucket.fault = undefined
    at.cluster.refuse = () => undefined
    ends(at)
    const { state, results: made } = await ran(at, results(), { run: one, attach: true })
    expect([state, contentOf(made.hello), sent(at).length]).toEqual(['succeeded', 'hello', 1])
  },
)
test('the same command joins what an earlier run has sent, whose client has gone; so does attach of the joining run', async () => {
  const at = await setting()
  await givesUp(at)
  at.bucket.objects.clear()
  const before = looks(at)
  const second = fault(() => ran(at, results(), { run: two, patience: { bucket: { outage: 300 } } }))
  await until(() => looks(at) >= before + 2)
  expect(notedIn(at.store, two, 1)).toMatchObject({ joined: one, workflows: sent(at) })
  at.bucket.fault = { status: 503, code: 'SlowDown' }
  ends(at)
  expect(await second).toContain('"trireme attach 20260101-120000-0002"')
  at.bucket.fault = undefined
  const { told, results: made } = await ran(at, results(), { run: two, attach: true })
  expect(told).toEqual(['run-started', 'planned hello', 'started hello 1', 'succeeded hello', 'run-ended succeeded'])
  expect(contentOf(made.hello)).toBe('hello')
  expect(sent(at)).toHaveLength(1)
})
test('two clients at work: whoever is stopped first leaves the workflow to the other, the last one ends it', async () => {
  const at = await setting()
  running(at)
  const stops = [new AbortController(), new AbortController()]
  const client = async (run: string, stop: AbortController) => {
    const store = await Store.open(at.store.root) // a process of its own has one of its own
    const before = looks(at)
    const done = ran({ ...at, store }, results(), { run, signal: stop.signal })
    await until(() => looks(at) >= before + 2)
    return { done }
  }
  const first = await client(one, stops[0]!)
  const second = await client(two, stops[1]!)
  stops[0]!.abort()
  const { state, events } = await first.done
  expect(state).toBe('cancelled')
  expect(events).toContainEqual(
    expect.objectContaining({ event: 'failed', message: `Step hello goes on in the run ${two}.`, cancelled: true }),
  )
  expect(at.cluster.asked.filter(line => line.startsWith('PATCH'))).toEqual([])
  at.cluster.onPatch = name =>
    at.cluster.setWorkflow(name, { phase: 'Failed', nodes: { x: { id: 'x', name, type: 'DAG', phase: 'Failed' } } })
  stops[1]!.abort()
  expect((await second.done).state).toBe('cancelled')
  expect(at.cluster.asked.filter(line => line.startsWith('PATCH'))).toHaveLength(1)
})
test.each(['is stopped by others', 'vanishes'])('a joined workflow that %s: what is left is sent', async how => {
  const at = await setting()
  running(at)
  const stop = new AbortController()
  const both = { hello: write('hello'), again: copy('again', write('hello')) }
  void fault(() => ran(at, both, { run: one, signal: stop.signal }))
  await until(() => looks(at) >= 2)
  const [name] = sent(at)
  const tasks = tasksOf(at.cluster.workflows.get(name!)!)
  const second = ran({ ...at, store: await Store.open(at.store.root) }, both, { run: two })
  await until(() => looks(at) >= 4)
  publish(at.bucket, prefix, name!, tasks.find(({ name }) => name.startsWith('hello'))!, 'made.txt', 'hello')
  runsAll(at.cluster, at.bucket, prefix, () => 'hello again')
  const stopped = { phase: 'Failed', message: 'workflow shutdown with strategy: Terminate' }
  if (how === 'vanishes') at.cluster.deleteWorkflow(name!)
  else
    at.cluster.setWorkflow(name!, {
      phase: 'Failed',
      nodes: nodes(
        name!,
        tasks,
        Object.fromEntries(tasks.map(({ name }) => [name, name.startsWith('hello') ? { phase: 'Succeeded' } : stopped])),
      ),
    })
  const { state, told, results: made } = await second
  expect([state, contentOf(made.again)]).toEqual(['succeeded', 'hello again'])
  expect(told.filter(line => /^(failed|succeeded)/.test(line))).toEqual(['succeeded hello', 'succeeded again'])
  const rest = tasksOf(at.cluster.workflows.get(`small-${two}-2`)!)
  expect(rest.map(({ name }) => name.split('-')[0])).toEqual(['again'])
})
test('a workflow in another bucket, or of steps that this run does not need, is not joined', async () => {
  const at = await setting()
  running(at)
  const stop = new AbortController()
  const first = fault(() => ran(at, results(), { run: one, signal: stop.signal }))
  await until(() => looks(at) >= 2)
  const elsewhere = { ...at.environment, bucket: { ...at.environment.bucket, prefix: 'elsewhere' } }
  runsAll(at.cluster, at.bucket, 'elsewhere/', () => 'hello')
  await ran({ ...at, environment: elsewhere }, results(), { run: two })
  runsAll(at.cluster, at.bucket, prefix, () => 'other')
  await ran(at, { other: write('other') }, { run: '20260101-120000-0003' })
  expect(sent(at)).toHaveLength(3)
  at.cluster.onPatch = name => at.cluster.setWorkflow(name, { phase: 'Failed', nodes: {} })
  stop.abort()
  await first
})
