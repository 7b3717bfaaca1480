import { createRequire } from 'node:module'
import { z } from 'zod'
import { PlanError } from '../errors.ts'
import { meant } from './nearest.ts'
import { isRecord } from './schema.ts'

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
  readonly version: { readonly argv: readonly [string, ...string[]]; readonly match: RegExp }
  /** Semver range of versions whose command line and output the steps were written for. */
  readonly accepts: string
  /** Package in Debian and Ubuntu; several with spaces between, such as a Python library and what it needs. */
  readonly debian?: string
  /** Pinned conda package, `channel::name=version`; several with spaces between. */
  readonly conda?: string
}
/**
 * Declares a program, once for all steps that call it: `tools: [samtools]`. Steps of one plan share its version.
 * @throws PlanError `DEFINITION` naming all that is wrong with it
 */
export function tool(tool: Tool): Tool {
  const { error } = declaration.safeParse(tool)
  if (!error) return tool
  const name = isRecord(tool) && typeof tool.name === 'string' ? `Tool "${tool.name}"` : 'A tool'
  const faults = error.issues.map(({ code, path, message, ...more }) =>
    code === 'unrecognized_keys' && 'keys' in more
      ? more.keys.map(key => `"${key}" is no field of a tool.${meant(key, Object.keys(declaration.shape))}`).join(' ')
      : `${path.join('.') || 'the declaration'}: ${message}${/[.!]$/.test(message) ? '' : '.'}`,
  )
  throw new PlanError(
    'DEFINITION',
    `${name} is not declared as it should be. ${faults.join(' ')} A whole one: tool({ name: 'seqkit', homepage: 'https://…', licence: 'MIT', version: { argv: ['seqkit', 'version'], match: /v(\\S+)/ }, accepts: '>=2.3 <3' })`,
  )
}
const filled = z.string().min(1, 'is empty')
const spaced = (pattern: RegExp, words: string) =>
  filled.refine(text => text.split(/ +/).every(each => pattern.test(each)), { error: words })
/** Groups of a pattern: an empty alternative always matches, and has a place for each. */
const groupCount = (pattern: RegExp) => (new RegExp(`${pattern.source}|`, pattern.flags).exec('')?.length ?? 1) - 1
/** A list of plain bounds, such as ">=1.16 <2", is a range by its looks, so that semver is loaded for others only. */
const plainRange = /^(\*|(?:(?:>=?|<=?|[=~^])?\d+(?:\.\d+){0,2}(?: (?!$)|$))+)$/
function isRange(text: string): boolean {
  if (plainRange.test(text)) return true
  const { validRange } = createRequire(import.meta.url)('semver') as typeof import('semver') // the same package
  return text.trim() !== '' && validRange(text) !== null
}
const declaration = z.strictObject({
  name: filled.regex(/^[\w.+-]+$/, 'is no name of a program: letters, digits, ".", "_", "+" and "-"'),
  program: filled.optional(),
  homepage: z.string(),
  licence: filled,
  doi: filled.regex(/^10\./, 'is no DOI: it begins with "10.", without "https://doi.org/"').optional(),
  biotools: filled.optional(),
  version: z.strictObject({
    argv: z.array(filled).min(1, "is empty. Give the words that print the version: ['samtools', '--version']"),
    match: z
      .instanceof(RegExp, { error: 'is no regular expression. Write /^samtools (\\S+)/m, without quotes' })
      .refine(pattern => groupCount(pattern) === 1, {
        error: 'needs one group, in brackets, around the version: /^samtools (\\S+)/m. Others are written (?:…)',
      })
      .refine(pattern => !pattern.global && !pattern.sticky, { error: 'has the flag g or y, with which it matches every other time only' }),
  }),
  accepts: z.string().refine(isRange, { error: 'is no range of versions. Write it as ">=1.16 <2"' }),
  debian: spaced(/^[a-z0-9][a-z0-9+.-]*$/, 'is no name of a package, or several with spaces between').optional(),
  conda: spaced(/^[\w.-]+::[\w.-]+=[\w.*-]+$/, 'is no pinned package: channel::name=version, several with spaces between').optional(),
})

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
