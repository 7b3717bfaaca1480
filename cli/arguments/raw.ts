import { existsSync } from 'node:fs'
import path from 'node:path'

/** Where a raw argument was given: for messages, and for what its relative paths start from. */
export interface Place {
  /** `--reference`, `params.yml, reference`, `samplesheet.csv, line 7, column 4 (fastq_1)` */
  readonly words: string
  readonly folder: string
  /** The same for each file of a set, in order, where each was given separately. */
  readonly each?: readonly string[]
}
export interface RawArgument extends Place {
  readonly value: unknown
}
/** Arguments as they were given, by name of input or parameter. */
export type Raw = Readonly<Record<string, RawArgument>>

/** The file that is meant: relative to where it was named if it is there, else to the working directory. */
export function placedPath(file: string, { folder }: Place): string {
  if (path.isAbsolute(file)) return file
  const [near, here] = [path.resolve(folder, file), path.resolve(file)]
  return !existsSync(near) && existsSync(here) ? here : near
}
