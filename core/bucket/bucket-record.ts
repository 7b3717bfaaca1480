import type { Usage } from '../events.ts'
import type { OutputFile, StepRecord } from '../store/record.ts'
import { fileOf, type OutKinds, suffixesOf } from '../vocabulary/kind.ts'

/** A file of an entry in the bucket: `file` is the object's name where it is not the file's own, as in lists. */
export interface BucketFile extends OutputFile {
  readonly file?: string
}
/** `record.json` of an entry in the bucket, as pod.sh writes it. What only the client knows (recipe, params, label) is not in it. */
export interface BucketRecord {
  readonly format: 1
  readonly key: string
  readonly step: string
  readonly outputs: Readonly<Record<string, readonly BucketFile[]>>
  readonly attempt: number
  readonly started: string
  readonly seconds: number
  readonly usage?: Usage
  readonly host: StepRecord['host']
}
/** @returns undefined where it is no record: half written, or something else */
export function readRecord(text: string): BucketRecord | undefined {
  try {
    const record: unknown = JSON.parse(text)
    return typeof record === 'object' && record !== null && 'outputs' in record && 'format' in record && record.format === 1
      ? (record as BucketRecord) // of this format, so written by pod.sh or `bucketRecord`
      : undefined
  } catch {
    return undefined
  }
}
/** Record for the bucket of an entry that the local store holds. Items of a list get numbers for names, as in a pod. */
export function bucketRecord(record: StepRecord, kinds: OutKinds): BucketRecord {
  const outputs = Object.entries(record.outputs).map(([port, files]) => {
    const kind = kinds[port]
    if (!kind || !('many' in kind)) return [port, files] as const
    const main = fileOf(kind).extension
    const longest = [...suffixesOf(fileOf(kind))].sort((a, b) => b.length - a.length)
    let n = 0
    const numbered = files.map(({ name, ...rest }): BucketFile => {
      const suffix = longest.find(each => name.endsWith(each)) ?? main
      if (suffix === main) n++
      return { name, ...rest, file: `${port}/${String(n).padStart(4, '0')}${suffix}` }
    })
    return [port, numbered] as const
  })
  const { format, key, step, attempt, started, seconds, usage, host } = record
  return { format, key, step, outputs: Object.fromEntries(outputs), attempt, started, seconds, ...(usage && { usage }), host }
}
/** The text of `record.json`: JSON with one file a line, which a script of bash can read. */
export function recordText({ format, key, step, outputs, ...rest }: BucketRecord): string {
  const file = ({ name, size, sha256, file }: BucketFile) =>
    JSON.stringify({ name, size, sha256, ...(file !== undefined && file !== name && { file }) })
  const ports = Object.entries(outputs).map(([port, files]) => `${JSON.stringify(port)}:[\n${files.map(file).join(',\n')}\n]`)
  const head = JSON.stringify({ format, key, step })
  return `${head.slice(0, -1)},\n"outputs":{\n${ports.join(',\n')}\n},\n${JSON.stringify(rest).slice(1)}\n`
}
