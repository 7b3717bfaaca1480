import { TriremeError } from '../../core/errors.ts'
import { hasNul, placeOfText, type Schema, verdict } from '../../core/vocabulary/schema.ts'
import { nearestTo } from '../display/suggest.ts'

/** The part of JSON Schema that flags and cells are made of. */
export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly anyOf?: readonly JsonSchema[]
}
interface Describes {
  readonly '~standard': { readonly jsonSchema?: { readonly input: (options: { readonly target: string }) => JsonSchema } }
}
/** The JSON Schema of the values that a schema takes (Standard JSON Schema; zod has it from 4.2). Empty for a schema without one. */
export function shapeOfSchema(schema: Schema): JsonSchema {
  try {
    return (schema as Schema & Describes)['~standard'].jsonSchema?.input({ target: 'draft-2020-12' }) ?? {} // optional part of the standard
  } catch {
    return {} // a transform has no JSON Schema; its value stays text
  }
}
/** Whether a value must be given: the schema refuses undefined. */
export const isRequired = (schema: Schema): boolean => 'faults' in verdict(schema, undefined)
export const isArray = (shape: JsonSchema): boolean => shape.type === 'array'
export const isBoolean = (shape: JsonSchema): boolean => shape.type === 'boolean'
/** The values of an enumeration, however it is written. */
export function choices(shape: JsonSchema): readonly unknown[] | undefined {
  if (shape.enum) return shape.enum
  if ('const' in shape) return [shape.const]
  const each = shape.anyOf?.map(choices)
  return each?.every(list => list !== undefined) ? each.flat() : undefined
}
const numberFrom = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

/** Text, as a word of a command or a cell of a sheet, as the value its schema takes; or the fault, to follow the name of what was given. */
export async function fromText(text: string, shape: JsonSchema): Promise<{ readonly value: unknown } | { readonly fault: string }> {
  const listed = choices(shape)
  if (listed) {
    const found = listed.find(choice => String(choice) === text)
    if (found !== undefined) return { value: found }
    const near = numberFrom.test(text) ? undefined : await nearestTo(text, listed.map(String)) // a number is not a misspelt number
    return {
      fault: `takes ${orList(listed.map(String))}, got ${JSON.stringify(text)}.${near === undefined ? '' : ` Did you mean ${near}?`}`,
    }
  }
  if (shape.anyOf) {
    for (const each of shape.anyOf) {
      const tried = each.type === 'null' ? { fault: '' } : await fromText(text, each)
      if ('value' in tried) return tried
    }
    return { value: text }
  }
  if (shape.type === 'number' || shape.type === 'integer')
    return numberFrom.test(text)
      ? { value: Number(text) }
      : { fault: `takes ${shape.type === 'integer' ? 'a whole number' : 'a number'}, got ${JSON.stringify(text)}.` }
  if (shape.type === 'boolean') {
    if (/^(true|yes|1)$/i.test(text)) return { value: true }
    if (/^(false|no|0)$/i.test(text)) return { value: false }
    return { fault: `takes true or false, got ${JSON.stringify(text)}.` }
  }
  if (shape.type === 'object' || shape.type === 'array') {
    try {
      const value: unknown = JSON.parse(text)
      return placeOfText(value, hasNul) ? { fault: `holds the character NUL, which no word can, got ${JSON.stringify(text)}.` } : { value }
    } catch {
      return { fault: `takes JSON such as ${shape.type === 'array' ? '[1, 2]' : '{"name": "value"}'}, got ${JSON.stringify(text)}.` }
    }
  }
  return { value: text }
}
export const orList = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
/** @throws TriremeError `PARAMETER` when the text is no value of the shape */
export async function valueFrom(name: string, text: string, shape: JsonSchema): Promise<unknown> {
  const read = await fromText(text, shape)
  if ('fault' in read) throw new TriremeError('PARAMETER', `${name} ${read.fault}`)
  return read.value
}
