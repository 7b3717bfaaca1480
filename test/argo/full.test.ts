import { expect, test } from 'vitest'
import type { Event } from '../../core/events.ts'
import { began, nodes, pod, publish, report, tasksOf } from './controller.ts'
import type { Json } from './fake-cluster.ts'
import { prefix, ran, setting, told, write } from './setting.ts'

// A bucket that has no room left: nobody waits for it, everybody is told, and what is of no use does not stay there.

const storing: Json = { phase: 'Running', containerStatuses: [{ name: 'main', state: { terminated: { exitCode: 0 } } }] }
const words = 'Storage backend has reached its minimum free drive threshold. Please delete a few objects to proceed.'
/** As Argo's container writes it. */
const log = (words: string) =>
  `time=2026-11-27T11:49:02Z level=INFO msg="Saving file to s3" argo=true\ntime=2026-11-27T11:49:02Z level=ERROR msg="Transient S3 error" argo=true error="${words}"\n`
const quick = { patience: { storing: 50 } }

test('a pod whose files find no room: the workflow is ended at once, the step fails with what to do, half an entry goes', async () => {
  const at = await setting()
  at.cluster.onWorkflow = (name, workflow) => {
    const [task] = tasksOf(workflow)
    at.bucket.objects.set(`${prefix}entries/${task!.parameters.get('o')}/half.txt`, Buffer.from('half'))
    at.cluster.logs.set('full-pod wait', log(words))
    at.cluster.setWorkflow(name, { phase: 'Running', nodes: {} })
    at.cluster.setPod('full-pod', pod(name, task!.name, 1, storing))
    setTimeout(() => at.cluster.setPod('full-pod', pod(name, task!.name, 1, { ...storing, n: 2 })), 200)
  }
  at.cluster.onPatch = name =>
    at.cluster.setWorkflow(name, { phase: 'Failed', nodes: { x: { id: 'x', name, type: 'DAG', phase: 'Failed' } } })
  const { failures, state } = await ran(at, { hello: write('hello') }, quick)
  expect(state).toBe('failed')
  expect(failures).toEqual([
    `Step hello ended well, but what it made cannot be stored. The bucket "bucket" at ${at.bucket.endpoint} is full: ${words.slice(0, -1)}. Free some of its space, or have its quota raised, and give the same command again; it goes on from where it was.\n  pod:     full-pod`,
  ])
  expect([...at.cluster.workflows.values()][0]!.spec).toEqual({ shutdown: 'Terminate' })
  expect([...at.bucket.objects.keys()].filter(key => key.includes('/entries/'))).toEqual([])
})
test('a pod whose end was not seen: Argo says that the bucket is full', async () => {
  const at = await setting()
  const message = `wait: Error (exit code 64): timed out waiting for the condition: failed to put file: ${words}; `
  at.cluster.onWorkflow = (name, workflow) => {
    const [task] = tasksOf(workflow)
    at.bucket.objects.set(`${prefix}entries/${task!.parameters.get('o')}/half.txt`, Buffer.from('half'))
    const failed = { phase: 'Error', message }
    at.cluster.setWorkflow(name, { phase: 'Failed', nodes: nodes(name, [task!], { [task!.name]: failed }) })
  }
  const { failures } = await ran(at, { hello: write('hello') }, quick)
  expect(failures).toEqual([
    `Step hello could not be run: the bucket is full (${message.trim()}). Free some of its space, or have its quota raised, and give the same command again; it goes on from where it was.\n  pod:     gone`,
  ])
  expect([...at.bucket.objects.keys()].filter(key => key.includes('/entries/'))).toEqual([])
})
test('what a first attempt could not store, and a second one did, is there', async () => {
  const at = await setting()
  const events: Event[] = []
  const failed = { phase: 'Error', message: 'wait: Error (exit code 64): timed out waiting for the condition: failed to put file: 503' }
  at.cluster.onWorkflow = (name, workflow) => {
    const [task] = tasksOf(workflow)
    report(at.bucket, prefix, name, task!, 1, [
      'member 1 status=0 signal=- stopped=- seconds=9 user=1 system=0 memory=1 oom=0 started=x',
      'step 1 state=made',
    ])
    const attempts = [failed, { phase: 'Running' }]
    at.cluster.setWorkflow(name, { phase: 'Running', nodes: nodes(name, [task!], { [task!.name]: { phase: 'Running', attempts } }) })
  }
  const on = (event: Event) => {
    events.push(event)
    if (event.event !== 'retried') return
    const [name, workflow] = [...at.cluster.workflows][0]!
    const [task] = tasksOf(workflow)
    publish(at.bucket, prefix, name, task!, 'made.txt', 'hello', 2)
    const attempts = [failed, { phase: 'Succeeded' }]
    at.cluster.setWorkflow(name, { phase: 'Succeeded', nodes: nodes(name, [task!], { [task!.name]: { phase: 'Succeeded', attempts } }) })
  }
  const { state, failures } = await ran(at, { hello: write('hello') }, { ...quick, on })
  expect([state, failures]).toEqual(['succeeded', []])
  expect(events.map(told)).toContain('retried hello 1')
})
test('a pod whose files do not get on for another reason says which, and goes on', async () => {
  const at = await setting()
  const events: Event[] = []
  at.cluster.onWorkflow = (name, workflow) => {
    const [task] = tasksOf(workflow)
    at.cluster.setWorkflow(name, { phase: 'Running', nodes: {} })
    at.cluster.setPod('slow-pod', pod(name, task!.name, 1, began))
    at.cluster.logs.set('slow-pod wait', log('502 Bad Gateway'))
    at.cluster.setPod('slow-pod', pod(name, task!.name, 1, storing))
    setTimeout(() => at.cluster.setPod('slow-pod', pod(name, task!.name, 1, { ...storing, n: 2 })), 200)
  }
  const on = (event: Event) => {
    events.push(event)
    const [name, workflow] = [...at.cluster.workflows][0] ?? []
    if (event.event !== 'progress') return
    const tasks = tasksOf(workflow!)
    const stopped = { phase: 'Failed', message: 'main: Error (exit code 1)' }
    at.cluster.setWorkflow(name!, { phase: 'Failed', nodes: nodes(name!, tasks, { [tasks[0]!.name]: stopped }) })
  }
  await ran(at, { hello: write('hello') }, { ...quick, on })
  expect(events.map(told)).toContain('progress hello: its files wait for the bucket: 502 Bad Gateway')
  expect(at.cluster.asked.filter(line => line.startsWith('PATCH'))).toEqual([])
})
