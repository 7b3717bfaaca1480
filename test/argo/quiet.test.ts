import { expect, test } from 'vitest'
import { began, nodes, pod, publish, type Task, tasksOf } from './controller.ts'
import { contentOf, copy, prefix, ran, setting, told, write } from './setting.ts'

// What is said once, and what is not said at all.

test('steps whose pods wait for the same: the words of the scheduler once, the others name that step', async () => {
  const at = await setting()
  const waits = (message: string) => ({
    phase: 'Pending',
    conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
  })
  const looks = () => new Promise(done => setTimeout(done, 300))
  const words = '0/1 nodes are available: 1 Insufficient cpu.'
  at.cluster.onWorkflow = async (name, workflow) => {
    const tasks = tasksOf(workflow)
    const task = (word: string): Task => tasks.find(({ template }) => template.startsWith(word))!
    at.cluster.setWorkflow(name, { phase: 'Running', nodes: {} })
    for (const word of ['one', 'two', 'three']) {
      at.cluster.setPod(word, pod(name, task(word).name, 1, waits(words)))
      await looks()
    }
    at.cluster.setPod('one', pod(name, task('one').name, 1, began))
    await looks()
    for (const word of ['two', 'three']) at.cluster.setPod(word, pod(name, task(word).name, 1, waits(`${words} And more.`)))
    await looks()
    for (const each of tasks) publish(at.bucket, prefix, name, each, 'made.txt', 'made')
    const over = Object.fromEntries(tasks.map(({ name }) => [name, { phase: 'Succeeded' }]))
    at.cluster.setWorkflow(name, { phase: 'Succeeded', nodes: nodes(name, tasks, over) })
  }
  const { events } = await ran(at, { one: write('one'), two: write('two'), three: write('three') })
  expect(events.filter(({ event }) => event === 'progress').map(told)).toEqual([
    'progress one: waits: no node can take it: 0/1 nodes are available: 1 Insufficient cpu',
    'progress two: waits for the same as one',
    'progress three: waits for the same as one',
    'progress two: waits: no node can take it: 0/1 nodes are available: 1 Insufficient cpu. And more',
    'progress three: waits for the same as two',
  ])
})
test("a pod's log in a message and in a folder is the step's, without what Argo writes into it", async () => {
  const at = await setting()
  const argo = 'time=2026-01-01T00:00:00.000Z level=INFO msg="no need to save artifact" argo=true srcPath=/w/report\n'
  at.cluster.onWorkflow = (name, workflow) => {
    const [task] = tasksOf(workflow)
    at.cluster.logs.set('a-pod', `${argo.repeat(3)}of the step\nno newline${argo.replace('INFO', 'info')}${argo}Error: exit status 1\n`)
    const failed = { phase: 'Error', message: 'failed to save artifacts' }
    at.cluster.setPod('a-pod', pod(name, task!.name, 1, { ...began, phase: 'Running' }))
    setTimeout(() => {
      const told = { [task!.name]: { phase: 'Error', message: 'No more retries left', attempts: [failed] } }
      at.cluster.setWorkflow(name, { phase: 'Failed', nodes: nodes(name, [task!], told) })
    }, 200)
  }
  const { failures, events } = await ran(at, { hello: write('hello') })
  expect(failures[0]).toMatch(/last lines of its log:\n {4}of the step\n {4}no newline$/)
  const failed = events.find(({ event }) => event === 'failed')
  expect(failed && 'folder' in failed && contentOf({ path: `${failed.folder}/stderr.log` })).toBe('of the step\nno newline')
})
test('of a container that kubelet has removed no log is told, and none kept', async () => {
  const at = await setting()
  at.cluster.onWorkflow = (name, workflow) => {
    const [task] = tasksOf(workflow)
    at.cluster.logs.set('a-pod', 'unable to retrieve container logs for containerd://300f3e1f7247e03c23efde0c5ea1')
    at.cluster.setPod('a-pod', pod(name, task!.name, 1, { ...began, phase: 'Running' }))
    const message = 'Usage of EmptyDir volume "work" exceeds the limit "5Mi". '
    const failed = { [task!.name]: { phase: 'Failed', message } }
    setTimeout(() => at.cluster.setWorkflow(name, { phase: 'Failed', nodes: nodes(name, [task!], failed) }), 200)
  }
  const { failures } = await ran(at, { hello: write('hello') })
  expect(failures).toEqual([expect.stringMatching(/raise disk\.limit of the environment\.\n {2}pod: {5}a-pod$/)])
})
test.each([
  'Pod ephemeral local storage usage exceeds the total limit of containers 5Mi. ',
  'Usage of EmptyDir volume "work" exceeds the limit "5Mi". ',
  'Container main exceeded its local ephemeral storage limit "5Mi". ',
])('a pod that wrote more than it may: %s', async message => {
  const at = await setting()
  at.cluster.onWorkflow = (name, workflow) => {
    const [task] = tasksOf(workflow)
    at.cluster.setWorkflow(name, { phase: 'Failed', nodes: nodes(name, [task!], { [task!.name]: { phase: 'Failed', message } }) })
  }
  const { failures } = await ran(at, { again: copy('again', write('hello')) })
  expect(failures[0]).toContain(
    `it wrote more than its pod may (${message.replace(/\. $/, '')}). Say in the step's needs.disk how much it writes, or raise disk.limit of the environment.`,
  )
})
