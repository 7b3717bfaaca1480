import { hash } from 'node:crypto'
import { appendFileSync, closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { readIfThere } from '../files.ts'

/**
 * JSON in which a lost or changed byte is found: it ends with `,"digest":"…"}`, the SHA-256 of all bytes before that. In a file of several
 * lines this is the last one, and `head -n -1 record.json | sha256sum` prints the same digest.
 */
export interface Sealed {
  /** What was sealed, not yet checked for its shape. */
  readonly value: object
  readonly digest: string
}
/** An object as one line of a `.jsonl` file. */
export const sealedLine = (value: object): string => sealJson(JSON.stringify(value))
/** An object as a file of several lines, for people to read. */
export const sealedText = (value: object): string => sealJson(JSON.stringify(value, null, 1))
/** Seals the text of an object that was laid out already, from its first brace to its last. */
export function sealJson(text: string): string {
  const body = text.slice(0, -1) // without its last brace
  return `${body},"digest":"${hash('sha256', body)}"}\n`
}
/** The digest at the end of a text that was just sealed. */
export const digestIn = (sealed: string): string => sealEnding.exec(sealed)?.[1] ?? ''
const sealEnding = /,"digest":"([0-9a-f]{64})"\}\n?$/
/** @returns undefined where a byte is not as it was written */
export function unsealed(text: string): Sealed | undefined {
  const [found, digest] = sealEnding.exec(text.slice(-80)) ?? []
  if (found === undefined || digest === undefined) return undefined
  const body = text.slice(0, -found.length)
  if (hash('sha256', body) !== digest) return undefined
  const value = jsonIn(`${body}}`)
  return typeof value === 'object' && value !== null ? { value, digest } : undefined
}
/** The value of a JSON text; undefined where it is none. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
/** The value of a sealed file; undefined where there is none, or it is damaged. */
export const readSealed = (file: string): Sealed | undefined => unsealed(readIfThere(file) ?? '')
/** The undamaged lines of a file. */
export const readLines = (file: string): readonly object[] =>
  (readIfThere(file) ?? '').split('\n').flatMap(line => unsealed(line)?.value ?? [])
/** Adds lines to a file, after a whole one: a runner that was killed while it wrote leaves half of one. */
export function appendLines(file: string, values: readonly object[], options: { readonly flush?: boolean } = {}): void {
  const text = values.map(sealedLine).join('')
  appendFileSync(file, endsWhole(file) ? text : `\n${text}`, options)
}
function endsWhole(file: string): boolean {
  try {
    const handle = openSync(file, 'r')
    try {
      const { size } = fstatSync(handle)
      const last = Buffer.alloc(1)
      return size === 0 || (readSync(handle, last, 0, 1, size - 1) === 1 && last[0] === 0x0a)
    } finally {
      closeSync(handle)
    }
  } catch {
    return true // it is not there yet
  }
}
