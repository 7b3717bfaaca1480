import { createHash, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { S3Bucket } from '../../core/bucket/client.ts'
import type { BucketPatience } from '../../core/bucket/outages.ts'
import { bucket as schema } from '../../core/bucket/settings.ts'
import { scratch } from '../../core/testing.ts'
import { type FakeBucket, fakeBucket } from './fake-bucket.ts'
import { faultyProxy, type ProxyFault } from './faulty-proxy.ts'
import { fault } from './setting.ts'

// The client of a bucket whose store fails in passing: it asks again until it is answered, and gives up when it says that it does.

const close: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const each of close.splice(0)) await each()
})
const quick = { first: 300, outage: 10_000, stall: 1_500, pause: 100, untold: 100 }
const keys = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'of-a-test' }
async function behindProxy(patience: Partial<BucketPatience> = {}, signal?: AbortSignal) {
  const store = await fakeBucket()
  const proxy = await faultyProxy(store.endpoint)
  const settings = schema.parse({ endpoint: proxy.endpoint, name: 'bucket', prefix: '', insecure: true })
  const client = await S3Bucket.open(settings, keys, { patience: { ...quick, ...patience }, ...(signal && { signal }) })
  close.push(() => client.close(), proxy.close, store.close)
  return { store, proxy, client }
}
const large = randomBytes(17 * 2 ** 20)
const sum = createHash('sha256').update(large).digest('hex')
const file = path.join(scratch(), 'large')
writeFileSync(file, large)
const wholeOf = (client: S3Bucket, key: string) =>
  client.stream(key, async chunks => {
    const hash = createHash('sha256')
    for await (const chunk of chunks) hash.update(chunk)
    return hash.digest('hex')
  })
/** Each kind of request, and what must be so after it. */
const requests: Readonly<Record<string, (client: S3Bucket, store: FakeBucket) => Promise<void>>> = {
  GET: async (client, store) => {
    store.objects.set('large', large)
    expect(await wholeOf(client, 'large')).toBe(sum)
    expect(await client.read('missing')).toBeUndefined()
  },
  PUT: async (client, store) => {
    await client.put('small', 'words')
    await client.putFile('large', file, large.length, sum)
    expect(store.objects.get('small')?.toString()).toBe('words')
    expect(store.objects.get('large')?.equals(large)).toBe(true)
  },
  POST: async (client, store) => {
    await client.putFile('large', file, large.length, sum)
    expect(store.objects.get('large')?.equals(large)).toBe(true)
  },
  HEAD: async (client, store) => {
    store.objects.set('small', Buffer.from('words'))
    expect(await client.size('small')).toBe(5)
    expect(await client.size('missing')).toBeUndefined()
  },
  LIST: async (client, store) => {
    for (const key of ['a', 'b', 'c', 'd', 'e']) store.objects.set(key, Buffer.from(key))
    expect((await client.list('')).map(({ key }) => key)).toEqual(['a', 'b', 'c', 'd', 'e'])
  },
  DELETE: async (client, store) => {
    store.objects.set('small', Buffer.from('words'))
    await client.remove('small')
    expect([...store.objects.keys()]).toEqual([])
  },
}
const kinds: readonly ProxyFault['kind'][] = ['refused', 'reset', '502', '503', 'slow', 'cut', 'stalled']
test.each(kinds)('a store that fails for a moment (%s): every request is made again until it is answered', async kind => {
  await Promise.all(
    Object.entries(requests).map(async ([method, act]) => {
      const { store, proxy, client } = await behindProxy()
      proxy.fail({ kind, methods: [method], lasts: 300 })
      await act(client, store)
      expect([method, proxy.met.length > 0]).toEqual([method, true])
    }),
  )
})
test('a download that is cut goes on from where it was; one whose object was written anew begins again', async () => {
  const { store, proxy, client } = await behindProxy()
  store.objects.set('large', large)
  proxy.fail({ kind: 'cut', methods: ['GET'] })
  let sent = 0
  store.answered = bytes => {
    sent += bytes
  }
  expect(await wholeOf(client, 'large')).toBe(sum)
  expect(proxy.asked).toHaveLength(2)
  expect(sent).toBeLessThan(2 * large.length) // what was there was not sent again
  proxy.fail({ kind: 'cut', methods: ['GET'] })
  store.answered = () => store.objects.set('large', Buffer.from('another'))
  expect(await wholeOf(client, 'large')).toBe(createHash('sha256').update('another').digest('hex'))
})
test('an upload in parts that a request has ended whose answer was lost counts as done', async () => {
  const { store, proxy, client } = await behindProxy()
  proxy.fail({ kind: 'lost', methods: ['POST'], path: /uploadId/ })
  await client.putFile('large', file, large.length, sum)
  expect(proxy.asked.filter(each => /^POST .*uploadId/.test(each))).toHaveLength(2)
  expect(store.objects.get('large')?.equals(large)).toBe(true)
})
test('what does not pass is told at once, and a store that stays away once patience has ended', async () => {
  const { store, proxy, client } = await behindProxy({ outage: 400 })
  store.fault = { status: 403, code: 'AccessDenied' }
  expect(await fault(() => client.put('a', 'b'))).toMatch(/^ENVIRONMENT: It is not allowed to write a to the bucket "bucket"/)
  expect(proxy.asked).toHaveLength(1)
  store.fault = { status: 503, code: 'SlowDown' }
  expect(await fault(() => client.put('a', 'b'))).toMatch(
    /^ENVIRONMENT: Cannot write a to the bucket "bucket" at \S+: SlowDown it is \(SlowDown, status 503\)\. Give the same command again; it goes on from where it was\.$/,
  )
  expect(proxy.asked.length).toBeGreaterThan(3)
  store.fault = undefined
  proxy.fail({ kind: '502', lasts: 60_000 })
  expect(await fault(() => client.check())).toMatch(
    /^ENVIRONMENT: Cannot list the bucket "bucket" at \S+: it answers with 502 \(Unknown, status 502\)/,
  )
})
test.each([
  [507, 'XMinioStorageFull'],
  [400, 'XMinioAdminBucketQuotaExceeded'],
  [403, 'QuotaExceeded'],
  [507, 'InsufficientStorage'],
])('a full store (%s %s) is told at once, with what to do', async (status, code) => {
  const { store, proxy, client } = await behindProxy()
  store.fault = { status, code }
  expect(await fault(() => client.put('a', 'b'))).toBe(
    `ENVIRONMENT: The bucket "bucket" at ${proxy.endpoint} is full: ${code} it is (${code}). Free some of its space, or have its quota raised, and give the same command again; it goes on from where it was.`,
  )
  expect(proxy.asked).toHaveLength(1)
})
test.each(['503', 'stalled'] as const)('whoever asks to stop does not wait for a store (%s)', async kind => {
  const stop = new AbortController()
  const { proxy, client } = await behindProxy({ outage: 3_600_000, pause: 3_600_000, stall: 3_600_000 }, stop.signal)
  proxy.fail({ kind, lasts: 3_600_000 })
  const waiting = fault(() => client.read('a'))
  while (proxy.met.length < (kind === '503' ? 3 : 1)) await new Promise(done => setTimeout(done, 20))
  stop.abort()
  expect(await waiting).toBe('CANCELLED: Stopped.')
})
