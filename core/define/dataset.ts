import type { Plan } from '../graph/plan.ts'

/** One file of a dataset. */
export interface Pinned {
  /** SHA-256 of the content; of the uncompressed content where the name ends in .gz, since compressors differ by version. */
  readonly sha256: string
  /** Size of that content in bytes. */
  readonly bytes?: number
  /** Where it is, for files that travel with the package; others are made or fetched. */
  readonly path?: string
}
/** Files with their provenance and their exact pins. */
export interface Dataset {
  readonly name: string
  readonly title: string
  readonly about: string
  /** Where it comes from: an accession, a DOI, or how it was made. */
  readonly source: string
  /** SPDX identifier, or a sentence where there is none. */
  readonly licence: string
  readonly files: Readonly<Record<string, Pinned>>
  /** Numbers that a reader may check: reads, variants, images. */
  readonly counts?: Readonly<Record<string, number>>
  /** Makes the files that do not travel with the package; the plan's results are named as the files. */
  readonly make?: () => Plan
}
/** Binds a dataset to a pipeline's arguments: `--profile NAME`. */
export interface Profile {
  readonly about: string
  readonly dataset?: Dataset
  /** Arguments as a params file would give them, from the paths of the dataset's files. */
  readonly arguments: (files: Readonly<Record<string, string>>) => Readonly<Record<string, unknown>>
}
