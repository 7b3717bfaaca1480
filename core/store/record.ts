import { hash } from 'node:crypto'
import { z } from 'zod'
import type { Usage } from '../events.ts'
import { jsonIn, unsealed } from './sealed.ts'

/** One file of an entry: its name within the entry's folder, and what it holds. */
export interface OutputFile {
  readonly name: string
  readonly size: number
  readonly sha256: string
}
/** What the store knows of a finished step: `record.json` beside its outputs. */
export interface StepRecord {
  /** 2 is sealed by its digest. 1 was written by older versions without one: a changed byte in it cannot be told. */
  readonly format: 1 | 2
  readonly key: string
  /** Digest of the recipe over the content of its inputs. Where two of them are equal the outputs are too, whatever the keys. */
  readonly same: string
  readonly step: string
  /** The step's name for people in the run that made it. */
  readonly label: string
  readonly image: string
  /** What the key was made of; two recipes compared say why a step ran again. */
  readonly recipe: unknown
  readonly params: Readonly<Record<string, unknown>>
  /** Argv as it ran, by pipe and stage. */
  readonly argv: readonly (readonly (readonly string[])[])[]
  readonly tools: Readonly<Record<string, string>>
  /** Files by output; an empty list stands for an optional output that was left out, or for a list without files. */
  readonly outputs: Readonly<Record<string, readonly OutputFile[]>>
  readonly run: string
  readonly attempt: number
  readonly cpu: number
  readonly memory: number
  readonly started: string
  readonly seconds: number
  readonly usage?: Usage
  /** Labels of the steps it ran together with, joined by pipes. */
  readonly group?: readonly string[]
  readonly host: { readonly name: string; readonly platform: string; readonly cpu: string; readonly cores: number }
}
/** A finished step: its folder, and the record beside the outputs. */
export interface Entry {
  readonly folder: string
  readonly record: StepRecord
}
/** An entry whose record lies in the store: the journal knows it by the record's digest. */
export interface StoredEntry extends Entry {
  readonly digest: string
}
const digestShape = z.string().regex(/^[0-9a-f]{64}$/)
export const outputFile = z.strictObject({ name: z.string(), size: z.int().nonnegative(), sha256: digestShape })
export const usageShape = z.strictObject({ user: z.number(), system: z.number(), peakMemory: z.number() })
export const hostShape = z.strictObject({ name: z.string(), platform: z.string(), cpu: z.string(), cores: z.int() })
/** Files of a record by output, each named like its output, so that no name leads out of the entry or to a file of another output. */
export const outputsShape = <F extends z.ZodType<OutputFile>>(file: F) =>
  z.record(z.string(), z.array(file)).refine(outputs => {
    const names = Object.values(outputs).flatMap(files => files.map(({ name }) => name))
    const own = Object.entries(outputs).every(([port, files]) => files.every(({ name }) => belongs(name, port)))
    return own && new Set(names).size === names.length
  })
/** `bam.bam` and `bam.bam.bai` of an output "bam"; `parts/1.txt` of a list "parts". */
function belongs(name: string, port: string): boolean {
  const rest = name.startsWith(port) ? name.slice(port.length) : ''
  return /^(\/(?!\.{1,2}$))?[^/\0]+$/.test(rest) && name !== 'record.json'
}
const recordShape = z.strictObject({
  key: digestShape,
  same: digestShape,
  step: z.string(),
  label: z.string(),
  image: z.string(),
  recipe: z.unknown(),
  params: z.record(z.string(), z.unknown()),
  argv: z.array(z.array(z.array(z.string()))),
  tools: z.record(z.string(), z.string()),
  outputs: outputsShape(outputFile),
  run: z.string(),
  attempt: z.int(),
  cpu: z.number(),
  memory: z.number(),
  started: z.string(),
  seconds: z.number(),
  usage: usageShape.exactOptional(),
  group: z.array(z.string()).exactOptional(),
  host: hostShape,
})
const recordFormats = { 1: recordShape.extend({ format: z.literal(1) }), 2: recordShape.extend({ format: z.literal(2) }) }
/** The record in a text. @returns undefined where a byte of it is not as it was written, or it is no record */
export function recordIn(text: string): Omit<StoredEntry, 'folder'> | undefined {
  const sealed = unsealed(text)
  const { success, data } = sealed ? recordFormats[2].safeParse(sealed.value) : recordFormats[1].safeParse(jsonIn(text))
  return success ? { record: data, digest: sealed?.digest ?? hash('sha256', text) } : undefined
}
