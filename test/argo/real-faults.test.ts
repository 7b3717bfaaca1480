import { readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'vitest'
import { parse, stringify } from 'yaml'
import { gib, kind, mib, run, step } from '../../core/index.ts'
import type { Resource } from '../../core/kubernetes/client.ts'
import { scratch } from '../../core/testing.ts'
import { clusterOf, during, environment, mark, namespace, ran, real } from './real-setting.ts'
import { contentOf, fault } from './setting.ts'

// What goes wrong on the way to a cluster, as the real programs say it. Their words differ from those that a stand-in was taught.

const text = kind('text', { extension: '.txt' })
const write = (words: string, memory = mib(64), seconds = 0) =>
  step({
    name: 'write',
    image: words, // so that no two share a pod
    inputs: {},
    outputs: { made: text },
    needs: { cpu: 0.2, memory },
    tag: () => words,
    command: ({ made }) => run('bash', '-c', `sleep ${seconds}; printf %s ${words} >"$1"`, 'step', made),
  })({}).made
const hello = () => ({ hello: write('hello') })
const patient = { timeout: 180_000 }
const refused = (more: Parameters<typeof environment>[0]) => fault(() => ran(hello(), environment(more)))

real('credentials that are not accepted, a context and a namespace that do not exist', patient, async () => {
  const config = parse(readFileSync(process.env.KUBECONFIG!, 'utf8'))
  const kubeconfig = `${scratch()}/kubeconfig`
  for (const { user } of config.users) user.token = 'expired'
  writeFileSync(kubeconfig, stringify(config))
  expect(await refused({ kubeconfig })).toMatch(
    /^ENVIRONMENT: The cluster of context "[^"]+" does not accept your credentials \(401\): they may have expired\. Log in to the cluster again/,
  )
  expect(await refused({ context: 'not-a-context' })).toMatch(/^ENVIRONMENT: There is no context "not-a-context" in .*There are: /)
  expect(await refused({ namespace: 'not-a-namespace' })).toMatch(
    /^ENVIRONMENT: There is no namespace not-a-namespace in the cluster of context "[^"]+"\. Correct "namespace" of the environment real/,
  )
})
real('a bucket that is missing, a key that is wrong', patient, async () => {
  const { bucket } = environment()
  expect(await refused({ bucket: { ...bucket, name: 'no-such-bucket' } })).toMatch(
    /^ENVIRONMENT: There is no bucket "no-such-bucket" at \S+\. Make it, or correct bucket\.name of the environment\.$/,
  )
  const credentials = { ...bucket.credentials, client: { ...bucket.credentials.client, accessKey: 'WRONG_KEY', secretKey: 'WRONG_KEY' } }
  process.env.WRONG_KEY = 'wrong'
  expect(await refused({ bucket: { ...bucket, credentials } })).toMatch(
    /^ENVIRONMENT: The key for the bucket "[^"]+" at \S+ is not accepted \(\w+\)\. Check the values of WRONG_KEY and WRONG_KEY/,
  )
})
real('a pod that no node can take says which resource is short', patient, async () => {
  const { failures, told } = await ran({ big: write('big', gib(900)), small: write('small') }, environment(), {
    patience: { passing: 5_000 },
  })
  expect(failures).toEqual([
    expect.stringMatching(/^Step write:big could not start: no node can take it: .*Insufficient memory.* Lower the step's needs/),
  ])
  expect(told).toContain('succeeded write:small')
})
real('an image that cannot be pulled is named; what can go on does', patient, async () => {
  const nowhere = '127.0.0.1:5000/no/such@sha256:0000000000000000000000000000000000000000000000000000000000000000'
  const other = process.env.TRIREME_TEST_IMAGE ?? 'localhost/trireme/reads:0.1.0'
  const { failures, told } = await ran({ lost: write('lost'), fine: write('fine') }, environment(), {
    patience: { lasting: 5_000 },
    image: name => (name === 'lost' ? nowhere : other),
  })
  expect(failures).toHaveLength(1)
  expect(failures[0]).toContain(`Step write:lost could not start: its image ${nowhere} cannot be pulled (`)
  expect(failures[0]).toContain('Check "images" of the environment, its pull secrets, and whether nodes reach the registry.')
  expect(told).toContain('succeeded write:fine')
})
real('a quota for workflows that is used up, and one for pods', patient, async () => {
  const other = `trireme-${mark}`
  await during('/api/v1/namespaces', { metadata: { name: other } })
  const quotas = `/api/v1/namespaces/${other}/resourcequotas`
  const none = { metadata: { name: 'none' }, spec: { hard: { 'count/workflows.argoproj.io': '0' } } }
  await (await clusterOf(environment())).ask('POST', quotas, { body: none })
  const said = async () => {
    for (let tries = 0; ; tries++) {
      const words = await fault(() => ran(hello(), environment({ namespace: other }), { patience: { unseen: 1_000 } }))
      if (tries > 20 || !/No controller|status unknown/.test(words)) return words // the quota counts a moment later
    }
  }
  expect(await said()).toMatch(
    /^ENVIRONMENT: The namespace trireme-\S+ has no quota left: .*exceeded quota: none.* Wait until other work has ended/,
  )

  // A priority class of our own keeps the quota from all others.
  await during('/apis/scheduling.k8s.io/v1/priorityclasses', { ...{ value: 1 }, metadata: { name: other } })
  const scope = { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: [other] }] }
  const quota = { metadata: { name: other }, spec: { hard: { pods: '0' }, scopeSelector: scope } }
  await during(`/api/v1/namespaces/${namespace}/resourcequotas`, quota)
  await new Promise(done => setTimeout(done, 2_000)) // its use is counted first
  const { failures } = await ran(hello(), environment({ priorityClassName: other }), { patience: { passing: 5_000 } })
  expect(failures).toEqual([expect.stringMatching(/^Step write:hello could not .*exceeded quota/)])
})
real('a policy of the cluster that refuses workflows is quoted', patient, async () => {
  const name = `trireme-${mark}`
  const policies = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies'
  await during(policies, {
    ...{
      spec: {
        matchConstraints: {
          resourceRules: [{ apiGroups: ['argoproj.io'], apiVersions: ['*'], operations: ['CREATE'], resources: ['workflows'] }],
        },
        matchConditions: [{ name: 'ours', expression: "has(object.metadata.labels) && 'refuse' in object.metadata.labels" }],
        validations: [{ expression: 'false', message: 'the label team is missing' }],
      },
    },
    metadata: { name },
  })
  await during('/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings', {
    ...{ spec: { policyName: name, validationActions: ['Deny'] } },
    metadata: { name },
  })
  await new Promise(done => setTimeout(done, 5_000)) // until the server has it
  expect(await refused({ labels: { refuse: 'me' } })).toMatch(
    /^ENVIRONMENT: A policy of the cluster, trireme-\S+, refused the request: the label team is missing\. Ask who keeps the cluster/,
  )
})
real('a workflow that no controller sees is given up and removed', patient, async () => {
  const other = `trireme-unseen-${mark}`
  await during('/api/v1/namespaces', { metadata: { name: other } })
  const at = environment({ namespace: other })
  const words = await fault(() => ran(hello(), at, { patience: { unseen: 3_000 } }))
  expect(words).toMatch(/^ENVIRONMENT: No controller of Argo Workflows has looked at the workflow small-\S+/)
  const cluster = await clusterOf(at)
  expect((await cluster.get<Resource & { readonly items?: readonly unknown[] }>(cluster.path('workflows'))).items).toEqual([])
})
real('a workflow deleted under the watch is told; the same command goes on', patient, async () => {
  const results = { quick: write('quick'), slow: write('slow', mib(64), 15) }
  const cluster = await clusterOf(environment())
  const id = `deleted-${mark}`
  let gone = false
  const first = fault(() =>
    ran(results, environment(), {
      run: id,
      on: event => {
        if (event.event !== 'succeeded' || gone) return
        gone = true
        void cluster.remove(cluster.path('workflows', `small-${id}`))
      },
    }),
  )
  expect(await first).toMatch(
    /^ENVIRONMENT: The workflow small-deleted-\S+ was deleted while it ran, not by this run\. What is finished is kept/,
  )
  const { told, state, results: made } = await ran(results, environment())
  expect(told).toContain('cached write:quick')
  expect(contentOf(made.slow)).toBe('slow')
  expect(state).toBe('succeeded')
})
