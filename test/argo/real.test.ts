import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { expect } from 'vitest'
import { S3Bucket } from '../../core/bucket/client.ts'
import type { Event } from '../../core/events.ts'
import { run, step } from '../../core/index.ts'
import { examineCluster } from '../../core/targets/argo/setup/doctor.ts'
import { setupObjects } from '../../core/targets/argo/setup/setup.ts'
import { trial } from '../../core/targets/argo/setup/trial.ts'
import { scratch } from '../../core/testing.ts'
import { during, image, mark, namespace, ran, environment as read, real } from './real-setting.ts'
import { needs, text } from './setting.ts'

real('the bucket keeps what it is given, in one part and in several, and forgets what is removed', async () => {
  const bucket = await S3Bucket.open(read().bucket)
  const file = `${scratch()}/large`
  const { writeFileSync } = await import('node:fs')
  const size = 40 * 2 ** 20
  const content = Buffer.alloc(size, 7)
  writeFileSync(file, content)
  await bucket.put('small', 'words')
  await bucket.putFile('large', file, size, createHash('sha256').update(content).digest('hex'))
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
real('the doctor finds nothing to mend, and two steps run', { timeout: 180_000 }, async () => {
  const environment = read()
  const bad: string[] = []
  for await (const { state, name, found } of examineCluster(environment)) if (state === 'bad') bad.push(`${name}: ${found}`)
  expect(bad).toEqual([])
  expect(await trial(environment, 'any', () => image)).toMatchObject({ state: 'ok' })
})
real('pods find the bucket by an artifact repository of the namespace, which the doctor reads, too', { timeout: 300_000 }, async () => {
  const own = read({ artifactRepositoryRef: { configMap: `trireme-${mark}`, key: 'bucket' } })
  const map = setupObjects(own, []).find(it => (it as { readonly kind: string }).kind === 'ConfigMap')
  await during(`/api/v1/namespaces/${namespace}/configmaps`, map as { readonly metadata: { readonly name: string } })
  const found: string[] = []
  for await (const { state, name, needed } of examineCluster(own)) if (name === 'bucket of pods') found.push(`${state}: ${needed}`)
  expect(found).toEqual([`ok: ${own.bucket.name}, by ConfigMap trireme-${mark}`])
  expect(await trial(own, 'any', () => image)).toMatchObject({ state: 'ok' })
})
real('what a step in a pod says of its progress is heard while it runs, its last words with its end', { timeout: 300_000 }, async () => {
  const said = [`printf '::progress {"text": "one of two", "share": 0.5}\\n' >&2`, 'sleep 30']
  const script = [...said, `printf '::progress {"text": "two of two", "share": 1}\\n' >&2`, 'printf x >"$1"'].join('; ')
  const slow = step({
    ...{ name: 'slow', image: 'any', inputs: {}, outputs: { made: text }, needs },
    command: ({ made }) => run('bash', '-euc', script, 'step', made),
  })
  const heard: number[] = []
  const on = (event: Event) => {
    if (event.event === 'progress' && event.share !== undefined) heard.push(event.share, Date.parse(event.at))
    if (event.event === 'succeeded') heard.push(Date.parse(event.at))
  }
  const { state, failures } = await ran(slow({}), read(), { on })
  expect([state, failures]).toEqual(['succeeded', []])
  const [first, early, second, late, end] = heard
  expect([first, second]).toEqual([0.5, 1])
  expect(late! - early!).toBeGreaterThan(10_000) // the step sleeps longer than a client that looks every few seconds needs
  expect(end).toBeGreaterThanOrEqual(late!)
})
