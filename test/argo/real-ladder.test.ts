import { once } from 'node:events'
import net from 'node:net'
import { expect } from 'vitest'
import { kind, mib, run, step } from '../../core/index.ts'
import type { Resource } from '../../core/kubernetes/client.ts'
import { type LiveWorkflow, workflowNodes } from '../../core/targets/argo/follow/status.ts'
import { clusterOf, environment, ran, real } from './real-setting.ts'

// Which memory pods ask for, when they are really killed for want of it and really taken away. Each step asks this test what is to become of it, and
// waits for the answer: pods share the network of their node, which is this machine.

const text = kind('text', { extension: '.txt' })
const memory = [mib(64), mib(128), mib(256)] as const
/**
 * What becomes of the attempts, K killed, L lost, - left alone; and the memory of each in MiB. Argo knows only the attempt before: after a
 * loss it begins with the first rung. Two losses it bears; then the client, which has seen them all, goes on from the rung that is known.
 */
const fates = {
  '-': [64],
  'L-': [64, 64],
  'LL-': [64, 64, 64],
  LLL: [64, 64, 64],
  'K-': [64, 128],
  'KK-': [64, 128, 256],
  KKK: [64, 128, 256],
  'LK-': [64, 64, 128],
  'KL-': [64, 128, 64],
  'KLK-': [64, 128, 64, 128],
  'KKL-': [64, 128, 256, 256],
  'LLK-': [64, 64, 64, 128],
  'LKL-': [64, 64, 128, 128],
  'KLKL-': [64, 128, 64, 128, 128],
  LLKL: [64, 64, 64, 128],
}
type Fate = keyof typeof fates
const full = process.env.TRIREME_TEST_LADDER === 'full'
const names = (full ? [1, 2, 3] : [1]).flatMap(n =>
  (Object.keys(fates) as Fate[])
    .filter(fate => full || /^(LL-|LLL|KKK|LK-|KL-|KKL-)$/.test(fate))
    .map(fate => ({ fate, name: wordOf(fate, n) })),
)
/** A name that a step may have, and a pod. */
function wordOf(fate: string, n: number): string {
  return `${fate.toLowerCase().replace('-', 'e')}${n}`
}
const asked = (name: string, port: number) =>
  step({
    name,
    image: name, // so that no two share a pod
    inputs: {},
    outputs: { made: text },
    needs: { cpu: 0.05, memory },
    command: ({ made }) =>
      run(
        'bash',
        '-c',
        'exec 3<>"/dev/tcp/127.0.0.1/$1"; echo "$2" >&3; read -r fate <&3; [ "$fate" = - ] || exec awk \'BEGIN { s = "x"; while (1) s = s s }\'; echo well >"$3"',
        'step',
        String(port),
        name,
        made,
      ),
  })({}).made

const pause = () => new Promise<void>(done => setTimeout(done, 1000))
interface Pods extends Resource {
  readonly items: readonly (Resource & {
    readonly spec: {
      readonly containers: readonly { readonly name: string; readonly resources: { readonly limits: { readonly memory: string } } }[]
    }
    readonly status?: { readonly phase?: string }
  })[]
}
real('memory climbs for the kills only, whatever else happens', { timeout: 900_000 }, async () => {
  const at = environment()
  const cluster = await clusterOf(at)
  const given = new Map(names.map(({ name }) => [name, [] as number[]]))
  const seen = new Set<string>()
  /** Steps of which the controller made a pod once more, without counting it: it had not seen it run. */
  const uncounted = new Set<string>()
  const faults: unknown[] = []
  /** The pod of a step that was not seen before, once it is known to run. */
  const latest = async (name: string) => {
    for (;;) {
      const { items } = await cluster.get<Pods>(cluster.path('pods'))
      const own = ({ metadata = {}, status }: Pods['items'][number]) =>
        metadata.name?.includes(`-${name}-`) && status?.phase === 'Running' && !seen.has(metadata.uid ?? '')
      const found = items.find(own)
      if (found) return found
      await pause()
    }
  }
  const isRunning = async ({ metadata }: Resource) => {
    const { 'workflows.argoproj.io/node-id': id = '' } = metadata?.annotations ?? {}
    const place = cluster.path('workflows', metadata?.labels?.['workflows.argoproj.io/workflow'])
    while (workflowNodes(await cluster.get<LiveWorkflow>(place)).find(node => node.id === id)?.phase !== 'Running') await pause()
  }
  /** Decides over one attempt. */
  const decide = async (name: string, socket: net.Socket) => {
    const { fate } = names.find(each => each.name === name)!
    const pod = await latest(name)
    const { uid = '', name: podName = '' } = pod.metadata ?? {}
    if (seen.has(podName)) uncounted.add(name)
    seen.add(uid).add(podName)
    const mine = given.get(name)!
    const next = fate[mine.length] ?? '-'
    mine.push(Number.parseInt(pod.spec.containers.find(({ name }) => name === 'main')!.resources.limits.memory, 10))
    if (next !== 'L') return socket.write(`${next}\n`)
    await isRunning(pod)
    // By turns with a time to end well, and without.
    await cluster.ask('DELETE', cluster.path('pods', podName), { body: { gracePeriodSeconds: mine.length % 2 === 0 ? 0 : 20 } })
  }
  const server = net.createServer(socket => {
    socket.on('error', () => {})
    socket.once('data', data => decide(String(data).trim(), socket).catch(cause => faults.push(cause)))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as net.AddressInfo
  const results = Object.fromEntries(names.map(({ name }) => [name, asked(name, port)]))
  const { failures, told } = await ran(results, at).finally(() => server.close())
  expect(faults).toEqual([])
  for (const [name, [...rungs]] of given) {
    const { fate } = names.find(each => each.name === name)!
    const kills = rungs.map((_, n) => [...fate.slice(0, n)].filter(each => each === 'K').length)
    expect(rungs.filter((memory, n) => memory > 64 * 2 ** kills[n]!)).toEqual([]) // whatever happens, no rung without a kill
  }
  const counted = names.filter(({ name }) => !uncounted.has(name))
  const exact = counted.map(({ fate, name }) => [name, fates[fate]])
  expect(Object.fromEntries([...given].filter(([name]) => !uncounted.has(name)))).toEqual(Object.fromEntries(exact))
  for (const { fate, name } of counted) {
    const lost = `Step ${name} could not be run: its pod was taken away again and again`
    const killed = `Step ${name} ran out of memory (256 MiB granted). Add a higher rung`
    const expected = fate === 'KKK' ? killed : fate.endsWith('L') ? lost : undefined
    if (expected === undefined) expect(told).toContain(`succeeded ${name}`)
    else expect(failures.filter(each => each.startsWith(expected))).toHaveLength(1)
  }
  const count = (fate: string) => names.flatMap(each => [...each.fate]).filter(each => each === fate).length
  console.info(
    `${count('L')} pods lost and ${count('K')} killed for memory, of ${names.length} steps; ${uncounted.size} had a pod that was not counted`,
  )
})
