import type { Command } from 'commander'
import { TriremeError } from '../../core/errors.ts'
import { fileOf, partsOf } from '../../core/vocabulary/kind.ts'
import { isFrom, type Kind, type Rows } from '../../core/vocabulary/rows.ts'
import type { Schema } from '../../core/vocabulary/schema.ts'
import { terms } from '../help-terms.ts'
import type { AnyPipeline } from '../project/catalogue.ts'
import { choices, isArray, isBoolean, isRequired, type JsonSchema, shapeOfSchema, valueFrom } from './json-schema.ts'

/** One input or parameter of a pipeline as a flag. */
export interface Flag {
  /** Name of the input or parameter. */
  readonly name: string
  /** `--min-qual` */
  readonly long: string
  /** What follows the flag in help: `<n>`, `<file...>`; empty for a boolean. */
  readonly value: string
  readonly about: string
  readonly group: 'Inputs:' | 'Parameters:'
  readonly required: boolean
  /** A value as it would be typed, for examples. */
  readonly example: string
  /** Turns what commander has read into the raw argument. */
  readonly read: (given: unknown) => Promise<unknown>
}
const kebab = (name: string) =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase()

/**
 * The flags of a pipeline, made from the kinds of its inputs and the schemas of its parameters.
 * @param taken flags of the command itself; a pipeline's flag of such a name becomes `--input-NAME` or `--param-NAME`
 */
