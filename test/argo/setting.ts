import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterEach } from 'vitest'
import type { Event } from '../../core/events.ts'
import type { Results } from '../../core/graph/plan.ts'
import { kind, mib, plan, run, step } from '../../core/index.ts'
import { access } from '../../core/kubernetes/kubeconfig.ts'
import { Store } from '../../core/store/store.ts'
import type { ArgoOptions } from '../../core/targets/argo/follow/options.ts'
import { runOnArgo } from '../../core/targets/argo/follow/run.ts'
import { type ArgoEnvironment, settings as schema } from '../../core/targets/argo/settings.ts'
import { scratch } from '../../core/testing.ts'
import { type FakeBucket, fakeBucket } from './fake-bucket.ts'
import { type FakeCluster, fakeCluster } from './fake-cluster.ts'

export const text = kind('text', { extension: '.txt' })
export const needs = { cpu: 1, memory: mib(64) } as const
/** A step that writes words. Its image is its own, so that no two share a pod. */
export const write = (
  words: string,
  more: { readonly memory?: typeof needs.memory | readonly [typeof needs.memory, typeof needs.memory] } = {},
) =>
  step({
    name: words,
    image: words,
    inputs: {},
    outputs: { made: text },
    needs: { ...needs, ...more },
    command: ({ made }) => run('printf', words).into(made),
  })({}).made
export const copy = (name: string, from: ReturnType<typeof write>) =>
  step({
    name,
    image: name,
    inputs: { from: text },
    outputs: { made: text },
    needs,
    command: ({ from, made }) => run('cat', from).into(made),
  })({ from }).made

/** A cluster and a bucket in memory, and an environment that names them. */
export interface Setting {
  readonly cluster: FakeCluster
  readonly bucket: FakeBucket
  readonly environment: ArgoEnvironment
  readonly store: Store
}
const open: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})
export const prefix = 'below/'
export async function setting(): Promise<Setting> {
  process.env.TEST_BUCKET_KEY = 'key'
  process.env.TEST_BUCKET_SECRET = 'secret'
  const folder = scratch()
  const [cluster, bucket] = await Promise.all([fakeCluster(folder), fakeBucket()])
  open.push(cluster.close, bucket.close, () => rmSync(folder, { recursive: true, force: true }))
  const settings = {
    target: 'argo',
    context: 'test',
    kubeconfig: cluster.kubeconfig,
    namespace: 'science',
    bucket: {
      endpoint: bucket.endpoint,
      name: 'bucket',
      prefix: 'below',
      insecure: true,
      credentials: { client: { accessKey: 'TEST_BUCKET_KEY', secretKey: 'TEST_BUCKET_SECRET', sessionToken: 'TEST_BUCKET_TOKEN' } },
    },
  }
  const environment = { name: 'lab', ...schema.parse(settings) }
  return { cluster, bucket, environment, store: await Store.open(`${folder}/store`) }
}
export async function ran<O extends Results>({ environment, store }: Setting, results: O, more: Partial<ArgoOptions> = {}) {
  const events: Event[] = []
  const options: ArgoOptions = {
    store,
    environment,
    versions: new Map(),
    run: '20260101-120000-0001',
    image: name => `registry.example.org/${name}`,
    on: event => events.push(event),
    ...more,
    patience: { ...more.patience, bucket: { first: 500, outage: 20_000, pause: 200, ...more.patience?.bucket } },
  }
  const done = await runOnArgo(plan('small', results), options)
  return { ...done, events, told: events.map(told) }
}
/** An event as a short line. */
export function told(event: Event): string {
  const step = 'step' in event ? ` ${event.step}` : ''
  if (event.event === 'started' || event.event === 'retried') return `${event.event}${step} ${event.attempt}`
  if (event.event === 'run-ended') return `run-ended ${event.state}`
  if (event.event === 'skipped') return `skipped${step}: ${event.reason}`
  if (event.event === 'progress') return `progress${step}: ${event.text}`
  return `${event.event}${step}`
}
export const contentOf = (placed: { readonly path: string } | undefined): string => readFileSync(placed?.path ?? '', 'utf8')
export async function fault(act: () => Promise<unknown>): Promise<string> {
  try {
    await act()
  } catch (error) {
    return error instanceof Error && 'code' in error ? `${String(error.code)}: ${error.message}` : String(error)
  }
  return 'no fault'
}

/** A kubeconfig of one context, `lab`. */
export const config = (user: unknown, cluster: object = {}) => ({
  'current-context': 'production',
  clusters: [{ name: 'c', cluster: { server: 'https://cluster.example.org:6443/base', ...cluster } }],
  users: [{ name: 'u', user }],
  contexts: [{ name: 'lab', context: { cluster: 'c', user: 'u' } }],
})
/** Kubeconfigs in files of one folder. */
export const written = (...configs: readonly unknown[]) => {
  const folder = scratch()
  const files = configs.map((_, n) => `${folder}/config-${n}`)
  for (const [n, file] of files.entries()) writeFileSync(file, JSON.stringify(configs[n]))
  return { folder, files }
}
export const headersOf = async (user: unknown) => (await (await access('lab', written(config(user)).files[0])).options()).headers
