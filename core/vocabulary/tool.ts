import { createRequire } from 'node:module'

/** A program that steps call, and where it comes from. Its version, as found, is part of every key that uses it. */
export interface Tool {
  /** Its name in records and keys, and the name of its program, unless `program` is given. */
  readonly name: string
  /** Name of the program in argv, where several tools share one: `python3` with torch, `python3` with Jupyter. @default the name */
  readonly program?: string
  readonly homepage: string
  /** SPDX identifier. */
  readonly licence: string
  readonly doi?: string
  /** bio.tools identifier. */
  readonly biotools?: string
  /** Prints the version: stdout and stderr are searched, the exit status is ignored (bwa prints it with its usage and status 1). */
  readonly version: {
    readonly argv: readonly [string, ...string[]]
    readonly match: RegExp
    /** Finds, where there is no version, the words by which the program itself says what it lacks and how to get it: they are told as they are. */
    readonly unfit?: RegExp
  }
  /** Semver range of versions whose command line and output the steps were written for. */
  readonly accepts: string
  /** Package in Debian and Ubuntu; several with spaces between, such as a Python library and what it needs. */
  readonly debian?: string
  /** Pinned conda package, `channel::name=version`; several with spaces between. */
  readonly conda?: string
}
/** Programs of any POSIX system with GNU coreutils. Nothing computed depends on their version, so they need no declaration. */
export const basePrograms: ReadonlySet<string> = new Set([
  'bash',
  'sh',
  'awk',
  'basename',
  'cat',
  'cp',
  'cut',
  'dirname',
  'echo',
  'env',
  'false',
  'find',
  'grep',
  'gzip',
  'head',
  'ln',
  'ls',
  'mkdir',
  'mv',
  'printf',
  'rm',
  'sed',
  'seq',
  'sleep',
  'sort',
  'split',
  'tail',
  'tar',
  'tee',
  'test',
  'touch',
  'tr',
  'true',
  'uniq',
  'wc',
  'xargs',
  'yes',
])
/** Whether a version lies in the tool's range: by its numbers alone, "0.7.17-r1188" is 0.7.17. */
export const accepted = (tool: Tool, version: string): boolean => {
  // Loaded only here: most runs find all versions in the memo.
  const { coerce, satisfies } = createRequire(import.meta.url)('semver') as typeof import('semver') // the same package
  const plain = coerce(version)
  return plain !== null && satisfies(plain, tool.accepts)
} // biome-format keeps it short
