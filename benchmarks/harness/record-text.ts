import { hash } from 'node:crypto'
import { canonical } from '../../core/graph/key.ts'
import { type Record2, record } from './record.ts'

// A record has one text only: its fields in the order of the schema, a line for each field of the record and of the objects in it, a line for each entry of
// a list of objects (a run, a figure), all else without blanks. So a difference of two records reads well, and whatever else the text is changed to is found.

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
function laidOut(value: unknown, depth: number): string {
  const margin = ' '.repeat(depth + 1)
  if (Array.isArray(value) && value.length > 0 && value.every(isObject) && depth <= 2)
    return `[\n${value.map(each => margin + JSON.stringify(each)).join(',\n')}\n${' '.repeat(depth)}]`
  if (!isObject(value) || Array.isArray(value) || depth > 1) return JSON.stringify(value)
  const fields = Object.entries(value).filter(([, each]) => each !== undefined)
  if (fields.length === 0) return '{}'
  return `{\n${fields.map(([name, each]) => `${margin}${JSON.stringify(name)}: ${laidOut(each, depth + 1)}`).join(',\n')}\n${' '.repeat(depth)}}`
}
const unsealed = record.omit({ seal: true })
/**
 * The text of a record with the seal over it: `head -n -2 FILE | sha256sum` prints the same digest.
 * @throws ZodError where it is no record
 */
export function sealedRecord({ seal: _, ...rest }: Omit<Record2, 'seal'> & { readonly seal?: string }): string {
  const lines = linesOf(unsealed.parse(rest)) // fields in the order of the schema
  return `${lines}${ending(hash('sha256', lines))}`
}
const linesOf = (rest: Omit<Record2, 'seal'>) => `${laidOut(rest, 0).slice(0, -2)},\n`
const ending = (seal: string) => ` "seal": "${seal}"\n}\n`
/** How a record that was read is written, under the seal that it has. */
export const writtenAs = ({ seal, ...rest }: Record2): string => `${linesOf(rest)}${ending(seal)}`
/** The seal that a record's text ends with, and whether the lines before are those that were sealed; undefined where it ends otherwise. */
export function sealIn(text: string): { readonly seal: string; readonly holds: boolean } | undefined {
  const [found, seal] = /^ "seal": "([0-9a-f]{64})"\n\}\n$/.exec(text.slice(-ending('').length - 64)) ?? []
  if (found === undefined || seal === undefined) return undefined
  return { seal, holds: hash('sha256', text.slice(0, -found.length)) === seal }
}
/** The digest by which two records are known to be of the same comparison. */
export const definitionDigest = (definition: Record2['definition']): string => hash('sha256', canonical(definition))
