import { createHash } from 'node:crypto'
import { createWriteStream, mkdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { TriremeError } from '../errors.ts'
import type { StepNode } from '../graph/node.ts'
import { removeTree } from '../left-behind.ts'
import { collectOutputs } from '../run/collect-outputs.ts'
import { OutputFolders } from '../run/output-folders.ts'
import type { Entry, StepRecord } from '../store/record.ts'
import type { Store } from '../store/store.ts'
import { type BucketFile, type BucketRecord, bucketRecord, readRecord, recordText } from './bucket-record.ts'
import type { S3Bucket } from './client.ts'

const objectKey = (key: string, name = 'record.json') => `entries/${key}/${name}`
const objectOf = (file: BucketFile) => file.file ?? file.name

/**
 * An entry of the bucket, if it is whole: its record can be read, and every file that it names has the size that it says. A record alone
 * proves nothing, since the outputs of stopped pods are uploaded, too.
 */
export async function findStored(bucket: S3Bucket, key: string): Promise<BucketRecord | undefined> {
  const text = await bucket.read(objectKey(key))
  const record = text && readRecord(text.toString('utf8'))
  if (!record || record.key !== key) return undefined
  const files = Object.values(record.outputs).flat()
  if (files.length === 0) return record
  const there = new Map((await bucket.list(objectKey(key, ''))).map(({ key, size }) => [key, size]))
  return files.every(file => there.get(objectKey(key, objectOf(file))) === file.size) ? record : undefined
}
/**
 * Uploads an entry of this machine's store into the bucket, as a pod would have left it: its record last, so that it counts only when all
 * is there. Files that are there already, of the same size, are not sent again.
 */
export async function sendEntry(bucket: S3Bucket, key: string, { folder, record }: Entry, node: StepNode): Promise<void> {
  const sent = { ...bucketRecord(record, node.step.outputs), key } // it may be used for another key
  const there = new Map((await bucket.list(objectKey(key, ''))).map(({ key, size }) => [key, size]))
  await Promise.all(
    Object.values(sent.outputs)
      .flat()
      .filter(file => there.get(objectKey(key, objectOf(file))) !== file.size)
      .map(file => bucket.putFile(objectKey(key, objectOf(file)), path.join(folder, file.name), file.size, file.sha256)),
  )
  await bucket.put(objectKey(key), recordText(sent))
}
/**
 * Downloads an entry of the bucket into this machine's store: digests are compared as the bytes arrive, then everything is checked as if the
 * step had run here, its kinds' probes included, and published by one rename.
 * @param logOf what the step wrote to its standard error, where it is known
 */
export async function fetchEntry(
  bucket: S3Bucket,
  store: Store,
  record: StepRecord,
  found: BucketRecord,
  at: { readonly node: StepNode; readonly folder: string; readonly log: Buffer | undefined },
): Promise<Entry> {
  const { key, label } = record
  const out = path.join(at.folder, 'out')
  for (const left of [at.folder, `${at.folder}.entry`]) removeTree(left)
  mkdirSync(at.folder, { recursive: true })
  const folders = new OutputFolders(at.folder, at.node.step)
  try {
    await Promise.all(
      Object.values(found.outputs)
        .flat()
        .map(file => fetchFile(bucket, key, file, out, label)),
    )
    writeFileSync(folders.log, at.log ?? '')
    const outputs = await collectOutputs(at.node, label, { folder: at.folder, outputs: folders, input: () => undefined })
    return await store.publish(folders.entryPath, { ...record, outputs })
  } catch (cause) {
    if (cause instanceof TriremeError && cause.code === 'STEP') await bucket.remove(objectKey(key)) // it runs again when it is next needed
    throw cause
  } finally {
    folders.end()
    removeTree(at.folder)
  }
}
async function fetchFile(bucket: S3Bucket, key: string, file: BucketFile, out: string, label: string): Promise<void> {
  const to = path.join(out, file.name)
  if (path.relative(out, to).startsWith('..') || path.isAbsolute(file.name))
    throw new TriremeError(
      'ENVIRONMENT',
      `The record of ${label} in the bucket names a file outside of its folder: ${file.name}. Nothing was written. Check who else writes to this bucket.`,
    )
  const sha256 = await bucket.stream(objectKey(key, objectOf(file)), async chunks => {
    const hash = createHash('sha256')
    await pipeline(
      chunks,
      async function* (all) {
        for await (const chunk of all) {
          hash.update(chunk)
          yield chunk
        }
      },
      createWriteStream(to),
    )
    return hash.digest('hex')
  })
  if (sha256 === file.sha256 && statSync(to).size === file.size) return
  await bucket.remove(objectKey(key))
  throw new TriremeError(
    'ENVIRONMENT',
    `The file ${file.name} of ${label} is not what its record in the bucket says: it changed there or on its way. The entry was taken away; the same command makes it again.`,
  )
}
/** Uploads objects that are not there yet. Their names are their digests, so those that are there are the same. */
export async function sendContent(bucket: S3Bucket, key: string, content: string | Uint8Array): Promise<boolean> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  if ((await bucket.size(key)) === bytes.length) return false
  await bucket.put(key, bytes)
  return true
}
/** A user's file, under its digest. */
export async function sendSource(bucket: S3Bucket, { sha256, url }: { readonly sha256: string; readonly url: string }): Promise<boolean> {
  const { size } = statSync(url)
  if ((await bucket.size(`sources/${sha256}`)) === size) return false
  await bucket.putFile(`sources/${sha256}`, url, size, sha256)
  return true
}
