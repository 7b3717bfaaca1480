import { rmSync } from 'node:fs'
import { afterEach, test } from 'vitest'
import type { Event } from '../../core/events.ts'
import type { Results } from '../../core/graph/plan.ts'
import { plan } from '../../core/index.ts'
import { Cluster } from '../../core/kubernetes/client.ts'
import { Store } from '../../core/store/store.ts'
import type { ArgoOptions } from '../../core/targets/argo/follow/options.ts'
import { runOnArgo } from '../../core/targets/argo/follow/run.ts'
import { type ArgoEnvironment, settings as schema } from '../../core/targets/argo/settings.ts'
import { scratch } from '../../core/testing.ts'
import { told } from './setting.ts'

// A real cluster that somebody names by hand: TRIREME_TEST_CONTEXT, with S3_ENDPOINT, S3_BUCKET and the keys of the bucket in
// AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. None is ever guessed. Its user must be allowed everything: quotas and policies are made.

const { TRIREME_TEST_CONTEXT: context, S3_ENDPOINT = '', S3_BUCKET = '' } = process.env
const noContext = context === undefined ? 'TRIREME_TEST_CONTEXT names no context' : undefined
interface RealTest {
  readonly timeout?: number
  /** What it needs beside the cluster, and does not have. */
  readonly lacks?: string | undefined
}
/** A test against a real cluster. */
export function real(name: string, ...given: readonly [RealTest, () => Promise<void>] | readonly [() => Promise<void>]): void {
  const [{ timeout, lacks }, act] = given.length === 2 ? given : [{} as RealTest, given[0]]
  const lack = noContext ?? lacks
  test.skipIf(lack !== undefined)(name + (lack === undefined ? '' : ` (skipped: ${lack})`), { ...(timeout && { timeout }) }, act)
}
export const mark = `${process.pid}-${Date.now().toString(36)}`
export const namespace = process.env.TRIREME_TEST_NAMESPACE ?? 'argo'
const settings = {
  target: 'argo',
  context,
  namespace,
  serviceAccount: 'pipeline',
  hostNetwork: true,
  limits: { cpu: 1 },
  bucket: {
    endpoint: S3_ENDPOINT.replace(/^https?:\/\//, ''),
    name: S3_BUCKET,
    prefix: `test-${mark}`,
    insecure: !S3_ENDPOINT.startsWith('https:'),
    credentials: { secret: { name: 's3', accessKey: 'accessKey', secretKey: 'secretKey' } },
  },
}
export const image = process.env.TRIREME_TEST_IMAGE ?? 'localhost/trireme/reads:0.1.0'
export const environment = (more: Partial<ArgoEnvironment> = {}): ArgoEnvironment => ({ name: 'real', ...schema.parse(settings), ...more })
export async function clusterOf({ context, namespace, name, kubeconfig }: ArgoEnvironment): Promise<Cluster> {
  return Cluster.open({ context, namespace, environment: name, ...(kubeconfig !== undefined && { kubeconfig }) })
}
const close: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const each of close.splice(0)) await each()
})
/** Makes an object of the cluster for as long as a test runs. */
export async function during(folder: string, object: { readonly metadata: { readonly name: string } }): Promise<void> {
  const cluster = await clusterOf(environment())
  await cluster.ask('POST', folder, { body: object })
  close.push(() => cluster.remove(`${folder}/${object.metadata.name}`))
}
let runs = 0
export async function ran<O extends Results>(results: O, at: ArgoEnvironment, more: Partial<ArgoOptions> = {}) {
  const folder = scratch()
  close.push(() => rmSync(folder, { recursive: true, force: true }))
  const events: Event[] = []
  const done = await runOnArgo(plan('small', results), {
    store: await Store.open(folder),
    environment: at,
    versions: new Map(),
    run: `real-${mark}-${++runs}`,
    image: () => image,
    on: event => events.push(event),
    ...more,
  })
  return { ...done, told: events.map(told) }
}