export function flagsOf({ spec }: Pick<AnyPipeline, 'spec'>, taken: ReadonlySet<string> = new Set()): readonly Flag[] {
  const long = (name: string, before: string) => (taken.has(`--${kebab(name)}`) ? `--${before}-${kebab(name)}` : `--${kebab(name)}`)
  const inputs = Object.entries(spec.inputs).map(([name, kind]) => inputFlag(name, long(name, 'input'), kind))
  const params = Object.entries(spec.params ?? {}).map(([name, schema]) => paramFlag(name, long(name, 'param'), schema))
  return [...inputs, ...params]
}
function inputFlag(name: string, long: string, kind: Kind): Flag {
  const flag = { name, long, group: 'Inputs:' as const, required: !('optional' in kind) }
  if ('rows' in kind)
    return {
      ...flag,
      example: `${name}.csv`,
      value: '<sheet>',
      about: `CSV or TSV file with the columns ${columnsText(kind)}`,
      read: async given => given,
    }
  const file = fileOf(kind)
  const parts = Object.keys(partsOf(file) ?? {})
  const suffixes = Object.values(partsOf(file) ?? { '': file.extension })
  const example = file.giving?.example ?? suffixes.map(suffix => name + suffix).join(',')
  const one = file.giving?.value ?? (parts.length > 0 ? parts.join(',') : 'file')
  const what =
    file.giving?.about ??
    `${file.format} (${parts.length > 0 ? `${parts.length} files with commas between` : file.extension}${file.companions.length > 0 ? `, with its ${file.companions.join(' and ')} beside it` : ''})`
  if ('many' in kind) return { ...flag, example, value: `<${one}...>`, about: `one or more of ${what}`, read: async given => given }
  if ('named' in kind)
    return { ...flag, example: `sample=${example}`, value: `<name=${one}...>`, about: `by name: ${what}`, read: async given => given }
  return { ...flag, example, value: `<${one}>`, about: what, read: async given => given }
}
/** `a, b and c; or a and d` */
export function columnsText({ rows }: Rows): string {
  const columns = rows.map(shape =>
    Object.entries(shape).flatMap(([name, column]) => (isFrom(column) ? column.from : isRequired(column) ? [name] : [`[${name}]`])),
  )
  return columns.map(names => (names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`)).join('; or ')
}
function paramFlag(name: string, long: string, schema: Schema): Flag {
  const shape = shapeOfSchema(schema)
  const required = isRequired(schema)
  const flag = { name, long, about: shape.description ?? '', group: 'Parameters:' as const, required, example: exampleOf(shape) }
  const limits = [
    ...rangeText(isArray(shape) ? (shape.items ?? {}) : shape),
    ...(shape.default === undefined ? [] : [`default ${defaultText(shape.default)}`]),
  ]
  const about = [flag.about, limits.length > 0 ? `(${limits.join('; ')})` : ''].filter(text => text !== '').join(' ')
  if (isBoolean(shape)) return { ...flag, about, value: '', read: async given => given }
  if (isArray(shape)) {
    const read = async (given: unknown) => Promise.all((given as readonly string[]).map(text => valueFrom(long, text, shape.items ?? {}))) // variadic
    return { ...flag, about, value: `<${placeholder(shape.items ?? {})}...>`, read }
  }
  if (shape.type === 'object') {
    // A value of many parts is easier to keep in a file: its content is the value, known when the plan is made.
    const read = async (given: unknown) => {
      const text = String(given)
      if (!/\.(ya?ml|json)$/i.test(text)) return valueFrom(long, text, shape)
      const { readYaml } = await import('../project/yaml-file.ts')
      return readYaml(text, `file for ${long}`)
    }
    return { ...flag, about, value: '<json|file>', read }
  }
  return { ...flag, about, value: `<${placeholder(shape)}>`, read: given => valueFrom(long, String(given), shape) }
}
function exampleOf(shape: JsonSchema): string {
  const [first] = choices(shape) ?? []
  if (first !== undefined) return String(first)
  if (shape.type === 'integer' || shape.type === 'number') return String(Math.max(shape.minimum ?? 1, 1))
  if (isArray(shape)) return exampleOf(shape.items ?? {})
  return shape.type === 'object' ? "'{}'" : 'NAME'
}
function placeholder(shape: JsonSchema): string {
  const listed = choices(shape)?.join('|')
  if (listed !== undefined && listed.length <= 24) return listed
  if (listed !== undefined) return 'choice'
  if (shape.type === 'integer' || shape.type === 'number') return 'n'
  return shape.type === 'object' ? 'json' : 'text'
}
const rangeText = (shape: JsonSchema): readonly string[] => {
  const listed = choices(shape)
  if (listed) return listed.join('|').length <= 24 ? [] : [`one of ${listed.join(', ')}`]
  // zod writes the largest safe integers where no limit was set
  const least = shape.minimum !== undefined && shape.minimum > Number.MIN_SAFE_INTEGER ? shape.minimum : undefined
  const most = shape.maximum !== undefined && shape.maximum < Number.MAX_SAFE_INTEGER ? shape.maximum : undefined
  if (least !== undefined && most !== undefined) return [`${least} to ${most}`]
  return [
    ...(least === undefined ? [] : [`at least ${least}`]),
    ...(most === undefined ? [] : [`at most ${most}`]),
    ...(shape.exclusiveMinimum === undefined ? [] : [`above ${shape.exclusiveMinimum}`]),
    ...(shape.exclusiveMaximum === undefined ? [] : [`below ${shape.exclusiveMaximum}`]),
  ]
}
const defaultText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

/** Adds the flags to a command, under their headings. */
export async function addFlags(command: Command, flags: readonly Flag[]): Promise<void> {
  const { Option } = await import('commander')
  for (const flag of flags) {
    const about = flag.required ? `${flag.about} (required)`.trim() : flag.about
    if (flag.value !== '') command.addOption(new Option(`${flag.long} ${flag.value}`, about).helpGroup(flag.group))
    else {
      const plain = new Option(flag.long, about).helpGroup(flag.group)
      terms.set(plain, `--[no-]${flag.long.slice(2)}`)
      command.addOption(plain).addOption(new Option(negated(flag.long)).hideHelp())
    }
  }
}
const negated = (long: string) => long.replace(/^--/, '--no-')
const attribute = (long: string): string =>
  long.replace(/^--(no-)?/, '').replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** Raw arguments from the flags of a parsed command, by name, without those that were not given. */
export async function readFlags(command: Command, flags: readonly Flag[]): Promise<Record<string, unknown>> {
  const raw: Record<string, unknown> = {}
  for (const flag of flags) {
    const name = attribute(flag.long)
    if (command.getOptionValueSource(name) !== 'cli') continue
    const given: unknown = command.getOptionValue(name)
    // To commander a flag named "--no-trim" and the negated "--trim" look alike
    raw[flag.name] = await flag.read(flag.long.startsWith('--no-') && typeof given === 'boolean' ? !given : given)
  }
  return raw
}
/** @throws TriremeError `PARAMETER` naming all inputs and parameters that are required and not given */
export function checkComplete(flags: readonly Flag[], raw: Readonly<Record<string, unknown>>, pipeline: string): void {
  const missing = flags.filter(flag => flag.required && raw[flag.name] === undefined)
  if (missing.length === 0) return
  const words = missing.map(flag => `${flag.long}${flag.value === '' ? '' : ` ${flag.value}`}`).join(', ')
  throw new TriremeError(
    'PARAMETER',
    `The pipeline "${pipeline}" also needs ${words}. Give ${missing.length > 1 ? 'them' : 'it'} as flags or in a --params-file; "trireme run ${pipeline} --help" explains.`,
  )
}
