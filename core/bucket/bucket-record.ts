import { z } from 'zod'
import type { Usage } from '../events.ts'
import type { StepNode } from '../graph/node.ts'
import { hostShape, type OutputFile, outputFile, outputsShape, type StepRecord, usageShape } from '../store/record.ts'
import { jsonIn, sealJson, unsealed } from '../store/sealed.ts'
import { fileOf, suffixesOf } from '../vocabulary/kind.ts'
import { rungs } from '../vocabulary/quantity.ts'

/** A file of an entry in the bucket: `file` is the object's name where it is not the file's own, as in lists. */
export interface BucketFile extends OutputFile {
  readonly file?: string
}
/** `record.json` of an entry in the bucket, as pod.sh writes it. What only the client knows (recipe, params, label) is not in it. */
export interface BucketRecord {
  /** 2 is sealed by its digest. 1 was written by older versions without one. */
  readonly format: 1 | 2
  readonly key: string
  readonly step: string
  readonly outputs: Readonly<Record<string, readonly BucketFile[]>>
  readonly attempt: number
  /** Rungs of memory above the lowest, on which it ran. Older records do not say. */
  readonly climbed?: number
  readonly started: string
  readonly seconds: number
  readonly usage?: Usage
  readonly host: StepRecord['host']
}
const bucketShape = z.strictObject({
  key: z.string(),
  step: z.string(),
  outputs: outputsShape(outputFile.extend({ file: z.string().exactOptional() })),
  attempt: z.int(),
  climbed: z.int().exactOptional(),
  started: z.string(),
  seconds: z.number(),
  usage: usageShape.exactOptional(),
  host: hostShape,
})
const bucketFormats = { 1: bucketShape.extend({ format: z.literal(1) }), 2: bucketShape.extend({ format: z.literal(2) }) }
/** @returns undefined where it is no record: half written, with a byte that is not as it was written, or something else */
export function readRecord(text: string): BucketRecord | undefined {
  const sealed = unsealed(text)
  return sealed ? bucketFormats[2].safeParse(sealed.value).data : bucketFormats[1].safeParse(jsonIn(text)).data
}
/** Record for the bucket of an entry that the local store holds. Items of a list get numbers for names, as in a pod. */
export function bucketRecord(record: StepRecord, { step: { outputs: kinds }, needs }: StepNode): BucketRecord {
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
  const { key, step, attempt, started, seconds, usage, host } = record
  const climbed = Math.max(
    rungs(needs.memory).findIndex(memory => memory >= record.memory),
    0,
  )
  return { format: 2, key, step, outputs: Object.fromEntries(outputs), attempt, climbed, started, seconds, ...(usage && { usage }), host }
}
/** The text of `record.json`: sealed JSON with one file a line, which a script of bash can read. */
export function recordText({ format, key, step, outputs, ...rest }: BucketRecord): string {
  const file = ({ name, size, sha256, file }: BucketFile) =>
    JSON.stringify({ name, size, sha256, ...(file !== undefined && file !== name && { file }) })
  const ports = Object.entries(outputs).map(([port, files]) => `${JSON.stringify(port)}:[\n${files.map(file).join(',\n')}\n]`)
  const head = JSON.stringify({ format, key, step })
  return sealJson(`${head.slice(0, -1)},\n"outputs":{\n${ports.join(',\n')}\n},\n${JSON.stringify(rest).slice(1, -1)}\n}`)
}
