import { createRequire } from 'node:module'
import { z } from 'zod'
import { PlanError } from '../errors.ts'
import { meant } from '../vocabulary/nearest.ts'
import { isRecord } from '../vocabulary/schema.ts'
import type { Tool } from '../vocabulary/tool.ts'

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
const oneGroup = z
  .instanceof(RegExp, { error: 'is no regular expression. Write /^samtools (\\S+)/m, without quotes' })
  .refine(pattern => groupCount(pattern) === 1, {
    error: 'needs one group, in brackets, around the version: /^samtools (\\S+)/m. Others are written (?:…)',
  })
  .refine(pattern => !pattern.global && !pattern.sticky, { error: 'has the flag g or y, with which it matches every other time only' })
const declaration = z.strictObject({
  name: filled.regex(/^[\w.+-]+$/, 'is no name of a program: letters, digits, ".", "_", "+" and "-"'),
  program: filled.optional(),
  homepage: z.string(),
  licence: filled,
  doi: filled.regex(/^10\./, 'is no DOI: it begins with "10.", without "https://doi.org/"').optional(),
  biotools: filled.optional(),
  version: z.strictObject({
    argv: z.array(filled).min(1, "is empty. Give the words that print the version: ['samtools', '--version']"),
    match: oneGroup,
    unfit: oneGroup.optional(),
  }),
  accepts: z.string().refine(isRange, { error: 'is no range of versions. Write it as ">=1.16 <2"' }),
  debian: spaced(/^[a-z0-9][a-z0-9+.-]*$/, 'is no name of a package, or several with spaces between').optional(),
  conda: spaced(/^[\w.-]+::[\w.-]+=[\w.*-]+$/, 'is no pinned package: channel::name=version, several with spaces between').optional(),
})
