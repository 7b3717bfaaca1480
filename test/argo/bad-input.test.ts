import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { S3Bucket } from '../../core/bucket/client.ts'
import { Cluster } from '../../core/kubernetes/client.ts'
import { scratch } from '../../core/testing.ts'
import { nodes, publish, runsAll, tasksOf } from './controller.ts'
import type { Refusal } from './fake-cluster.ts'
import { contentOf, fault, prefix, ran, type Setting, setting, write } from './setting.ts'

// What goes wrong on the way to a cluster: what is wrong, what would be right, what to do. Or it is mended without a word.

const hello = () => ({ hello: write('hello') })
const refused = async (at: Setting, refusal: Refusal, method = 'POST') => {
  at.cluster.refuse = (asked, path) => (asked === method && path.endsWith('/workflows') ? refusal : undefined)
  return fault(() => ran(at, hello()))
}
test('no kubeconfig, no such context: the current one is never taken', async () => {
  const at = await setting()
  const { kubeconfig } = at.cluster
  const nowhere = { ...at.environment, kubeconfig: `${kubeconfig}.not` }
  expect(await fault(() => ran({ ...at, environment: nowhere }, hello()))).toBe(
    `ENVIRONMENT: There is no kubeconfig at ${kubeconfig}.not. Set KUBECONFIG, or name the file as "kubeconfig" in the environment.`,
  )
  expect(await fault(() => ran({ ...at, environment: { ...at.environment, context: 'tset' } }, hello()))).toBe(
    `ENVIRONMENT: There is no context "tset" in ${kubeconfig}. There are: test, production. Correct "context" of the environment, or log in to the cluster.`,
  )
})
test('no cluster answers: told within seconds', async () => {
  const at = await setting()
  await at.cluster.close()
  const started = performance.now()
  expect(await fault(() => ran(at, hello()))).toMatch(
    /^ENVIRONMENT: Cannot reach the cluster of context "test" at http:\/\/127\.0\.0\.1:\d+: connect ECONNREFUSED .* Check the network \(VPN\?\) and "context" of the environment lab\.$/,
  )
  expect(performance.now() - started).toBeLessThan(10_000)
})
test('a certificate nobody vouches for', async () => {
  const { createServer } = await import('node:https')
  const { execFileSync } = await import('node:child_process')
  const folder = scratch()
  const [key, cert] = [`${folder}/key.pem`, `${folder}/cert.pem`]
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '1', '-subj', '/CN=localhost'],
    { stdio: 'ignore' },
  )
  const { readFileSync } = await import('node:fs')
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => response.end('{}'))
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const config = {
    clusters: [{ name: 'c', cluster: { server: `https://127.0.0.1:${port}` } }],
    users: [{ name: 'u', user: { token: 't' } }],
    contexts: [{ name: 'test', context: { cluster: 'c', user: 'u' } }],
  }
  writeFileSync(`${folder}/kubeconfig`, JSON.stringify(config))
  const settings = { context: 'test', kubeconfig: `${folder}/kubeconfig`, namespace: 'n', environment: 'lab' }
  expect(await fault(() => Cluster.open(settings))).toMatch(/its certificate is not trusted \(self.signed certificate\)/)
  server.close()
})
test.each<[string, Refusal, string]>([
  [
    'expired token',
    { status: 401, message: 'Unauthorized' },
    'ENVIRONMENT: The cluster of context "test" does not accept your credentials (401): they may have expired. Log in to the cluster again, and give the same command again; it goes on from where it was.',
  ],
  [
    'forbidden',
    {
      status: 403,
      message:
        'workflows.argoproj.io is forbidden: User "ada" cannot create resource "workflows" in API group "argoproj.io" in the namespace "science"',
    },
    'ENVIRONMENT: ada may not create workflows in the namespace science (403). Have a Role with that verb bound to it: "trireme cluster-setup --on lab" prints the rights that are needed.',
  ],
  [
    'no CRD',
    { status: 404, message: '404 page not found\n', plain: true },
    'ENVIRONMENT: The cluster of context "test" has no Argo Workflows: it knows no workflows.argoproj.io. Install Argo Workflows (4.0.2 or later, or 3.7.11), with its full CRDs, or choose another context.',
  ],
  [
    'no namespace',
    { status: 404, message: 'namespaces "science" not found' },
    'ENVIRONMENT: There is no namespace science in the cluster of context "test". Correct "namespace" of the environment lab, or make it: kubectl create namespace science.',
  ],
  [
    'quota',
    {
      status: 403,
      message: 'workflows.argoproj.io "x" is forbidden: exceeded quota: few, requested: count/workflows=1, used: 5, limited: 5.',
    },
    'ENVIRONMENT: The namespace science has no quota left: workflows.argoproj.io "x" is forbidden: exceeded quota: few, requested: count/workflows=1, used: 5, limited: 5. Wait until other work has ended, or ask for a larger quota.',
  ],
  [
    'webhook refusal',
    { status: 400, message: 'admission webhook "policy.example.org" denied the request: label team is missing' },
    'ENVIRONMENT: A policy of the cluster, policy.example.org, refused the request: label team is missing. Ask who keeps the cluster, or adapt the environment lab.',
  ],
  [
    'policy refusal',
    {
      status: 422,
      message:
        "workflows.argoproj.io \"x\" is forbidden: ValidatingAdmissionPolicy 'teams' with binding 'all' denied request: the label team is missing",
    },
    'ENVIRONMENT: A policy of the cluster, teams, refused the request: the label team is missing. Ask who keeps the cluster, or adapt the environment lab.',
  ],
  [
    'webhook that cannot be asked',
    { status: 500, message: 'Internal error occurred: failed calling webhook "policy.example.org": no endpoints' },
    'ENVIRONMENT: A policy of the cluster cannot be asked, and nothing is admitted without it: Internal error occurred: failed calling webhook "policy.example.org": no endpoints. Ask who keeps the cluster.',
  ],
  [
    'too large for the server',
    { status: 500, message: 'etcdserver: request is too large' },
    'ENVIRONMENT: The cluster does not take an object of this size (etcdserver: request is too large). Report it: Trireme divides plans so that this does not happen.',
  ],
])('%s', async (_, refusal, message) => {
  expect(await refused(await setting(), refusal)).toBe(message)
})
test('a workflow over the controller’s size limit, and one whose fields it refuses: a phase without nodes', async () => {
  const at = await setting()
  at.cluster.onWorkflow = name =>
    at.cluster.setWorkflow(name, {
      phase: 'Error',
      message: 'workflow is longer than maximum allowed size. compressed size 1200000 > maxSize 1048576',
    })
  expect(await fault(() => ran(at, hello()))).toMatch(
    /^ENVIRONMENT: The workflow small-\S+ is larger than its controller takes: workflow is longer than/,
  )
  const other = await setting()
  other.cluster.onWorkflow = name =>
    other.cluster.setWorkflow(name, { phase: 'Failed', message: 'invalid spec: templates.x failed to resolve {{y}}' })
  expect(await fault(() => ran(other, hello()))).toMatch(
    /^ENVIRONMENT: The cluster refused the workflow small-\S+: invalid spec: templates\.x failed to resolve/,
  )
})
test('a workflow that never gets a phase is given up and removed', async () => {
  const at = await setting()
  expect(await fault(() => ran(at, hello(), { patience: { unseen: 300 } }))).toMatch(
    /^ENVIRONMENT: No controller of Argo Workflows has looked at the workflow small-\S+ for a minute\. See whether workflow-controller runs, and whether it manages the namespace science/,
  )
  expect(at.cluster.workflows.size).toBe(0)
})
test('a workflow that is deleted under the watch: told, and what is done is kept', async () => {
  const at = await setting()
  at.cluster.onWorkflow = (name, workflow) => {
    const tasks = tasksOf(workflow)
    publish(at.bucket, prefix, name, tasks[0]!, 'made.txt', 'first')
    at.cluster.setWorkflow(name, { phase: 'Running', nodes: nodes(name, tasks, { [tasks[0]!.name]: { phase: 'Succeeded' } }) })
    setTimeout(() => at.cluster.deleteWorkflow(name), 300)
  }
  const results = { first: write('first'), second: write('second') }
  expect(await fault(() => ran(at, results))).toMatch(
    /^ENVIRONMENT: The workflow small-\S+ was deleted while it ran, not by this run\. What is finished is kept: the same command goes on from there\.$/,
  )
  runsAll(at.cluster, at.bucket, prefix, () => 'second')
  const { told } = await ran(at, results, { run: '20260101-120000-0002' })
  expect(told.filter(line => line.startsWith('cached'))).toHaveLength(1)
  expect(told).toContain('run-ended succeeded')
})
test('an API server that restarts in the middle, a watch that is cut off, a history that is gone: nothing is lost', async () => {
  const at = await setting()
  at.cluster.onWorkflow = async (name, workflow) => {
    const [task] = tasksOf(workflow)
    at.cluster.setWorkflow(name, { phase: 'Running', nodes: {} })
    await new Promise(done => setTimeout(done, 300))
    at.cluster.dropWatches()
    await new Promise(done => setTimeout(done, 300))
    at.cluster.dropWatches(410)
    await new Promise(done => setTimeout(done, 700))
    await at.cluster.restart(700)
    publish(at.bucket, prefix, name, task!, 'made.txt', 'hello')
    const told = nodes(name, [task!], { [task!.name]: { phase: 'Succeeded' } })
    // As a controller does whose object passes 1 MiB.
    at.cluster.setWorkflow(name, { phase: 'Succeeded', nodes: {}, compressedNodes: gzipSync(JSON.stringify(told)).toString('base64') })
  }
  const { state, results, told } = await ran(at, hello())
  expect(state).toBe('succeeded')
  expect(contentOf(results.hello)).toBe('hello')
  expect(told).toEqual(['run-started', 'planned hello', 'started hello 1', 'succeeded hello', 'run-ended succeeded'])
})
test('an overloaded API server is asked again; a request whose answer was lost is not made twice', async () => {
  const at = await setting()
  runsAll(at.cluster, at.bucket, prefix, () => 'hello')
  let busy = 2
  at.cluster.refuse = () => (busy-- > 0 ? { status: busy === 1 ? 429 : 503, message: 'later' } : undefined)
  expect((await ran(at, hello())).state).toBe('succeeded')
})

