import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { packageRoot } from '../../cli/project/package.ts'
import { scratch } from '../../core/testing.ts'
import { bytesText } from '../../core/vocabulary/quantity.ts'
import { nodes, pod } from './controller.ts'
import { type Setting, setting } from './setting.ts'

/** The most that the client may hold, as the kernel counts it. */
const most = 250 * 2 ** 20
const count = 5000
const updates = 20

// The compiled client, in a process of its own, with all its libraries: it follows a workflow of 5,000 nodes, whose status comes whole with
// every change, compressed as the controller does it.
const client = (dist: string, { context, kubeconfig, namespace, name: environment, bucket }: Setting['environment']) => `
import { S3Bucket } from '${dist}/core/bucket/client.js'
import { Cluster } from '${dist}/core/kubernetes/client.js'
import { followWorkflow } from '${dist}/core/targets/argo/follow/workflow-watch.js'
import '${dist}/core/targets/argo/follow/run.js'
await (await S3Bucket.open(${JSON.stringify(bucket)})).check()
const cluster = await Cluster.open(${JSON.stringify({ context, kubeconfig, namespace, environment })})
await cluster.create('workflows', { metadata: { name: 'many' } })
let [looks, succeeded] = [0, 0]
const look = async units => {
  looks++
  succeeded = [...units.all()].filter(({ over }) => over?.state === 'succeeded').length
}
const ending = await followWorkflow({ cluster, name: 'many', look, patience: 60_000 })
process.stdout.write(JSON.stringify({ looks, succeeded, ending, peak: process.resourceUsage().maxRSS * 1024 }))
`
test('following a status of 5,000 nodes takes no more than 250 MiB of memory', async () => {
  const at = await setting()
  const folder = scratch()
  const key = (n: number) => n.toString(16).padStart(64, '0')
  const parameters = (n: number) => new Map(['o', 'w', 'a'].map((name, m) => [name, key(3 * n + m)]))
  // Each task is two nodes: the Retry, and the Pod of its attempt.
  const tasks = Array.from({ length: count / 2 }, (_, n) => ({
    name: `task-${n}`,
    template: 't',
    dependencies: [],
    parameters: parameters(n),
  }))
  // and its pods are there already, each of the size that they have on a cluster
  for (const { name } of tasks) {
    const spec = {
      containers: Array.from({ length: 80 }, (_, n) => ({ name: `of ${name}, which nobody looks at`, image: `${n}`.repeat(20) })),
    }
    at.cluster.setPod(`many-${name}`, { ...pod('many', name, 1, { phase: 'Pending' }), spec })
  }
  at.cluster.onWorkflow = async name => {
    for (let update = 1; update <= updates; update++) {
      const done = Math.floor((tasks.length * update) / updates)
      const states = tasks.map(({ name }, n) => [name, { phase: n < done ? 'Succeeded' : 'Running' }] as const)
      const told = JSON.stringify(nodes(name, tasks, Object.fromEntries(states)))
      at.cluster.setWorkflow(name, {
        phase: update === updates ? 'Succeeded' : 'Running',
        compressedNodes: gzipSync(told).toString('base64'),
      })
      await new Promise(done => setTimeout(done, 200))
    }
  }
  const script = path.join(folder, 'client.mjs')
  writeFileSync(script, client(path.join(packageRoot, 'dist'), at.environment))
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const chunks: Buffer[] = []
  for await (const chunk of child.stdout) chunks.push(chunk as Buffer)
  const { looks, succeeded, ending, peak } = JSON.parse(Buffer.concat(chunks).toString('utf8'))
  console.info(`a status of ${count} nodes, ${updates} changes: ${bytesText(peak)} at most`)
  expect({ succeeded, ending }).toEqual({ succeeded: tasks.length, ending: { how: 'over', phase: 'Succeeded', message: '', nodes: count } })
  expect(looks).toBeGreaterThan(5)
  expect(peak).toBeLessThan(most)
}, 120_000)
