import { expect, test } from 'vitest'
import { asset, many, mib, optional, run, step } from '../../core/index.ts'
import { nodes, publishEntry, report, type Task, tasksOf } from './controller.ts'
import { needs, prefix, ran, type Setting, setting, text, write } from './setting.ts'

// What is told of a step that ran in a pod is what the pod ran: at its second attempt, on as many cores as the environment grants, with the
// link to its asset, the pipe that it wrote into, and the files of a list that were there.

const weigh = step({
  name: 'weigh',
  image: 'tools',
  inputs: { from: text, more: many(text) },
  assets: { script: asset(import.meta.url, './controller.ts') },
  outputs: { made: text },
  streams: ['made'],
  needs: { cpu: 8, memory: [mib(64), mib(128)] },
  command: ({ script, from, more, made, compression, cpu, memory }) =>
    run('bash', script, from, more, '-l', compression(made, 6), '-j', cpu, '-m', memory.mib(), '-o', made),
})
const read = step({
  name: 'read',
  image: 'tools',
  inputs: { from: text },
  outputs: { made: text },
  streams: ['from'],
  needs,
  command: ({ from, made }) => run('cat', from).into(made),
})
const absent = step({
  name: 'absent',
  image: 'absent',
  inputs: {},
  outputs: { made: optional(text) },
  needs,
  command: ({ made }) => run('touch', made),
})
const inputs = 'in/from.txt in/more/0001.txt in/more/0002.txt'
const weighed = () => weigh({ from: write('first'), more: [write('one'), absent({}).made, write('two')] }).made
const member = (place: number, status: number) =>
  `member ${place} status=${status} signal=- stopped=- seconds=1 user=0 system=0 memory=1 oom=0 started=x`

/** All pods end well but that of `weigh`: it runs out of memory, and then is as the test has it. */
async function cluster(second: (at: Setting, workflow: string, task: Task) => 'Succeeded' | 'Failed', isSeen = true): Promise<Setting> {
  const at = await setting()
  at.cluster.onWorkflow = (name, workflow) => {
    const tasks = tasksOf(workflow)
    const told = tasks.map(task => {
      const own = task.template.startsWith('tools')
      if (!own) {
        publishEntry(at.bucket, prefix, task.parameters.get('o')!, 'made.txt', task.template.startsWith('absent') ? undefined : 'words')
        return [task.name, { phase: 'Succeeded' }] as const
      }
      report(at.bucket, prefix, name, task, 1, [member(1, 137), 'step 1 state=failed cause=memory', 'step 2 state=dropped'])
      const phase = second(at, name, task)
      const attempts = [
        { phase: 'Failed', message: 'main: OOMKilled (exit code 137): now memory=0 time=0 tried=0 ' },
        { phase, message: phase === 'Failed' ? 'main: Error (exit code 1)' : '' },
      ]
      return [task.name, { phase, attempts }] as const
    })
    const phase = told.some(([, { phase }]) => phase === 'Failed') ? 'Failed' : 'Succeeded'
    if (!isSeen) return at.cluster.deleteWorkflow(name)
    at.cluster.setWorkflow(name, { phase, nodes: nodes(name, tasks, Object.fromEntries(told)) })
  }
  return { ...at, environment: { ...at.environment, limits: { ...at.environment.limits, cpu: 4 } } }
}
/** The pod of `weigh` and `read` makes both entries. */
const bothMade = (at: Setting, workflow: string, task: Task) => {
  for (const key of ['o1', 'o2']) publishEntry(at.bucket, prefix, task.parameters.get(key)!, 'made.txt', key, 2, 1)
  const made = [1, 2].flatMap(place => [member(place, 0), `step ${place} state=made`])
  report(at.bucket, prefix, workflow, task, 2, made, { climbed: 1 })
  return 'Succeeded' as const
}
const recordOf = async ({ store }: Setting, name: string) => {
  const entries = await Promise.all([...store.keys()].map(key => store.find(key)))
  return entries.find(entry => entry?.record.step === name)?.record
}
test('the message of a failure', async () => {
  const at = await cluster((at, workflow, task) => {
    const failed = [member(1, 3), 'step 1 state=failed cause=other', 'step 2 state=dropped', 'end status=1']
    report(at.bucket, prefix, workflow, task, 2, failed, { log: 'no scales\n', climbed: 1 })
    return 'Failed'
  })
  const { failures } = await ran(at, { out: read({ from: weighed() }).made })
  expect(failures).toEqual([
    `Step weigh ended with status 3.\n  command: bash in/.script.ts ${inputs} -l 0 -j 4 -m 128 -o link/made.txt\n  pod:     gone\n  last lines of its log:\n    no scales`,
  ])
})
test('the record of a step whose output went into a pipe and a file', async () => {
  const at = await cluster(bothMade)
  const made = weighed()
  const { failures, told } = await ran(at, { made, out: read({ from: made }).made })
  expect([failures, told.filter(line => line.endsWith('weigh 2'))]).toEqual([[], ['started weigh 2']])
  expect(await recordOf(at, 'weigh')).toMatchObject({
    argv: [[`bash in/.script.ts ${inputs} -l 6 -j 4 -m 128 -o link/made.txt`.split(' ')]],
    attempt: 2,
    cpu: 4,
    memory: mib(128),
    group: ['weigh', 'read'],
  })
  expect(await recordOf(at, 'read')).toMatchObject({ argv: [[['cat', 'in/from.txt']]], group: ['weigh', 'read'] })
})
test('the same, where nobody saw the end of its pod and its entry is found in the bucket', async () => {
  const at = await cluster(bothMade, false)
  const made = weighed()
  await ran(at, { made, out: read({ from: made }).made })
  expect(await recordOf(at, 'weigh')).toMatchObject({
    argv: [[`bash in/.script.ts ${inputs} -l 6 -j 4 -m 128 -o link/made.txt`.split(' ')]],
    group: ['weigh', 'read'],
  })
})
test('the record of a step that wrote a file', async () => {
  const at = await cluster((at, workflow, task) => {
    publishEntry(at.bucket, prefix, task.parameters.get('o')!, 'made.txt', 'weighed', 2, 1)
    report(at.bucket, prefix, workflow, task, 2, [member(1, 0), 'step 1 state=made'], { climbed: 1 })
    return 'Succeeded'
  })
  const { failures } = await ran(at, { made: weighed() })
  expect(failures).toEqual([])
  const words = `bash in/.script.ts ${inputs} -l 6 -j 4 -m 128 -o out/made.txt`
  expect((await recordOf(at, 'weigh'))?.argv).toEqual([[words.split(' ')]])
})