const bucketOf = ({ environment }: Setting, more: Partial<Setting['environment']['bucket']> = {}) => ({ ...environment.bucket, ...more })
test.each<[string, number, string, RegExp]>([
  [
    'wrong key',
    403,
    'InvalidAccessKeyId',
    /^ENVIRONMENT: The key for the bucket "bucket" at \S+ is not accepted \(InvalidAccessKeyId\)\. Check the values of TEST_BUCKET_KEY and TEST_BUCKET_SECRET, and the region \(us-east-1\)\.$/,
  ],
  ['wrong secret', 403, 'SignatureDoesNotMatch', /is not accepted \(SignatureDoesNotMatch\)\. Check the values of TEST_BUCKET_KEY/],
  [
    'expired',
    400,
    'ExpiredToken',
    /^ENVIRONMENT: The credentials for the bucket "bucket" at \S+ have expired\. Get new ones into TEST_BUCKET_KEY and TEST_BUCKET_SECRET and TEST_BUCKET_TOKEN/,
  ],
  [
    'not allowed',
    403,
    'AccessDenied',
    /^ENVIRONMENT: It is not allowed to list the bucket "bucket" at \S+\. Its policy must grant get, put, list and delete of bucket\/below\/\* to the key in TEST_BUCKET_KEY\.$/,
  ],
  [
    'clock skew',
    403,
    'RequestTimeTooSkewed',
    /^ENVIRONMENT: The clock of this machine is off by more than the bucket "bucket" at \S+ accepts\. Set it right/,
  ],
])('a bucket that refuses: %s', async (_, status, code, message) => {
  const at = await setting()
  at.bucket.fault = { status, code }
  expect(await fault(() => ran(at, hello()))).toMatch(message)
})
const plain = (status: number, words: string) =>
  http.createServer((_, response) => response.writeHead(status, { 'Content-Type': 'text/plain' }).end(words))
