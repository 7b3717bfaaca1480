import { expect, test } from 'vitest'
import { Cluster } from '../../core/kubernetes/client.ts'
import { follow } from '../../core/kubernetes/watch.ts'
import type { LivePod } from '../../core/targets/argo/follow/status.ts'
import { setting } from './setting.ts'

test('more pods than one answer holds are told page by page; where a page is gone, all are told anew', async () => {
  const at = await setting()
  const { context, kubeconfig, namespace } = at.environment
  const cluster = await Cluster.open({ context, namespace, environment: 'lab', kubeconfig: kubeconfig! })
  const names = Array.from({ length: 250 }, (_, n) => `pod-${n}`)
  for (const name of names) at.cluster.setPod(name, {})
  let asked = 0
  at.cluster.refuse = (_, path) => (path.endsWith('/pods') && ++asked === 2 ? { status: 410, message: 'token too old' } : undefined)
  const told: string[][] = []
  const stop = new AbortController()
  await follow<LivePod>(
    cluster,
    cluster.path('pods'),
    {},
    change => {
      if (change.type === 'all') told.push([])
      for (const { metadata } of change.type === 'all' ? change.items : [change.item]) told.at(-1)!.push(metadata?.name ?? '')
      if (told.at(-1)!.length === names.length) stop.abort()
    },
    stop.signal,
  )
  expect(told).toEqual([names.slice(0, 100), names])
})
