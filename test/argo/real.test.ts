import { rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type ArgoEnvironment, environment as schema } from '../../core/environment.ts'
import { S3Bucket } from '../../core/targets/argo/bucket.ts'
import { examine } from '../../core/targets/argo/doctor.ts'
import { trial } from '../../core/targets/argo/trial.ts'
import { scratch } from '../../core/testing.ts'

// Against a real cluster that somebody names by hand: TRIREME_TEST_CONTEXT, with S3_ENDPOINT, S3_BUCKET and the keys of the bucket in
// AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. None is ever guessed.

const { TRIREME_TEST_CONTEXT: context, S3_ENDPOINT = '', S3_BUCKET = '' } = process.env
const real = test.runIf(context !== undefined)
if (context === undefined) console.info('Not run: tests against a real cluster. Name a context in TRIREME_TEST_CONTEXT.')
const settings = {
  target: 'argo',
  context,
  namespace: process.env.TRIREME_TEST_NAMESPACE ?? 'argo',
  serviceAccount: 'pipeline',
  hostNetwork: true,
  limits: { cpu: 1 },
  bucket: {
    endpoint: S3_ENDPOINT.replace(/^https?:\/\//, ''),
    name: S3_BUCKET,
    prefix: `test-${process.pid}`,
    insecure: !S3_ENDPOINT.startsWith('https:'),
    credentials: { secret: { name: 's3', accessKey: 'accessKey', secretKey: 'secretKey' } },
  },
}
const read = () => ({ name: 'real', ...schema.parse(settings) }) as ArgoEnvironment // its target is argo

real('the bucket keeps what it is given, in one part and in several, and forgets what is removed', async () => {
  const bucket = await S3Bucket.open(read().bucket)
  const file = `${scratch()}/large`
  const { writeFileSync } = await import('node:fs')
  const size = 40 * 2 ** 20
  writeFileSync(file, Buffer.alloc(size, 7))
  await bucket.put('small', 'words')
  await bucket.putFile('large', file, size)
  rmSync(file)
  expect((await bucket.read('small'))?.toString()).toBe('words')
  expect(await bucket.list('')).toEqual([
    { key: 'large', size },
    { key: 'small', size: 5 },
  ])
  let arrived = 0
  await bucket.stream('large', async chunks => {
    for await (const chunk of chunks) arrived += chunk.length
  })
  expect(arrived).toBe(size)
  expect(await bucket.read('other')).toBeUndefined()
  for (const key of ['small', 'large']) await bucket.remove(key)
  expect(await bucket.list('')).toEqual([])
  bucket.close()
})
real(
  'the doctor finds nothing to mend, and two steps run',
  async () => {
    const environment = read()
    const bad: string[] = []
    for await (const { state, name, found } of examine(environment)) if (state === 'bad') bad.push(`${name}: ${found}`)
    expect(bad).toEqual([])
    const image = process.env.TRIREME_TEST_IMAGE ?? 'localhost/trireme/reads:0.1.0'
    expect(await trial(environment, 'any', () => image)).toMatchObject({ state: 'ok' })
  },
  180_000,
)