test.each([
  [
    'http where https is expected',
    { server: () => plain(400, ''), insecure: false },
    /^The bucket "bucket" at \S+ does not speak https\. If http is meant, say "insecure: true" under "bucket" of the environment\.$/,
  ],
  [
    'https where http is expected',
    { server: () => plain(400, 'Client sent an HTTP request to an HTTPS server.\n'), insecure: true },
    /^The bucket "bucket" at \S+ speaks https\. Take "insecure: true" from "bucket" of the environment\.$/,
  ],
  [
    'a web server',
    { server: () => plain(403, 'Who are you?'), insecure: true },
    /^The bucket "bucket" at \S+ does not answer as S3 does \(status 403\)\. Check bucket\.endpoint of the environment: it may be that of a console/,
  ],
])('what is at the bucket’s address is no store, or speaks otherwise: %s', async (_, { server, insecure }, message) => {
  const at = await setting()
  const other = server().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const endpoint = `127.0.0.1:${(other.address() as AddressInfo).port}`
  const bucket = await S3Bucket.open(bucketOf(at, { endpoint, insecure }), process.env, { patience: { first: 500 } })
  await expect(bucket.check()).rejects.toThrow(message)
  bucket.close()
  other.close()
})
test('no bucket, no answer, no key', async () => {
  const at = await setting()
  const missing = { ...at.environment, bucket: bucketOf(at, { name: 'other' }) }
  expect(await fault(() => ran({ ...at, environment: missing }, hello()))).toBe(
    `ENVIRONMENT: There is no bucket "other" at ${at.bucket.endpoint}. Make it, or correct bucket.name of the environment.`,
  )
  expect(await fault(() => S3Bucket.open(at.environment.bucket, {}))).toBe(
    'ENVIRONMENT: The key of the bucket "bucket" is not known: TEST_BUCKET_KEY and TEST_BUCKET_SECRET are not set. Set them in the shell, or name other variables under bucket.credentials.client of the environment.',
  )
  await at.bucket.close()
  expect(await fault(() => ran(at, hello()))).toMatch(
    /^ENVIRONMENT: Cannot reach the bucket "bucket" at \S+: connect ECONNREFUSED \S+\. Check bucket\.endpoint of the environment and the network\.$/,
  )
})
