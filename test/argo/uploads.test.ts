import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { S3Bucket } from '../../core/bucket/client.ts'
import { sendSource } from '../../core/bucket/transfer.ts'
import { scratch } from '../../core/testing.ts'
import { setting } from './setting.ts'

// What lies in the bucket under a digest has that digest, whatever happens to the file on its way.
test.each([
  ['in one request', 10],
  ['in parts', 40 * 2 ** 20],
])('a source that was changed after the plan was made is not sent: %s', async (_, size) => {
  const { bucket, environment } = await setting()
  const url = path.join(scratch(), 'genome.fa')
  const content = Buffer.alloc(size, 'ACGT')
  const sha256 = createHash('sha256').update(content).digest('hex')
  writeFileSync(url, content)
  const client = await S3Bucket.open(environment.bucket)
  const sent = () => [...bucket.objects.keys()].filter(key => key.includes('sources/'))
  content[size - 1] = 78
  writeFileSync(url, content)
  await expect(sendSource(client, { sha256, url })).rejects.toThrow(
    `${url} is no longer what it was when this run began: its content has changed. It was not sent to the bucket.`,
  )
  expect(sent()).toEqual([])
  content[size - 1] = 'ACGT'.charCodeAt((size - 1) % 4)
  writeFileSync(url, content)
  expect(await sendSource(client, { sha256, url })).toBe(true)
  expect(sent()).toEqual([expect.stringMatching(`sources/${sha256}$`)])
  expect([...bucket.objects.values()].find(each => each.length === size)?.equals(content)).toBe(true)
  client.close()
})
test('many requests at once listen to the signal that stops them, and Node warns nobody of a leak', async () => {
  const { environment } = await setting()
  const { signal } = new AbortController()
  const warned = vi.spyOn(process, 'emitWarning')
  const client = await S3Bucket.open(environment.bucket, process.env, { signal })
  await Promise.all(Array.from({ length: 40 }, (_, n) => client.put(`objects/${n}`, 'words')))
  expect(warned.mock.calls.filter(([warning]) => /listeners/.test(String(warning)))).toEqual([])
  client.close()
})
