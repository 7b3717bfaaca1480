import type { Usage } from '../events.ts'

/** One file of an entry: its name within the entry's folder, and what it holds. */
export interface OutputFile {
  readonly name: string
  readonly size: number
  readonly sha256: string
}
/** What the store knows of a finished step: `record.json` beside its outputs. */
export interface StepRecord {
  readonly format: 1
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
