import { createHash } from 'node:crypto'
import { createWriteStream, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { TriremeError } from '../../errors.ts'
import type { Usage } from '../../events.ts'
import { fileOf, suffixesOf } from '../../kind.ts'
import type { StepNode } from '../../node.ts'
import { harvest } from '../../run/harvest.ts'
import { logName } from '../../run/work.ts'
import type { OutputFile, StepRecord } from '../../store/record.ts'
import type { Entry, Store } from '../../store/store.ts'
import type { Bucket } from './bucket.ts'

/** A file of an entry in the bucket: `name` is what the step called it, `file` where it lies, for one of a list. */
export interface StoredFile extends OutputFile {
  readonly file?: string
}
/** `entries/KEY/record.json`: what the pod that made it wrote. */
export interface StoredRecord {
  readonly format: 1
  readonly key: string
  readonly step: string
  readonly outputs: Readonly<Record<string, readonly StoredFile[]>>
  readonly attempt: number
  readonly started: string
  readonly seconds: number
  readonly usage?: Usage
  readonly host: StepRecord['host']
}
const placeOf = (key: string, name = 'record.json') => `entries/${key}/${name}`
const objectOf = (file: StoredFile) => file.file ?? file.name

/**
 * An entry of the bucket, if it is whole: its record can be read, and every file that it names has the size that it says. A record alone
 * proves nothing, since the outputs of stopped pods are uploaded, too.
 */
export async function findStored(bucket: Bucket, key: string): Promise<StoredRecord | undefined> {
  const text = await bucket.read(placeOf(key))
  const record = text && parsed(text.toString('utf8'))
  if (!record || record.key !== key) return undefined
  const files = Object.values(record.outputs).flat()
  if (files.length === 0) return record
  const there = new Map((await bucket.list(placeOf(key, ''))).map(({ key, size }) => [key, size]))
  return files.every(file => there.get(placeOf(key, objectOf(file))) === file.size) ? record : undefined
}
function parsed(text: string): StoredRecord | undefined {
  try {
    const record = JSON.parse(text)
    return record?.format === 1 && typeof record.outputs === 'object' ? record : undefined
  } catch {
    return undefined // cut off on its way
  }
}
/**
 * Brings an entry of this machine's store into the bucket, as a pod would have left it: its record last, so that it counts only when all
 * is there. Files that are there already, of the same size, are not sent again.
 */
export async function sendEntry(bucket: Bucket, key: string, { folder, record }: Entry, node: StepNode): Promise<void> {
  const outputs = Object.fromEntries(Object.entries(record.outputs).map(([port, files]) => [port, stored(port, files, node)]))
  const there = new Map((await bucket.list(placeOf(key, ''))).map(({ key, size }) => [key, size]))
  await Promise.all(
    Object.values(outputs)
      .flat()
      .filter(file => there.get(placeOf(key, objectOf(file))) !== file.size)
      .map(file => bucket.putFile(placeOf(key, objectOf(file)), path.join(folder, file.name), file.size)),
  )
  const { attempt, started, seconds, usage, host, step } = record
  await bucket.put(placeOf(key), recordText({ format: 1, key, step, outputs, attempt, started, seconds, ...(usage && { usage }), host }))
}
/** One file a line, as pods write it: the script in a pod reads it line by line. */
function recordText({ format, key, step, outputs, ...rest }: StoredRecord): string {
  const ports = Object.entries(outputs).map(
    ([port, files]) =>
      `${JSON.stringify(port)}:[${files.map(({ name, size, sha256, file }) => `\n${JSON.stringify({ name, size, sha256, ...(file !== undefined && { file }) })}`).join(',')}\n]`,
  )
  return `{"format":${format},"key":"${key}","step":${JSON.stringify(step)},\n"outputs":{\n${ports.join(',\n')}\n},\n${JSON.stringify(rest).slice(1)}\n`
}
/** Files of a list get numbers for names: what a step called them must not become part of a key in the bucket. */
function stored(port: string, files: readonly OutputFile[], node: StepNode): readonly StoredFile[] {
  const kind = node.step.outputs[port]
  if (!kind || !('many' in kind)) return files
  const suffixes = [...suffixesOf(fileOf(kind))].sort((a, b) => b.length - a.length)
  const numbers = new Map<string, string>()
  return files.map(file => {
    const suffix = suffixes.find(suffix => file.name.endsWith(suffix)) ?? ''
    const base = file.name.slice(0, file.name.length - suffix.length)
    if (!numbers.has(base)) numbers.set(base, String(numbers.size + 1).padStart(4, '0'))
    return { ...file, file: `${port}/${numbers.get(base)}${suffix}` }
  })
}
/**
 * Brings an entry of the bucket into this machine's store: digests are compared as the bytes arrive, then everything is checked as if the
 * step had run here, its kinds' probes included, and published by one rename.
 * @param logOf what the step wrote to its standard error, where it is known
 */
export async function fetchEntry(
  bucket: Bucket,
  store: Store,
  record: StepRecord,
  found: StoredRecord,
  at: { readonly node: StepNode; readonly folder: string; readonly log: Buffer | undefined },
): Promise<Entry> {
  const { key, label } = record
  const out = path.join(at.folder, 'out')
  rmSync(at.folder, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  for (const [port, kind] of Object.entries(at.node.step.outputs)) if ('many' in kind) mkdirSync(path.join(out, port))
  await Promise.all(
    Object.values(found.outputs)
      .flat()
      .map(file => fetchFile(bucket, key, file, out, label)),
  )
  const log = path.join(out, logName)
  writeFileSync(log, at.log ?? '')
  try {
    const outputs = await harvest(at.node, label, {
      folder: at.folder,
      out,
      log,
      argv: record.argv,
      stdout: undefined,
      input: () => undefined,
    })
    return await store.publish(out, { ...record, outputs })
  } catch (cause) {
    if (cause instanceof TriremeError && cause.code === 'STEP') await bucket.remove(placeOf(key)) // it runs again when it is next needed
    throw cause
  } finally {
    if (existsSync(at.folder)) rmSync(at.folder, { recursive: true, force: true })
  }
}
async function fetchFile(bucket: Bucket, key: string, file: StoredFile, out: string, label: string): Promise<void> {
  const to = path.join(out, file.name)
  if (path.relative(out, to).startsWith('..') || path.isAbsolute(file.name))
    throw new TriremeError(
      'ENVIRONMENT',
      `The record of ${label} in the bucket names a file outside of its folder: ${file.name}. Nothing was written. Who else writes to this bucket?`,
    )
  const hash = createHash('sha256')
  await bucket.stream(placeOf(key, objectOf(file)), chunks =>
    pipeline(
      chunks,
      async function* (all) {
        for await (const chunk of all) {
          hash.update(chunk)
          yield chunk
        }
      },
      createWriteStream(to),
    ),
  )
  if (hash.digest('hex') === file.sha256 && statSync(to).size === file.size) return
  await bucket.remove(placeOf(key))
  throw new TriremeError(
    'ENVIRONMENT',
    `The file ${file.name} of ${label} is not what its record in the bucket says: it changed there or on its way. The entry was taken away; the same command makes it again.`,
  )
}
/** Puts what is not there yet: its name is its digest, so what is there is the same. */
export async function sendContent(bucket: Bucket, key: string, content: string | Uint8Array): Promise<boolean> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  if ((await bucket.size(key)) === bytes.length) return false
  await bucket.put(key, bytes)
  return true
}
/** A user's file, under its digest. */
export async function sendSource(bucket: Bucket, { sha256, url }: { readonly sha256: string; readonly url: string }): Promise<boolean> {
  const { size } = statSync(url)
  if ((await bucket.size(`sources/${sha256}`)) === size) return false
  await bucket.putFile(`sources/${sha256}`, url, size)
  return true
}
