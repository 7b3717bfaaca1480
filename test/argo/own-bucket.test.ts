import { expect, test } from 'vitest'
import { specOf } from '../../core/targets/argo/compile/workflow-spec.ts'
import { examineCluster } from '../../core/targets/argo/setup/doctor.ts'
import { trial } from '../../core/targets/argo/setup/trial.ts'
import { keepsTo } from './compiled.ts'
import { nodes, publish, tasksOf } from './controller.ts'
import type { Json } from './fake-cluster.ts'
import { prefix, type Setting, setting } from './setting.ts'

// Pods read and write in the bucket that the environment names, not in the artifact repository that the controller happens to have.

const secret = { name: 's3', accessKey: 'access', secretKey: 'secret' }
async function withSecret(): Promise<Setting> {
  const at = await setting()
  const { bucket } = at.environment
  return { ...at, environment: { ...at.environment, bucket: { ...bucket, credentials: { ...bucket.credentials, secret } } } }
}
const ref = { configMap: 'repositories', key: 'ours' }
async function found({ environment }: Setting): Promise<readonly string[]> {
  const own: string[] = []
  for await (const { name, state, found } of examineCluster(environment)) if (name === 'bucket of pods') own.push(`${state}: ${found}`)
  return own
}
test('the trial of the doctor keeps to it, in two pods, so that one reads what the other wrote', async () => {
  const at = await withSecret()
  const sent: Json[] = []
  at.cluster.onWorkflow = (name, workflow) => {
    sent.push(workflow)
    const tasks = tasksOf(workflow)
    for (const task of tasks) publish(at.bucket, prefix, name, task, 'said.txt', 'words')
    const phases = Object.fromEntries(tasks.map(({ name }) => [name, { phase: 'Succeeded' }]))
    at.cluster.setWorkflow(name, { phase: 'Succeeded', nodes: nodes(name, tasks, phases) })
  }
  expect(await trial(at.environment, 'any', name => name)).toMatchObject({ state: 'ok' })
  expect(sent.map(workflow => tasksOf(workflow).map(({ dependencies }) => dependencies.length))).toEqual([[0, 1]])
  for (const workflow of sent) keepsTo(at.environment, workflow)
})
test('the doctor sends a Workflow on trial: what comes back must name the bucket still', async () => {
  const at = await withSecret()
  const seen: Json[] = []
  at.cluster.admit = workflow => {
    seen.push(workflow)
    return workflow
  }
  expect(await found(at)).toEqual([`ok: ${at.environment.bucket.endpoint}`])
  for (const workflow of seen) keepsTo(at.environment, workflow)
  expect([seen.length, at.cluster.workflows.size]).toEqual([1, 0])
  at.cluster.admit = workflow => ({ ...workflow, spec: { ...(workflow.spec as Json), templateDefaults: undefined } })
  expect(await found(at)).toEqual(['bad: the cluster changes spec.templateDefaults.archiveLocation of a Workflow to nothing'])
  at.cluster.refuse = (method, path) =>
    method === 'POST' && path.endsWith('/workflows')
      ? { status: 403, message: 'admission webhook "policy" denied the request: no labels' }
      : undefined
  expect(await found(at)).toEqual([expect.stringContaining('bad: A policy of the cluster')])
})
test('the doctor sees what the controller would mix into a Workflow', async () => {
  const at = await withSecret()
  const defaults = (location: string) =>
    at.cluster.configMaps.set('argo/workflow-controller-configmap', {
      data: { workflowDefaults: `spec: {hostNetwork: true, templateDefaults: {archiveLocation: ${location}}}` },
    })
  const { endpoint } = at.environment.bucket
  defaults(`{archiveLogs: true, s3: {bucket: other, key: x}}`) // what the Workflow says comes first
  expect(await found(at)).toEqual([`ok: ${endpoint}`])
  defaults('{gcs: {bucket: other, key: x}, s3: {useSDKCreds: true}}')
  expect(await found(at)).toEqual([
    'bad: workflowDefaults of the controller add gcs, s3.useSDKCreds to spec.templateDefaults.archiveLocation',
  ])
})
test('the doctor reads the artifact repository that an environment names', async () => {
  const at = await withSecret()
  const own = { ...at, environment: { ...at.environment, artifactRepositoryRef: ref } }
  const says = (repository: string) => at.cluster.configMaps.set('science/repositories', { data: { ours: repository } })
  const { endpoint } = at.environment.bucket
  expect(await found(own)).toEqual(['bad: no ConfigMap repositories in science or argo'])
  at.cluster.configMaps.set('argo/repositories', { data: {} })
  expect(await found(own)).toEqual(['bad: the ConfigMap repositories has no key ours'])
  says(`s3: {endpoint: ${endpoint}, bucket: other}`)
  expect(await found(own)).toEqual([`bad: it names the bucket other at ${endpoint}`])
  says('gcs: {bucket: bucket}')
  expect(await found(own)).toEqual(['bad: it names no bucket that speaks S3'])
  says('s3: [')
  expect(await found(own)).toEqual(['bad: it names no bucket that speaks S3'])
  says(`s3: {endpoint: ${endpoint}, bucket: bucket, insecure: true}`)
  expect(await found(own)).toEqual([`ok: ${endpoint}`])
  at.cluster.refuse = (_, path) => (path.includes('configmaps') ? { status: 403, message: 'forbidden' } : undefined)
  expect(await found(own)).toEqual(['unknown: you may not look'])
})
test('with a repository of the cluster a Workflow refers to that alone', async () => {
  const { environment } = await withSecret()
  expect(specOf({ ...environment, artifactRepositoryRef: ref }, {}, [])).toMatchObject({ artifactRepositoryRef: ref })
  expect(specOf({ ...environment, artifactRepositoryRef: ref }, {}, [])).not.toHaveProperty('templateDefaults')
})
