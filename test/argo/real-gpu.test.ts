import { setTimeout } from 'node:timers/promises'
import { afterAll, expect } from 'vitest'
import { takenBy } from '../../benchmarks/harness/derive/taken.ts'
import { seen } from '../../benchmarks/harness/seen.ts'
import type { Event } from '../../core/events.ts'
import { kind, mib, run, step } from '../../core/index.ts'
import type { Resource } from '../../core/kubernetes/client.ts'
import { settings } from '../../core/targets/argo/settings.ts'
import { seededObservation } from '../seeded-record.ts'
import { clusterOf, environment, image, mark, namespace, ran, real } from './real-setting.ts'

// Everything about a GPU but the GPU: a node says that it has one, so the scheduler gives it away as it would a real one. There is no device behind
// it, and nothing here is a GPU's speed. The taint only asks pods to stay away: other work of a cluster of one node goes on.

interface Pod extends Resource {
  readonly spec: {
    readonly nodeName?: string
    readonly nodeSelector?: object
    readonly tolerations?: readonly object[]
    readonly containers: readonly { readonly name: string; readonly resources: { readonly limits?: object } }[]
  }
}
interface Node extends Resource {
  readonly spec: { readonly taints?: readonly object[] }
}
const gpu = 'nvidia.com/gpu'
const label = 'trireme.test/gpu'
const toleration = { key: gpu, operator: 'Exists', effect: 'PreferNoSchedule' } as const
const pool = { model: 'A10G', memory: '24GB', nodeSelector: { [label]: mark }, tolerations: [toleration], price: 'aws-g5.xlarge' }
const withPool = () => {
  const { name: _, ...own } = environment()
  const { gpuPools } = settings.pick({ gpuPools: true }).parse({ gpuPools: [pool] })
  return environment({ ...own, gpuPools })
}
const undo: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const each of undo.reverse()) await each()
})
/** Until the tests have ended: one GPU, which is none, on the first node. kubelet leaves alone what no plugin of devices told it. */
async function nodeWithGpu(): Promise<void> {
  const cluster = await clusterOf(environment())
  const { items } = await cluster.get<Resource & { readonly items: readonly Node[] }>('/api/v1/nodes')
  const { metadata, spec } = items[0]!
  const node = `/api/v1/nodes/${metadata?.name}`
  const has = (count: string | null) =>
    cluster.patch(`${node}/status`, { status: { capacity: { [gpu]: count }, allocatable: { [gpu]: count } } })
  const others = spec.taints ?? []
  undo.push(
    () => cluster.patch(node, { metadata: { labels: { [label]: null } }, spec: { taints: others } }),
    () => has(null),
  )
  await cluster.patch(node, {
    metadata: { labels: { [label]: mark } },
    spec: { taints: [...others, { key: gpu, effect: toleration.effect }] },
  })
  await has('1')
}
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await ask()
    if (found !== undefined) return found
    await setTimeout(500)
  }
}
const text = kind('text', { extension: '.txt' })
const spared = step({
  name: 'spared',
  image: 'spared',
  inputs: {},
  outputs: { made: text },
  needs: { cpu: 0.05, memory: mib(64), gpu: { count: 1 } },
  command: ({ made }) => run('bash', '-c', 'sleep 2; echo well >"$1"', 'step', made),
})
real(
  'a step that asks for a GPU waits until one is free, on the nodes of its pool, and its record counts it',
  { timeout: 600_000 },
  async () => {
    await nodeWithGpu()
    const cluster = await clusterOf(environment())
    const other = cluster.path('pods', `gpu-${mark}`)
    const gone = () => cluster.ask('DELETE', other, { query: { gracePeriodSeconds: '0' }, accept: [404] })
    undo.push(gone)
    await cluster.create('pods', {
      metadata: { name: `gpu-${mark}` },
      spec: {
        nodeSelector: pool.nodeSelector,
        hostNetwork: true,
        restartPolicy: 'Never',
        containers: [{ name: 'main', image, command: ['sleep', '600'], resources: { limits: { [gpu]: '1' } } }],
      },
    } as Resource)
    await until(async () => (await cluster.get<Pod>(other)).spec.nodeName)

    const events: Event[] = []
    let waiting: Promise<Pod> | undefined
    const look = async () => {
      const selector = { query: { labelSelector: 'workflows.argoproj.io/workflow' } }
      const { items } = await cluster.get<Resource & { readonly items: readonly Pod[] }>(`/api/v1/namespaces/${namespace}/pods`, selector)
      const own = items.find(({ spec }) => (spec.nodeSelector as Record<string, string> | undefined)?.[label] === mark)
      await gone()
      return own!
    }
    const began = Date.now() / 1000
    const { state, failures } = await ran({ made: spared({}).made }, withPool(), {
      on: event => {
        events.push(event)
        if (event.event === 'progress' && event.text.startsWith('waits')) waiting ??= look()
      },
    })
    expect([state, failures]).toEqual(['succeeded', []])

    const said = events.flatMap(event => (event.event === 'progress' ? event.text : []))
    expect(said[0]).toMatch(/^waits: no node can take it: .*1 Insufficient nvidia\.com\/gpu/)
    const { spec } = (await waiting)!
    expect(spec.nodeSelector).toEqual(pool.nodeSelector)
    expect(spec.tolerations).toContainEqual(toleration)
    expect(spec.containers.find(({ name }) => name === 'main')?.resources.limits).toMatchObject({ [gpu]: '1' })

    const run = { ...seededObservation().runs[0]!, events: seen(events, began) }
    const { wall, gpu: seconds } = takenBy('all', ['spared'], run)!
    console.info(`GPU asked for, none there: ${seconds} GPU seconds of ${(Date.now() / 1000 - began).toFixed(1)} s in all`)
    expect(seconds).toBe(wall)
    expect(wall).toBeGreaterThanOrEqual(2)
  },
)
