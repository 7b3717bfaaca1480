import { expect, test } from 'vitest'
import { stuck } from './status.ts'

const room = "Lower the step's needs, or give the cluster nodes that have it; limits of the environment cut cores."
const volume = 'Have the claim made, or correct "volumes" of the environment.'
const labels = 'No node has the labels that "nodeSelector" of the environment, or of its GPU pool, asks for: correct it.'
const taints =
  'Nodes with a taint are short of memory or disk, or not ready, which may pass; or they are kept for other work, and "tolerations" of the environment let pods in. "kubectl describe nodes" shows the taints.'
const unhelpful = 'preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.'
test.each([
  [`0/3 nodes are available: 1 Insufficient memory, 2 Insufficient cpu. ${unhelpful}`, [room]],
  ['0/1 nodes are available: 1 node(s) had untolerated taint(s). no new claims to deallocate.', [taints]],
  ['0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }.', [taints]],
  ["0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.", [labels]],
  ['0/4 nodes are available: 1 node(s) had untolerated taint {dedicated: gpu}, 3 Insufficient nvidia.com/gpu.', [room, taints]],
  ['0/2 nodes are available: 2 node(s) had volume node affinity conflict.', [volume]],
  ['0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims.', [volume]],
  ['0/1 nodes are available: 1 node(s) are haunted.', [room]],
  ['persistentvolumeclaim "data" not found', [volume]],
  ['0/1 nodes are available: 1 node(s) were unschedulable.', [taints]],
])('what to do about a pod that no node takes: %s', (message, advice) => {
  const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }]
  expect(stuck({ status: { phase: 'Pending', conditions } })).toMatchObject({
    why: `no node can take it: ${message.replace(/\.$/, '')}`,
    passing: !message.includes('not found'),
    advice: advice.join(' '),
  })
})
