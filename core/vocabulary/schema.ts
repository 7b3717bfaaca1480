import type { StandardSchemaV1 } from '@standard-schema/spec'
import { PlanError, shown, whatIs } from '../errors.ts'

/** A schema for one value: zod, valibot and arktype all satisfy it (https://standardschema.dev). */
export type Schema<In = unknown, Out = In> = StandardSchemaV1<In, Out>
export type Schemas = Readonly<Record<string, Schema>>

type ReadonlyDeep<T> = T extends readonly (infer E)[] ? readonly ReadonlyDeep<E>[] : T
export type In<S extends Schema> = ReadonlyDeep<StandardSchemaV1.InferInput<S>>
export type Out<S extends Schema> = StandardSchemaV1.InferOutput<S>
/** What a caller gives: a parameter with a default may be left out. */
export type ArgsOf<P extends Schemas> = { readonly [N in keyof P as undefined extends In<P[N]> ? never : N]: In<P[N]> } & {
  readonly [N in keyof P as undefined extends In<P[N]> ? N : never]?: In<P[N]>
}
export type ValuesOf<P extends Schemas> = { readonly [N in keyof P]: Out<P[N]> }

/** One value through its schema: the parsed value, or the faults in words. */
export function verdict(schema: Schema, value: unknown): { readonly value: unknown } | { readonly faults: string } {
  const answer = schema['~standard'].validate(value)
  if (answer instanceof Promise) {
    answer.catch(() => {}) // nobody waits for it
    return { faults: 'its schema is asynchronous; make it synchronous' }
  }
  if (!answer.issues) return { value: answer.value }
  const faults = answer.issues.map(({ message, path }) => {
    const where = (path ?? []).map(part => (typeof part === 'object' ? part.key : part)).join('.')
    return where === '' ? message : `${where}: ${message}`
  })
  return { faults: faults.join('; ') }
}
/** Where in a value of plain data a text, or a name, is found. */
export function placeOfText(value: unknown, is: (text: string) => boolean, place: readonly string[] = []): readonly string[] | undefined {
  if (typeof value === 'string') return is(value) ? place : undefined
  if (typeof value !== 'object' || value === null || whatIs(value) !== undefined) return undefined
  for (const [name, each] of Object.entries(value)) {
    const found = is(name) ? [...place, name] : placeOfText(each, is, [...place, name])
    if (found) return found
  }
  return undefined
}
/** No word of a command and no path can hold one: what follows it would be another word. */
export const hasNul = (text: string): boolean => text.includes('\0')
/** The parameters of a call, parsed once, when the call is made. */
export function parse(owner: string, schemas: Schemas, args: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const [name, schema] of Object.entries(schemas)) {
    const promisedFile = whatIs(args[name])
    if (promisedFile !== undefined)
      throw new PlanError(
        'PARAMETER',
        `Parameter "${name}" of ${owner} takes a value, got ${promisedFile}. Files are given to inputs; a value comes from a parameter or a column of a sheet.`,
      )
    const answer = verdict(schema, args[name])
    if ('faults' in answer && args[name] === undefined)
      throw new PlanError('PARAMETER', `Parameter "${name}" of ${owner} is missing. Give it: ${name}: … (${answer.faults}).`)
    if ('faults' in answer) throw new PlanError('PARAMETER', `Parameter "${name}" of ${owner}: ${answer.faults}. Got ${shown(args[name])}.`)
    if (placeOfText(answer.value, hasNul))
      throw new PlanError(
        'PARAMETER',
        `Parameter "${name}" of ${owner} holds the character NUL, which no word can: ${shown(answer.value)}. Take it out.`,
      )
    values[name] = answer.value
  }
  return values
}
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
