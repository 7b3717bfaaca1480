import { expect, test } from 'vitest'
import { mib } from '../../core/index.ts'
import { nodes, publish, type Task, tasksOf } from './controller.ts'
import type { Json } from './fake-cluster.ts'
import { prefix, ran, setting, write } from './setting.ts'

// Attempts that end for different causes: the client tells what each was really given, and where Argo gives up, since it knows of one attempt only,
// the client goes on from what all of them have shown. On a real cluster: real-ladder.test.ts.

const killed = (rung: number) => ({ phase: 'Failed', message: `main: OOMKilled (exit code 137): now memory=${rung} time=0 tried=0 ` })
const lost = { phase: 'Error', message: 'pod deleted', outputs: {} }
const stopped = { phase: 'Failed', message: 'main: Error (exit code 143): now memory=0 time=0 tried=0 ', outputs: { exitCode: '143' } }
const evicted = {
  phase: 'Failed',
  message: 'The node was low on resource: memory. Threshold quantity: 100Mi, available: 95Mi.',
  outputs: {},
}
const full = { phase: 'Failed', message: 'Usage of EmptyDir volume "work" exceeds the limit "64Mi". ', outputs: {} }
type Attempt = typeof lost | ReturnType<typeof killed>
const hello = () => write('hello', { memory: [mib(64), mib(128), mib(256)] as never })

interface Spec {
  readonly templates: readonly { readonly container?: { readonly resources: { readonly limits: { readonly memory: string } } } }[]
}
const memoryIn = ({ templates }: Spec) => templates.flatMap(({ container }) => container?.resources.limits.memory ?? [])[0]
/** A run whose workflows play these attempts, one list each; of a list that ends well the last attempt is not told. */
async function played(rounds: readonly (readonly Attempt[] | { readonly well: readonly Attempt[] })[]) {
  const at = await setting()
  const sent: Json[] = []
  at.cluster.onWorkflow = (name, workflow) => {
    sent.push(workflow)
    const round = rounds[sent.length - 1]!
    const [task] = tasksOf(workflow) as [Task]
    const well = 'well' in round
    const attempts = well ? [...round.well, { phase: 'Succeeded' }] : round
    if (well) publish(at.bucket, prefix, name, task, 'made.txt', 'hello', attempts.length)
    const phase = well ? 'Succeeded' : 'Failed'
    at.cluster.setWorkflow(name, {
      phase,
      nodes: nodes(name, [task], { [task.name]: { phase, message: 'No more retries left', attempts } }),
    })
  }
  const done = await ran(at, { hello: hello() })
  const memory = done.events.flatMap(event => (event.event === 'started' ? [event.memory / mib(1)] : []))
  const starts = sent.map(({ spec }) => memoryIn(spec as Spec))
  return { ...done, starts, memory }
}
test('a pod lost after two kills: sent again, from the rung that is known', async () => {
  const { state, starts, told } = await played([[killed(0), killed(1), lost], { well: [] }])
  expect([state, starts]).toEqual(['succeeded', ['64Mi', '256Mi']])
  expect(told.slice(2)).toEqual([
    ...['started hello 1', 'retried hello 1', 'started hello 2', 'retried hello 2', 'started hello 3', 'retried hello 3'],
    ...['started hello 4', 'succeeded hello', 'run-ended succeeded'],
  ])
})
test('a kill where Argo has no try left is followed by the next rung', async () => {
  const { state, starts, memory } = await played([[killed(0), lost, killed(0), lost, killed(0)], { well: [] }])
  expect([state, starts]).toEqual(['succeeded', ['64Mi', '128Mi']])
  expect(memory.slice(0, 5)).toEqual([64, 128, 64, 128, 64])
})
test.each([
  ['deleted', lost],
  ['told to stop', stopped],
  ['evicted', evicted],
])('the third pod that is lost, %s, ends it, in however many Workflows, and none climbs', async (_, ended) => {
  const { failures, starts, memory, events } = await played([[ended], [ended, ended]])
  expect([starts, memory]).toEqual([
    ['64Mi', '64Mi'],
    [64, 64, 64],
  ])
  expect(failures).toEqual([expect.stringMatching(/^Step hello could not be run: its pod was taken away again and again \(/)])
  expect(failures[0]).not.toContain('tried=')
  const reasons = events.flatMap(event => (event.event === 'retried' ? [event.reason] : []))
  const once = expect.stringMatching(/^Step hello could not be run: its pod was taken away \([^)]*(\([^)]*\))?\)\.$/)
  expect(reasons).toEqual([once, once]) // nothing has to be done about these
})
test('the top of the ladder ends it; what is told is what was granted', async () => {
  const { failures, memory, starts } = await played([[lost, killed(0), killed(1), killed(2)]])
  expect(starts).toHaveLength(1)
  expect(memory).toEqual([64, 64, 128, 256])
  expect(failures[0]).toMatch(/^Step hello ran out of memory \(256 MiB granted\)\. Add a higher rung/)
})
test('an account that is not there is no loss: it is not tried again, and named', async () => {
  const { failures, starts } = await played([[{ ...lost, message: 'serviceaccounts "pipelin" not found' }]])
  expect(starts).toHaveLength(1)
  expect(failures[0]).toMatch(
    /^Step hello could not be run: the account of its pod is not there \(serviceaccounts "pipelin" not found\)\. Correct "serviceAccount" of the environment, or have it made/,
  )
})
test('more written than a pod may is the step’s own fault', async () => {
  const { failures, starts } = await played([[full]])
  expect(starts).toHaveLength(1)
  expect(failures[0]).toMatch(
    /^Step hello could not be run: it wrote more than its pod may \(Usage of EmptyDir .*Say in the step's needs\.disk/,
  )
})
