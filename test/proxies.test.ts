import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { useProxies } from '../cli/machine/proxies.ts'
import { S3Bucket } from '../core/bucket/client.ts'
import { bucket as schema } from '../core/bucket/settings.ts'
import { type FakeBucket, fakeBucket } from './argo/fake-bucket.ts'

// Clusters, buckets and archives are reached through the proxy that HTTPS_PROXY and HTTP_PROXY name, but for what NO_PROXY names; how clusters
// are is in argo/credentials.test.ts. Engines of containers, npm and conda read these variables themselves.

let [bucket, proxy]: [FakeBucket, string] = [undefined as never, '']
const asked: string[] = []
/** Leads every tunnel to the bucket, whatever host is asked for. */
const tunnels = http.createServer().on('connect', ({ url, headers }, socket) => {
  asked.push(`${url} ${headers['proxy-authorization'] ?? ''}`.trim())
  const [host, port] = bucket.endpoint.split(':')
  const there = net.connect(Number(port), host, () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    there.pipe(socket).pipe(there)
  })
  for (const end of [there, socket]) end.on('error', () => [there, socket].map(each => each.destroy()))
})
beforeAll(async () => {
  bucket = await fakeBucket('results')
  await new Promise<void>(done => tunnels.listen(0, '127.0.0.1', done))
  proxy = `127.0.0.1:${(tunnels.address() as AddressInfo).port}`
})
afterEach(() => void asked.splice(0))
afterAll(async () => {
  tunnels.close()
  await bucket.close()
})
const keys = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'of-a-test' }
const open = (environment: NodeJS.ProcessEnv) =>
  S3Bucket.open(
    schema.parse({ endpoint: 's3.example.invalid:9000', name: 'results', insecure: true }),
    { ...keys, ...environment },
    { patience: { outage: 0 } },
  )
async function used(environment: NodeJS.ProcessEnv): Promise<string> {
  const there = await open(environment)
  try {
    await there.put('a', 'of a bucket')
    return String(await there.read('a'))
  } finally {
    there.close()
  }
}
test('a bucket, by HTTP_PROXY, with the user that it names', async () => {
  expect(await used({ HTTP_PROXY: `http://ada:s3cr%2Ft@${proxy}` })).toBe('of a bucket')
  expect(asked[0]).toBe(`s3.example.invalid:9000 Basic ${Buffer.from('ada:s3cr/t').toString('base64')}`)
})
test('a bucket that NO_PROXY names is reached without', async () => {
  await expect(used({ http_proxy: `http://${proxy}`, NO_PROXY: 'other, .example.invalid' })).rejects.toThrow(
    'Cannot reach the bucket "results" at s3.example.invalid:9000: getaddrinfo',
  )
  expect(asked).toEqual([])
})
test('a proxy that is none is told, and not what it may hold', async () => {
  await expect(open({ HTTP_PROXY: 'socks5://ada:canary-of-proxy@proxy:1080' })).rejects.toThrow(
    'The bucket "results" is reached through the proxy that HTTPS_PROXY or HTTP_PROXY names, and that is no address such as http://proxy.example.org:3128. Correct it, or name s3.example.invalid in NO_PROXY.',
  )
})
test('an archive, by fetch', async () => {
  bucket.objects.set('image.png', Buffer.from('of an archive'))
  await useProxies({ NO_PROXY: 'other.example.invalid', http_proxy: proxy })
  expect(await (await fetch('http://archive.example.invalid/results/image.png')).text()).toBe('of an archive')
  expect(asked).toEqual(['archive.example.invalid:80'])
  await expect(fetch('http://other.example.invalid/results/image.png')).rejects.toThrow('fetch failed')
  expect(await (await fetch(`http://${bucket.endpoint}/results/image.png`)).text()).toBe('of an archive') // this machine itself
  expect(asked).toHaveLength(1)
  await useProxies({ http_proxy: 'socks5://proxy:1080' })
  await expect(fetch('http://archive.example.invalid/x')).rejects.toMatchObject({
    cause: {
      message:
        'HTTPS_PROXY or HTTP_PROXY names a proxy that is no address such as http://proxy.example.org:3128. Correct it, or name the server in NO_PROXY.',
    },
  })
})
