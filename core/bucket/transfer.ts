import { createHash } from 'node:crypto'
import { createWriteStream, mkdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { TriremeError } from '../errors.ts'
import type { StepNode } from '../graph/node.ts'
import { removeTree } from '../left-behind.ts'
import { notice } from '../notices.ts'
import { collectOutputs } from '../run/collect-outputs.ts'
import { OutputFolders } from '../run/output-folders.ts'
import type { Entry, StepRecord } from '../store/record.ts'
import type { Store } from '../store/store.ts'
import { type BucketFile, type BucketRecord, bucketRecord, readRecord, recordText } from './bucket-record.ts'
import type { S3Bucket } from './client.ts'

const objectKey = (key: string, name = 'record.json') => `entries/${key}/${name}`
const objectOf = (file: BucketFile) => file.file ?? file.name

/** An entry of the bucket: its record where all of it is there, else what is wrong. */
export type Stored = { readonly record: BucketRecord; readonly fault?: undefined } | { readonly record?: undefined; readonly fault: string }
/**
 * An entry is whole if its record can be read, and every file that it names has the size that it says. A record alone proves nothing: outputs of
 * stopped pods are uploaded, too, and Argo goes on with the next file when one could not be uploaded.
 * @returns undefined where there is no record
 */
export async function findStored(bucket: S3Bucket, key: string): Promise<Stored | undefined> {
  const text = await bucket.read(objectKey(key))
  if (!text) return undefined
  const wrong = (name: string, what: string) => ({ fault: `${objectKey(key, name)} in the bucket ${what}` })
  const record = readRecord(text.toString('utf8'))
  if (!record) return wrong('record.json', 'is cut off, or changed')
  if (record.key !== key) return wrong('record.json', 'is that of another entry')
  const files = Object.values(record.outputs).flat()
  if (files.length === 0) return { record }
  const there = new Map((await bucket.list(objectKey(key, ''))).map(({ key, size }) => [key, size]))
  for (const file of files) {
    const size = there.get(objectKey(key, objectOf(file)))
    if (size === undefined) return wrong(objectOf(file), 'is gone')
    if (size !== file.size) return wrong(objectOf(file), `has ${size} bytes, and should have ${file.size}`)
  }
  return { record }
}
/** Takes an object of the bucket away; of an entry, its record, without which it is not there for anybody, and is made or sent again. */
export async function takeAway(bucket: S3Bucket, object: string): Promise<void> {
  const key = entryOf(object)
  await bucket.remove(key === undefined ? object : objectKey(key))
}
/** Key of the entry that an object belongs to. */
export const entryOf = (object: string): string | undefined => /^entries\/([0-9a-f]{64})\//.exec(object)?.[1]
/**
 * Uploads an entry of this machine's store into the bucket, as a pod would have left it: its record last, so that it counts only when all
 * is there. What lies there already is not trusted: a file of the same size may be of another run, or damaged.
 */
export async function sendEntry(bucket: S3Bucket, key: string, { folder, record }: Entry, node: StepNode): Promise<void> {
  const sent = { ...bucketRecord(record, node), key } // it may be used for another key
  await Promise.all(
    Object.values(sent.outputs)
      .flat()
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
    `The file ${file.name} of ${label} is not what its record in the bucket says (${objectKey(key, objectOf(file))}): it changed there or on its way. The entry was taken away; the same command makes it again.`,
  )
}
/** Uploads an object unless it is there already, byte for byte: pods run what it holds. */
export async function sendContent(bucket: S3Bucket, key: string, content: string | Uint8Array): Promise<boolean> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  const there = await bucket.read(key)
  if (there?.equals(bytes)) return false
  if (there) tellDamage(bucket, key)
  await bucket.put(key, bytes)
  return true
}
/** Removes what lies of an entry in the bucket, uploads that nobody has ended among it, but for one that is whole. */
export async function removeUnlessWhole(bucket: S3Bucket, key: string): Promise<void> {
  if ((await findStored(bucket, key))?.record) return
  await bucket.remove(objectKey(key)) // first: no pod takes the rest for whole
  await bucket.abortUploads(objectKey(key, ''))
  for (const { key: object } of await bucket.list(objectKey(key, ''))) await bucket.remove(object)
}
/** A user's file, under its digest. Whether its bytes are right too is seen by the pods that read it. */
export async function sendSource(bucket: S3Bucket, { sha256, url }: { readonly sha256: string; readonly url: string }): Promise<boolean> {
  const { size } = statSync(url)
  const key = `sources/${sha256}`
  const there = await bucket.size(key)
  if (there === size) return false
  if (there !== undefined) tellDamage(bucket, key)
  await bucket.putFile(key, url, size, sha256)
  return true
}
/** Says that an object which only this machine can bring is sent anew. */
export function tellDamage({ settings: { name, prefix } }: S3Bucket, key: string): void {
  notice(`The object ${prefix === '' ? '' : `${prefix}/`}${key} of the bucket "${name}" was damaged, and is sent again.`)
}
