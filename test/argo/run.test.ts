import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Event } from '../../core/events.ts'
import { mib } from '../../core/index.ts'
import { sealedLine } from '../../core/store/sealed.ts'
import { Store } from '../../core/store/store.ts'
import type { ArgoOptions } from '../../core/targets/argo/follow/options.ts'
import { submissionIn, workflowIn } from '../../core/targets/argo/follow/submission.ts'
import { scratch } from '../../core/testing.ts'
import { began, nodes, pod, publish, report, runsAll, tasksOf } from './controller.ts'
import type { Json, Refusal } from './fake-cluster.ts'
import { contentOf, copy, prefix, ran, setting, told, write } from './setting.ts'

// The client against a cluster and a bucket in memory: what it sends, tells and keeps. A controller in these tests puts into the bucket what
// pods leave there; what pods do is tested with the scripts themselves, and the whole on a real cluster (npm run test:argo).

test('a run: sent, followed, its results fetched, checked and published', async () => {
  const at = await setting()
  runsAll(at.cluster, at.bucket, prefix, task => (task.template.startsWith('hello') ? 'hello' : 'hello again'))
  const hello = write('hello')
  const { state, results, told, events } = await ran(at, { copied: copy('again', hello) })
  expect(state).toBe('succeeded')
  expect(contentOf(results.copied)).toBe('hello again')
  expect(told).toEqual([
    'run-started',
    'planned hello',
    'planned again',
    'started hello 1',
    'succeeded hello',
    'started again 1',
    'succeeded again',
    'run-ended succeeded',
  ])
  expect(events.find(({ event }) => event === 'succeeded')).toMatchObject({
    seconds: 1.5,
    usage: { user: 1, system: 0.5, peakMemory: 2 ** 20 },
  })
  const entry = await at.store.find([...at.store.keys()][0]!)
  expect(entry?.record).toMatchObject({
    step: 'again',
    argv: [[['cat', 'in/from.txt']]],
    host: { name: 'node1' },
    seconds: 1.5,
    attempt: 1,
  })
  const [workflow] = at.cluster.workflows.values()
  expect(workflow).toMatchObject({ metadata: { name: 'small-20260101-120000-0001', labels: { 'trireme/run': '20260101-120000-0001' } } })
})
test('only results come into the store; the rest stays in the bucket, and a second run asks the cluster nothing', async () => {
  const at = await setting()
  runsAll(at.cluster, at.bucket, prefix, () => 'words')
  const results = { copied: copy('again', write('hello')) }
  await ran(at, results)
  expect([...at.store.keys()]).toHaveLength(1)
  at.cluster.asked.length = 0
  const second = await ran(at, results, { run: '20260101-120000-0002' })
  expect(second.told).toContain('cached again')
  expect(at.cluster.asked).toEqual([])
  const elsewhere = { ...at, store: await Store.open(scratch()) }
  const third = await ran(elsewhere, results, { run: '20260101-120000-0003' })
  expect(third.told.slice(3)).toEqual(['cached hello', 'cached again', 'run-ended succeeded'])
  expect(at.cluster.asked).toEqual([])
  expect(contentOf(third.results.copied)).toBe('words')
})
test('what this machine has made is brought into the bucket, and not made again', async () => {
  const at = await setting()
  runsAll(at.cluster, at.bucket, prefix, () => 'words')
  const hello = write('hello')
  await ran(at, { hello })
  for (const object of at.bucket.objects.keys())
    if (object.endsWith('/made.txt'))
      at.bucket.objects.set(object, Buffer.from('WORDS')) // as large as it should be
    else at.bucket.objects.delete(object)
  at.cluster.workflows.clear()
  const { told } = await ran(at, { copied: copy('again', hello) }, { run: '20260101-120000-0002' })
  expect(told).toContain('cached hello')
  const [workflow] = at.cluster.workflows.values()
  expect(tasksOf(workflow!).map(({ template }) => template.split('-')[0])).toEqual(['again'])
  const key = tasksOf(workflow!)[0]!.parameters.get('a')
  expect(at.bucket.objects.get(`${prefix}entries/${key}/made.txt`)?.toString()).toBe('words')
  expect(at.bucket.objects.get(`${prefix}entries/${key}/record.json`)?.toString()).toContain(`"key":"${key}"`)
})
test('an entry whose record is there but whose file is not, or is of another size, is made again', async () => {
  const at = await setting()
  runsAll(at.cluster, at.bucket, prefix, () => 'words')
  const results = { hello: write('hello') }
  await ran(at, results)
  const file = [...at.bucket.objects.keys()].find(key => key.endsWith('/made.txt'))!
  at.bucket.objects.set(file, Buffer.from('word'))
  at.cluster.workflows.clear()
  const { told, events } = await ran({ ...at, store: await Store.open(scratch()) }, results, { run: '20260101-120000-0002' })
  expect(told).toContain('succeeded hello')
  const reason = `${file.slice(prefix.length)} in the bucket has 4 bytes, and should have 5`
  expect(events).toContainEqual(expect.objectContaining({ event: 'damaged', step: 'hello', reason }))
})
test('content that is not what its record says is refused, and taken away so that it is made again', async () => {
  const at = await setting()
  runsAll(at.cluster, at.bucket, prefix, () => 'words')
  const results = { hello: write('hello') }
  await ran(at, results)
  const file = [...at.bucket.objects.keys()].find(key => key.endsWith('/made.txt'))!
  at.bucket.objects.set(file, Buffer.from('WORDS'))
  const elsewhere = { ...at, store: await Store.open(scratch()) }
  await expect(ran(elsewhere, results, { run: '20260101-120000-0002' })).rejects.toThrow(
    `The file made.txt of hello is not what its record in the bucket says (${file.slice(prefix.length)}): it changed there or on its way. The entry was taken away; the same command makes it again.`,
  )
  const again = await ran(elsewhere, results, { run: '20260101-120000-0003' })
  expect(again.told).toContain('succeeded hello')
})
describe('failures', () => {
  test('a failing step beside a healthy one: its words, its log, what is skipped, and the healthy one kept', async () => {
    const at = await setting()
    at.cluster.onWorkflow = (name, workflow) => {
      const tasks = tasksOf(workflow)
      const [bad, good] = ['bad', 'good'].map(word => tasks.find(({ template }) => template.startsWith(word))!)
      publish(at.bucket, prefix, name, good!, 'made.txt', 'good')
      report(
        at.bucket,
        prefix,
        name,
        bad!,
        1,
        [
          'member 1 status=3 signal=- stopped=- seconds=0.1 user=0 system=0 memory=1 oom=0 started=x',
          'step 1 state=failed cause=other',
          'end status=1',
        ],
        { log: 'no such thing\n' },
      )
      const failed = { phase: 'Failed', message: 'main: Error (exit code 1)' }
      at.cluster.setWorkflow(name, {
        phase: 'Failed',
        nodes: nodes(name, tasks, { [bad!.name]: failed, [good!.name]: { phase: 'Succeeded' } }),
      })
    }
    const { state, told, failures, results, events } = await ran(at, { good: write('good'), after: copy('after', write('bad')) })
    expect(state).toBe('failed')
    expect(contentOf(results.good)).toBe('good')
    expect(results.after).toBeUndefined()
    expect(told).toContain('skipped after: bad failed')
    expect(failures).toEqual([
      'Step bad ended with status 3.\n  command: printf bad\n  pod:     gone\n  last lines of its log:\n    no such thing',
    ])
    const failed = events.find(({ event }) => event === 'failed')
    expect(failed && 'folder' in failed && contentOf({ path: `${failed.folder}/stderr.log` })).toBe('no such thing\n')
  })
  test('out of memory climbs the ladder; the last failure tells it', async () => {
    const at = await setting()
    at.cluster.onWorkflow = (name, workflow) => {
      const tasks = tasksOf(workflow)
      const killed = { phase: 'Failed', message: 'main: OOMKilled (exit code 137)' }
      at.cluster.setWorkflow(name, {
        phase: 'Failed',
        nodes: nodes(name, tasks, { [tasks[0]!.name]: { phase: 'Failed', message: 'No more retries left', attempts: [killed, killed] } }),
      })
    }
    const { told, failures } = await ran(at, { hello: write('hello', { memory: [mib(64), mib(128)] }) })
    expect(told.slice(2)).toEqual(['started hello 1', 'retried hello 1', 'started hello 2', 'failed hello', 'run-ended failed'])
    expect(failures[0]).toBe(
      "Step hello ran out of memory (128 MiB granted). Add a higher rung to the step's needs.memory.\n  command: printf hello\n  pod:     gone\n  It wrote nothing to its standard error.",
    )
  })
  test('an image that cannot be pulled is named, long before any deadline, and what can go on does', async () => {
    const at = await setting()
    at.cluster.onWorkflow = (name, workflow) => {
      const tasks = tasksOf(workflow)
      const [bad, good] = ['bad', 'good'].map(word => tasks.find(({ template }) => template.startsWith(word))!)
      const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "registry.example.org/bad": not found' }
      at.cluster.setPod(
        'bad-pod',
        pod(name, bad!.name, 1, {
          phase: 'Pending',
          containerStatuses: [{ name: 'main', image: 'registry.example.org/bad', state: { waiting } }],
        }),
      )
      publish(at.bucket, prefix, name, good!, 'made.txt', 'good')
      at.cluster.setPod('good-pod', pod(name, good!.name, 1, began))
      setTimeout(() => at.cluster.setPod('good-pod', pod(name, good!.name, 1, { phase: 'Succeeded' })), 1500)
      at.cluster.setWorkflow(name, { phase: 'Running', nodes: {} })
    }
    at.cluster.onPatch = name =>
      at.cluster.setWorkflow(name, {
        phase: 'Failed',
        message: "Stopped with strategy 'Terminate'",
        nodes: { x: { id: 'x', name, type: 'DAG', phase: 'Failed' } },
      })
    const { told, failures, state, results } = await ran(at, { good: write('good'), bad: write('bad') }, { patience: { lasting: 500 } })
    expect(state).toBe('failed')
    expect(contentOf(results.good)).toBe('good')
    expect(told.indexOf('failed bad')).toBeGreaterThan(0)
    expect(told).toContain('succeeded good')
    expect(failures).toEqual([
      'Step bad could not start: its image registry.example.org/bad cannot be pulled (ImagePullBackOff: Back-off pulling image "registry.example.org/bad": not found). Check "images" of the environment, its pull secrets, and whether nodes reach the registry.\n  pod:     bad-pod',
    ])
  })
  test('a pod that no node can take says what is short, at once; after a time the run ends', async () => {
    const at = await setting()
    at.cluster.onWorkflow = (name, workflow) => {
      const [task] = tasksOf(workflow)
      const condition = {
        type: 'PodScheduled',
        status: 'False',
        reason: 'Unschedulable',
        message: '0/3 nodes are available: 3 Insufficient memory.',
      }
      at.cluster.setPod('big', pod(name, task!.name, 1, { phase: 'Pending', conditions: [condition] }))
      at.cluster.setWorkflow(name, { phase: 'Running', nodes: {} })
    }
    at.cluster.onPatch = name =>
      at.cluster.setWorkflow(name, { phase: 'Failed', nodes: { x: { id: 'x', name, type: 'DAG', phase: 'Failed' } } })
    const { told, failures } = await ran(at, { hello: write('hello') }, { patience: { passing: 300 } })
    expect(told).toContain('progress hello: waits: no node can take it: 0/3 nodes are available: 3 Insufficient memory')
    expect(failures[0]).toBe(
      "Step hello could not start: no node can take it: 0/3 nodes are available: 3 Insufficient memory. Lower the step's needs, or give the cluster nodes that have it; limits of the environment cut cores.\n  pod:     big",
    )
  })
})
const pending = {
  phase: 'Pending',
  conditions: [{ type: 'PodScheduled', status: 'True' }],
  initContainerStatuses: [{ name: 'init', state: { waiting: { reason: 'PodInitializing' } } }],
  containerStatuses: [{ name: 'main', state: { waiting: { reason: 'PodInitializing' } } }],
}
/** A run whose only pod has a node and does not start. */
async function unstarted(events: readonly Json[], patience: ArgoOptions['patience'], refused?: Refusal) {
  const at = await setting()
  at.cluster.events.set('u1', events)
  if (refused) at.cluster.refuse = (_, path) => (path.endsWith('/events') ? refused : undefined)
  at.cluster.onWorkflow = (name, workflow) => {
    const [task] = tasksOf(workflow)
    const made = pod(name, task!.name, 1, pending)
    at.cluster.setPod('hello', { ...made, metadata: { ...(made.metadata as Json), uid: 'u1' } })
    at.cluster.setWorkflow(name, { phase: 'Running', nodes: {} })
  }
  at.cluster.onPatch = name =>
    at.cluster.setWorkflow(name, { phase: 'Failed', nodes: { x: { id: 'x', name, type: 'DAG', phase: 'Failed' } } })
  return ran(at, { hello: write('hello') }, { patience: { events: 50, ...patience } })
}
const happened = (reason: string, message: string, lastTimestamp = '2026-01-01T00:00:00Z') => ({
  type: 'Warning',
  reason,
  message,
  lastTimestamp,
})
test('a Secret that is not there is told with the words of the event, and given up soon', async () => {
  const message = 'MountVolume.SetUp failed for volume "s3" : secret "s3" not found'
  const { told, failures } = await unstarted(
    [
      happened('FailedMount', message, '2026-01-01T00:02:00Z'),
      happened('FailedMount', 'older words', '2026-01-01T00:01:00Z'),
      happened('BackOff', 'later words of no account', '2026-01-01T00:03:00Z'),
      happened('FailedScheduling', 'it had no node before', '2026-01-01T00:04:00Z'),
    ],
    { lasting: 300 },
  )
  expect(told).toContain(`progress hello: waits: it cannot start (FailedMount: ${message})`)
  expect(failures).toEqual([
    `Step hello could not start: it cannot start (FailedMount: ${message}). Have what is named there made, or correct its name in the environment: "trireme doctor" looks for it.\n  pod:     hello`,
  ])
})
test('a volume that may still come is waited for longer', async () => {
  const message = 'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) other'
  const { told, failures } = await unstarted([happened('FailedAttachVolume', message)], { lasting: 1, passing: 600 })
  expect(told).toContain(`progress hello: waits: it cannot start (FailedAttachVolume: ${message})`)
  expect(failures[0]).toContain('It is tried again and again; ask who keeps the cluster.')
})
test('who may not read events is told that, and where the reason is', async () => {
  const { told, failures } = await unstarted([], { passing: 300 }, { status: 403, message: 'events is forbidden' })
  expect(told).toContain(
    'progress hello: waits: it has a node and does not start; the reason is in the events of the namespace, which you may not read',
  )
  expect(failures[0]).toContain(
    'Ask who may: kubectl describe pod hello. With the Role of "trireme cluster-setup" bound to you, it is told here.',
  )
})
test('a pod that is never made, for want of quota: told at once, and given up after a time', async () => {
  const at = await setting()
  const message = 'pods "small-1" is forbidden: exceeded quota: few, requested: pods=1, used: pods=9, limited: pods=9'
  at.cluster.onWorkflow = (name, workflow) => {
    const tasks = tasksOf(workflow)
    const told = { phase: 'Running', attempts: [{ phase: 'Pending', message }] }
    at.cluster.setWorkflow(name, { phase: 'Running', nodes: nodes(name, tasks, { [tasks[0]!.name]: told }) })
  }
  at.cluster.onPatch = name =>
    at.cluster.setWorkflow(name, { phase: 'Failed', nodes: { x: { id: 'x', name, type: 'DAG', phase: 'Failed' } } })
  const { told, failures } = await ran(at, { hello: write('hello') }, { patience: { passing: 300 } })
  expect(told).toContain(`progress hello: waits: its pod is not admitted: ${message}`)
  expect(failures).toEqual([
    `Step hello could not start: its pod is not admitted: ${message}. Wait until other work has ended, or ask for a larger quota.\n  pod:     none`,
  ])
})
test.each([
  ['waits for others to end, though they are not of this run', 'No preemption victims found for incoming pod', 'succeeded'],
  ['is given up where even an empty node would not do', 'Preemption is not helpful for scheduling', 'failed'],
])('a pod that no node can take %s', async (_, why, expected) => {
  const at = await setting()
  const message = `0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 ${why}.`
  at.cluster.onWorkflow = async (name, workflow) => {
    const [task] = tasksOf(workflow)
    const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }
    at.cluster.setWorkflow(name, { phase: 'Running', nodes: {} })
    for (let n = 0; n < 3; n++) {
      at.cluster.setPod('one-pod', pod(name, task!.name, 1, { phase: 'Pending', conditions: [condition], n }))
      await new Promise(done => setTimeout(done, 400)) // longer than the patience
    }
    publish(at.bucket, prefix, name, task!, 'made.txt', 'one')
    at.cluster.setWorkflow(name, { phase: 'Succeeded', nodes: nodes(name, [task!], { [task!.name]: { phase: 'Succeeded' } }) })
  }
  const { state, told } = await ran(at, { one: write('one') }, { patience: { passing: 300 } })
  expect(told).toContain(`progress one: waits: no node can take it: ${message.slice(0, -1)}`)
  expect(state).toBe(expected)
})
test('a pod that no node can take while others of the run work waits for them, however long', async () => {
  const at = await setting()
  const condition = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message: '0/1 nodes are available: 1 Insufficient cpu.',
  }
  at.cluster.onWorkflow = async (name, workflow) => {
    const tasks = tasksOf(workflow)
    const [one, next] = ['one', 'next'].map(word => tasks.find(({ template }) => template.startsWith(word))!)
    at.cluster.setWorkflow(name, { phase: 'Running', nodes: {} })
    at.cluster.setPod('next-pod', pod(name, next!.name, 1, { phase: 'Pending', conditions: [condition] }))
    at.cluster.setPod('one-pod', pod(name, one!.name, 1, began))
    await new Promise(done => setTimeout(done, 1200)) // far longer than the patience
    at.cluster.setWorkflow(name, { phase: 'Running', nodes: {}, startedAt: 'x' })
    await new Promise(done => setTimeout(done, 300))
    for (const task of [one, next]) publish(at.bucket, prefix, name, task!, 'made.txt', task!.template.slice(0, 3))
    const told = { [one!.name]: { phase: 'Succeeded' }, [next!.name]: { phase: 'Succeeded' } }
    at.cluster.setWorkflow(name, { phase: 'Succeeded', nodes: nodes(name, tasks, told) })
  }
  const { told, state } = await ran(at, { one: write('one'), next: write('next') }, { patience: { passing: 300 } })
  expect(told).toContain('progress next: waits: no node can take it: 0/1 nodes are available: 1 Insufficient cpu')
  expect(told).toContain('succeeded next')
  expect(state).toBe('succeeded')
})
test('progress of a step in a pod: from its log while it runs, the rest from its report, as a run on this machine tells it', async () => {
  const at = await setting()
  at.cluster.onWorkflow = (name, workflow) => {
    const [task] = tasksOf(workflow)
    at.cluster.logs.set(
      'hello-pod',
      'time="…" level=info argo=true\n::progress 1 1 {"text": "epoch 1 of 4", "share": 0.25}\n::progress 7 x\n',
    )
    at.cluster.setPod('hello-pod', pod(name, task!.name, 1, began))
    at.cluster.setWorkflow(name, { phase: 'Running', nodes: {} })
  }
  const end = () => {
    const [name, workflow] = [...at.cluster.workflows][0]!
    const [task] = tasksOf(workflow)
    publish(at.bucket, prefix, name, task!, 'made.txt', 'hello')
    const ended = ['member 1 status=0 signal=- stopped=- seconds=9 user=1 system=0 memory=1 oom=0 started=x', 'step 1 state=made']
    const told = [1, 2, 3].map(n => `progress 1 ${n} {"text": "epoch ${n} of 4", "share": ${n / 4}}`)
    report(at.bucket, prefix, name, task!, 1, [...told, ...ended])
    at.cluster.setWorkflow(name, { phase: 'Succeeded', nodes: nodes(name, [task!], { [task!.name]: { phase: 'Succeeded' } }) })
  }
  const events: Event[] = []
  const on = (event: Event) => {
    events.push(event)
    if (event.event === 'progress' && event.text === 'epoch 1 of 4') setTimeout(end, 100) // it is told while the pod runs
  }
  await ran(at, { hello: write('hello') }, { patience: { progress: 50 }, on })
  expect(events.map(told)).toEqual([
    'run-started',
    'planned hello',
    'started hello 1',
    'progress hello: epoch 1 of 4',
    'progress hello: epoch 2 of 4',
    'progress hello: epoch 3 of 4',
    'succeeded hello',
    'run-ended succeeded',
  ])
  expect(events.flatMap(event => (event.event === 'progress' ? [event.share] : []))).toEqual([0.25, 0.5, 0.75])
})
test('a node that does not hand over a log holds nobody up', async () => {
  const at = await setting()
  at.cluster.onWorkflow = (name, workflow) => {
    const [task] = tasksOf(workflow)
    at.cluster.setPod('hello-pod', pod(name, task!.name, 1, began))
    publish(at.bucket, prefix, name, task!, 'made.txt', 'hello')
    at.cluster.setWorkflow(name, { phase: 'Running', nodes: {} })
  }
  at.cluster.refuse = (_, path) => {
    if (!path.endsWith('/log')) return undefined
    const [name, workflow] = [...at.cluster.workflows][0]!
    const tasks = tasksOf(workflow)
    at.cluster.setWorkflow(name, { phase: 'Succeeded', nodes: nodes(name, tasks, { [tasks[0]!.name]: { phase: 'Succeeded' } }) })
    return { status: 500, message: 'Get "https://node1:10250": dial tcp: i/o timeout' }
  }
  const { told } = await ran(at, { hello: write('hello') })
  expect(told).toEqual(['run-started', 'planned hello', 'started hello 1', 'succeeded hello', 'run-ended succeeded'])
  expect(at.cluster.asked.filter(line => line.endsWith('/log')).length).toBeGreaterThan(0)
})
test('cancelled: the workflow is told to end, steps that had begun are told as stopped, what is done is kept', async () => {
  const at = await setting()
  const stop = new AbortController()
  at.cluster.onWorkflow = (name, workflow) => {
    const tasks = tasksOf(workflow)
    const [long, good] = ['long', 'good'].map(word => tasks.find(({ template }) => template.startsWith(word))!)
    publish(at.bucket, prefix, name, good!, 'made.txt', 'good')
    at.cluster.setPod('long-pod', pod(name, long!.name, 1, began))
    at.cluster.setWorkflow(name, { phase: 'Running', nodes: nodes(name, tasks, { [good!.name]: { phase: 'Succeeded' } }) })
    setTimeout(() => stop.abort(), 300)
    at.cluster.onPatch = () => {
      const stopped = { phase: 'Failed', message: 'workflow shutdown with strategy: Terminate' }
      at.cluster.setWorkflow(name, {
        phase: 'Failed',
        nodes: nodes(name, tasks, { [good!.name]: { phase: 'Succeeded' }, [long!.name]: stopped }),
      })
    }
  }
  const { state, told, events } = await ran(at, { good: write('good'), after: copy('after', write('long')) }, { signal: stop.signal })
  expect(state).toBe('cancelled')
  expect(told).toContain('succeeded good')
  expect(events).toContainEqual(
    expect.objectContaining({ event: 'failed', step: 'long', message: 'Step long was cancelled.', cancelled: true }),
  )
  const [name, workflow] = [...at.cluster.workflows][0]!
  expect(workflow.spec).toEqual({ shutdown: 'Terminate' })
  expect(name).toMatch(/^small-/)
})
test('a client that went away: the next one goes on with the same workflow, and sends nothing again', async () => {
  const at = await setting()
  const results = { hello: write('hello') }
  at.cluster.onWorkflow = name => at.cluster.setWorkflow(name, { phase: 'Running', nodes: {} })
  const first = ran(at, results) // it never hears that another one has taken over: as one that sleeps
  while (at.cluster.workflows.size === 0) await new Promise(done => setTimeout(done, 20))
  const posts = () => at.cluster.asked.filter(line => line.startsWith('POST')).length
  expect(posts()).toBe(1)
  // A store with nothing but what the first client wrote down: as after a kill, when its working folder is gone.
  const store = await Store.open(scratch())
  cpSync(`${at.store.root}/runs`, `${store.root}/runs`, { recursive: true })
  const looks = () => at.cluster.asked.filter(line => line.startsWith('GET') && line.endsWith('/pods')).length
  while (looks() < 2) await new Promise(done => setTimeout(done, 20)) // listed and watched by the first
  const second = ran({ ...at, store }, results, { attach: true })
  while (looks() < 4) await new Promise(done => setTimeout(done, 20))
  const [name, workflow] = [...at.cluster.workflows][0]!
  const [task] = tasksOf(workflow)
  publish(at.bucket, prefix, name, task!, 'made.txt', 'hello')
  at.cluster.setWorkflow(name, { phase: 'Succeeded', nodes: nodes(name, [task!], { [task!.name]: { phase: 'Succeeded' } }) })
  const { state, results: made, told } = await second
  expect(state).toBe('succeeded')
  expect(contentOf(made.hello)).toBe('hello')
  expect(told).toEqual(['run-started', 'planned hello', 'started hello 1', 'succeeded hello', 'run-ended succeeded'])
  expect(at.cluster.workflows.size).toBe(1)
  await first
})
test('two clients while the rest of a run is out: what failed before is known to both, and nothing is sent twice', async () => {
  const at = await setting()
  const results = { good: write('good'), bad: write('bad') }
  const tasks = new Map<string, ReturnType<typeof tasksOf>>()
  at.cluster.onWorkflow = (name, workflow) => {
    tasks.set(name, tasksOf(workflow))
    const failed = { phase: 'Failed', message: 'main: Error (exit code 1)' }
    const bad = tasksOf(workflow).find(({ template }) => template.startsWith('bad'))
    // the first ends without having begun what no failure has touched; of the second nothing is heard yet
    if (bad) at.cluster.setWorkflow(name, { phase: 'Failed', nodes: nodes(name, tasksOf(workflow), { [bad.name]: failed }) })
    else at.cluster.setWorkflow(name, { phase: 'Running', nodes: {} })
  }
  const rest = 'small-20260101-120000-0001-2'
  const listed = () => at.cluster.asked.filter(line => line.startsWith('GET') && line.endsWith('/pods')).length
  const first = ran(at, results)
  while (!tasks.has(rest)) await new Promise(done => setTimeout(done, 20))
  const store = await Store.open(scratch())
  cpSync(`${at.store.root}/runs`, `${store.root}/runs`, { recursive: true })
  const before = listed()
  const second = ran({ ...at, store }, results, { attach: true })
  while (listed() < before + 4) await new Promise(done => setTimeout(done, 20)) // it follows the second, too
  publish(at.bucket, prefix, rest, tasks.get(rest)![0]!, 'made.txt', 'good')
  at.cluster.setWorkflow(rest, { phase: 'Succeeded', nodes: nodes(rest, tasks.get(rest)!, { good: { phase: 'Succeeded' } }) })
  for (const { state, results: made, failures, told } of await Promise.all([first, second])) {
    expect([state, contentOf(made.good)]).toEqual(['failed', 'good'])
    expect(failures).toEqual([expect.stringMatching(/^Step bad could not be run: main: Error \(exit code 1\)/)])
    expect(told.filter(line => /^(started|succeeded|failed)/.test(line)).sort()).toEqual([
      'failed bad',
      'started bad 1',
      'started good 1',
      'succeeded good',
    ])
  }
  expect([...tasks].map(([name, sent]) => [name, sent.map(({ name }) => name).sort()])).toEqual([
    ['small-20260101-120000-0001', ['bad', 'good']],
    [rest, ['good']],
  ])
})
test('what a client noted of what it sent, with a changed byte, is not followed', async () => {
  const store = await Store.open(scratch())
  const folder = store.runFolder('r')
  mkdirSync(folder, { recursive: true })
  const note = { format: 1, environment: 'lab', tasks: [], workflows: [], files: ['w.json'] }
  writeFileSync(path.join(folder, 'argo.json'), sealedLine(note))
  expect(submissionIn(store, 'r')).toEqual(note)
  writeFileSync(path.join(folder, 'argo.json'), sealedLine(note).replace('"lab"', '"lob"'))
  expect(() => submissionIn(store, 'r')).toThrow(
    `${folder}/argo.json is damaged, or of another version: what the run sent to a cluster is not known. Give the command of that run again: what is finished is found there.`,
  )
  writeFileSync(path.join(folder, 'w.json'), '{"metadata":')
  expect(() => workflowIn(store, 'r', 'w.json')).toThrow(`${folder}/w.json is damaged`)
})
