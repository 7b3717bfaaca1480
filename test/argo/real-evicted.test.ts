import { execFileSync } from 'node:child_process'
import { afterEach, expect } from 'vitest'
import type { Event } from '../../core/events.ts'
import { kind, mib, type Needs, run, step } from '../../core/index.ts'
import { Store } from '../../core/store/store.ts'
import { scratch } from '../../core/testing.ts'
import { environment, mark, ran, real } from './real-setting.ts'
import { contentOf, told } from './setting.ts'

// Kubelet ends pods: for the sake of its node, and for what they write. TRIREME_TEST_KUBELET names a program that starts the kubelet of the
// cluster's only node anew: with its own settings, and those of a KubeletConfiguration that it is given as JSON.

const { TRIREME_TEST_KUBELET: program } = process.env
const lacks = program === undefined ? 'TRIREME_TEST_KUBELET names no program' : undefined
const kubelet = (settings: object) => execFileSync(program!, [JSON.stringify(settings)], { stdio: ['ignore', 'inherit', 'inherit'] })
/** Without it no disk of the node is measured, and where disks are not, kubelet ends no pod for anything. */
const measured = { localStorageCapacityIsolation: true }
/** More than any machine has. A soft limit, since a hard one is first taken from what the node has to give: kubelet refuses to start with this. */
const pressure = {
  ...measured,
  evictionSoft: { 'memory.available': '100Ti' },
  evictionSoftGracePeriod: { 'memory.available': '1s' },
}
let changed = false
function kubeletWith(settings: object): void {
  changed = true
  kubelet(settings)
}
afterEach(() => {
  if (changed) kubelet({})
  changed = false
})
const text = kind('text', { extension: '.txt' })
/** Its words are its own, so that no other run has made them. */
const written = (words: string, script: string, needs: Partial<Needs> = {}) =>
  step({
    name: 'written',
    image: 'written',
    inputs: {},
    outputs: { made: text },
    needs: { cpu: 0.05, memory: mib(64), ...needs },
    command: ({ made }) => run('bash', '-c', `${script}; echo ${words} >"$1"`, 'step', made),
  })({}).made
const patient = { timeout: 400_000, lacks }
const low = /The node was low on resource: memory\. Threshold quantity: 100Ti, available: \S+\./

real('a node short of memory, and pods that may go there all the same: the third that is ended ends the step', patient, async () => {
  const words = `third-${mark}`
  const store = await Store.open(scratch())
  const at = environment({ tolerations: [{ key: 'node.kubernetes.io/memory-pressure', operator: 'Exists' }] })
  const results = () => ({ made: written(words, 'sleep 60') })
  const reasons: string[] = []
  const on = (event: Event) => {
    if (event.event === 'started' && !changed) kubeletWith(pressure)
    if (event.event === 'retried') reasons.push(event.reason)
  }
  const { failures } = await ran(results(), at, { store, on })
  console.info([...reasons, ...failures].join('\n'))
  expect(reasons).toEqual([expect.stringMatching(low), expect.stringMatching(low)])
  expect(failures).toEqual([expect.stringMatching(/^Step written could not be run: its pod was taken away again and again \(The node was/)])
  expect(failures[0]).toMatch(low)
  kubeletWith({})
  const again = await ran(results(), at, { store })
  expect([again.state, contentOf(again.results.made)]).toEqual(['succeeded', `${words}\n`])
})
real('a node short of memory for a while: what was ended waits for it, which is told, and ends well by itself', patient, async () => {
  const words = `while-${mark}`
  const heard: string[] = []
  const on = (event: Event) => {
    heard.push(told(event))
    if (event.event === 'started' && !changed) kubeletWith(pressure)
    if (event.event === 'progress' && event.text.includes('untolerated taint')) kubeletWith({})
  }
  const { state, results } = await ran({ made: written(words, 'sleep 60') }, environment(), { on })
  console.info(heard.join('\n'))
  expect([state, contentOf(results.made)]).toEqual(['succeeded', `${words}\n`])
  expect(heard).toContain('retried written 1')
  expect(heard).toContainEqual(expect.stringMatching(/^progress written: waits: no node can take it: .*untolerated taint/))
})
real('more written than a pod may: it is not tried again, and its needs.disk mends it', patient, async () => {
  kubeletWith(measured)
  const words = `disk-${mark}`
  const store = await Store.open(scratch())
  const filled = (disk: number) => ({ made: written(words, 'head -c 60M /dev/zero >large; sleep 60', { disk: mib(disk) }) })
  const { failures, told: heard } = await ran(filled(30), environment(), { store })
  console.info(failures.join('\n'))
  expect(heard.filter(line => line.startsWith('retried'))).toEqual([])
  expect(failures).toEqual([
    expect.stringMatching(
      /^Step written could not be run: it wrote more than its pod may \((Usage of EmptyDir volume|Pod ephemeral local storage).*Say in the step's needs\.disk/,
    ),
  ])
  const again = await ran(filled(200), environment(), { store })
  expect([again.state, contentOf(again.results.made)]).toEqual(['succeeded', `${words}\n`])
})
