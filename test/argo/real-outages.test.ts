import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { S3Bucket } from '../../core/bucket/client.ts'
import type { Event } from '../../core/events.ts'
import { mib, run, step } from '../../core/index.ts'
import { Store } from '../../core/store/store.ts'
import { scratch } from '../../core/testing.ts'
import { type FaultyProxy, faultyProxy, type ProxyFault } from './faulty-proxy.ts'
import { environment, mark, ran, real } from './real-setting.ts'
import { text } from './setting.ts'

// Pods and client both reach the bucket through a proxy that fails, in each phase of a run: the bytes are those of a run that nothing disturbed,
// by itself or after the same command, and nothing is left in the bucket that does not heal. All with TRIREME_OUTAGES=all, else a few.

/** Which requests of which phase fail. */
const phases: Readonly<Record<string, Pick<ProxyFault, 'methods' | 'path'>>> = {
  'what pods need is sent': { methods: ['PUT'], path: /\/objects\// },
  'what pods need is looked for': { methods: ['HEAD'], path: /\/objects\// },
  'a pod loads': { methods: ['GET'], path: /\/objects\// },
  'a pod loads what another made': { methods: ['GET'], path: /\/entries\/.*made\.txt/ },
  'a pod stores what it made': { methods: ['PUT'], path: /\/entries\/.*made\.txt/ },
  'a pod stores a record': { methods: ['PUT'], path: /\/entries\/.*record\.json/ },
  'a pod stores its report': { methods: ['PUT'], path: /\/runs\// },
  'entries are listed': { methods: ['LIST'], path: /entries/ },
  'records are read': { methods: ['GET'], path: /record\.json/ },
  'the client reads reports': { methods: ['GET'], path: /\/runs\// },
  'everything, from the first request on': {},
  'everything, while a step runs': {},
}
const all = Object.keys(phases).filter(name => !name.startsWith('everything'))
const long = [1, 5, 20, 50]
/** Every phase with each kind of fault, for as long as comes next; then everything at once, for up to four minutes. */
const many = [
  ...(['502', '503', 'cut', 'slow', 'reset'] as const).flatMap((kind, k) =>
    all.map((phase, n) => ({ kind, phase, seconds: long[(n + k) % 4]! })),
  ),
  ...(['refused', '503', 'cut', 'slow'] as const).flatMap(kind =>
    [2, 30, 75, 240].map(seconds => ({ kind, phase: 'everything, while a step runs', seconds })),
  ),
  ...(['refused', '503', 'cut', 'stalled'] as const).flatMap(kind =>
    [4, 40].map(seconds => ({ kind, phase: 'everything, from the first request on', seconds })),
  ),
]
const few = [
  { kind: '503', phase: 'a pod stores what it made', seconds: 50 },
  { kind: 'cut', phase: 'a pod loads what another made', seconds: 5 },
  { kind: 'refused', phase: 'everything, while a step runs', seconds: 20 },
  { kind: '502', phase: 'records are read', seconds: 20 },
] as const
const named = (process.env.TRIREME_OUTAGES ?? '').split(',')
const combinations = named[0] === '' ? few : named[0] === 'all' ? many : many.filter((_, n) => named.includes(String(n)))

const script = (words: string) => `for i in {1..4000}; do echo "${words} $i of a file that is not small"; done >"$1"`
const make = (name: string, more: object = {}) => ({
  ...{ name, image: name, outputs: { made: text }, needs: { cpu: 0.1, memory: mib(64) } },
  ...more,
})
const first = step({ ...make('first'), inputs: {}, command: ({ made }) => run('bash', '-euc', script('first'), 'step', made) })
/** No two calls of one step share a pod, so that one loads what another made. */
const next = step({
  ...make('next'),
  inputs: { from: text },
  command: ({ from, made }) => run('bash', '-euc', `${script('next')}; cat "$2" >>"$1"`, 'step', made, from),
})
function results() {
  const second = next({ from: first({}).made }).made
  return { second, third: next({ from: second }).made }
}
type Made = { readonly [name in 'second' | 'third']: { readonly path: string } | undefined }
const sumOf = (made: Made) =>
  [made.second, made.third].map(file => (file ? createHash('sha256').update(readFileSync(file.path)).digest('hex') : 'none'))
const patient = { timeout: 300_000 }
const at = (prefix: string, endpoint?: string) => {
  const { bucket } = environment()
  return environment({ bucket: { ...bucket, prefix: `test-${mark}/${prefix}`, ...(endpoint !== undefined && { endpoint }) } })
}
let told = 0
/** @returns how the run came to its bytes, and how the next one, in a new store, did */
async function tried(n: number, { kind, phase, seconds }: (typeof many)[number] | (typeof few)[number], expected: readonly string[]) {
  const proxy: FaultyProxy = await faultyProxy(environment().bucket.endpoint)
  const began = performance.now()
  let how = ''
  try {
    const fail = () => proxy.fail({ kind, ...phases[phase], lasts: seconds * 1000 })
    const whenStarted = phase.endsWith('while a step runs')
    let started = false
    const on = ({ event }: Event) => {
      if (event === 'started' && whenStarted && !started) fail()
      started ||= event === 'started'
    }
    if (!whenStarted) fail()
    const store = await Store.open(scratch())
    for (let times = 1; times <= 4; times++) {
      const done = await ran(results(), at(`outage-${n}`, proxy.endpoint), { store, on }).catch((cause: unknown) => String(cause))
      const why = typeof done === 'string' ? done : done.failures.join('; ')
      how += `${times > 1 ? ', then ' : ''}${typeof done !== 'string' && done.state === 'succeeded' ? 'well' : `failed: ${why.slice(0, 300)}`}`
      if (typeof done === 'string' || done.state !== 'succeeded') {
        while (performance.now() - began < seconds * 1000 + 10_000) await new Promise(done => setTimeout(done, 1_000)) // people wait, too
        continue
      }
      if (sumOf(done.results).join() !== expected.join()) how += ', with other bytes'
      break
    }
    const fresh = await ran(results(), at(`outage-${n}`)).catch((cause: unknown) => String(cause))
    const healed = typeof fresh !== 'string' && sumOf(fresh.results).join() === expected.join()
    return { n, kind, phase, seconds, met: proxy.met.length, how, healed, took: Math.round((performance.now() - began) / 1000) }
  } finally {
    await proxy.close()
    told++
  }
}
real(
  'a bucket that is full is told at once, and holds nothing by halves; once there is room, the same command goes on',
  patient,
  async () => {
    const proxy = await faultyProxy(environment().bucket.endpoint)
    try {
      proxy.fail({ kind: 'full', methods: ['PUT', 'POST'], path: /\/entries\/.*record\.json/, lasts: 3_600_000 })
      const store = await Store.open(scratch())
      const there = at('full', proxy.endpoint)
      const began = Date.now()
      const { failures } = await ran(first({}), there, { store })
      expect(failures).toEqual([
        expect.stringMatching(
          /^Step first (ended well, but what it made cannot be stored\. The bucket "[^"]+" at \S+ is full|could not be run: the bucket is full)/,
        ),
      ])
      console.log(`${failures[0]}\n${Math.round((Date.now() - began) / 1000)} s`)
      const bucket = await S3Bucket.open(at('full').bucket)
      expect(await bucket.list('entries/')).toEqual([])
      bucket.close()
      proxy.fail({ kind: '502', lasts: 1 })
      expect((await ran(first({}), there, { store })).state).toBe('succeeded')
    } finally {
      await proxy.close()
    }
  },
)
real('a bucket that fails for a while, in each phase of a run', { timeout: 3_600_000 }, async () => {
  const undisturbed = await ran(results(), at('undisturbed'))
  expect(undisturbed.state).toBe('succeeded')
  const expected = sumOf(undisturbed.results)
  const rest = [...combinations.entries()]
  const found: Awaited<ReturnType<typeof tried>>[] = []
  const worker = async () => {
    for (let next = rest.shift(); next; next = rest.shift()) {
      const one = await tried(next[0], next[1], expected)
      found.push(one)
      console.log(JSON.stringify(one))
    }
  }
  await Promise.all(Array.from({ length: Number(process.env.TRIREME_OUTAGES_AT_ONCE ?? 4) }, worker))
  const bad = found.filter(({ how, healed }) => !/(^|, then )well$/.test(how) || !healed)
  expect(bad).toEqual([])
  expect(found.map(({ met }) => met).filter(met => met === 0)).toEqual([]) // each of them was hit
  console.log(`${found.length} combinations: ${found.filter(({ how }) => how === 'well').length} by themselves, ${told} tried`)
})
