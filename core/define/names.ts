import { PlanError, whatIs } from '../errors.ts'
import { isRef, type Ref, refWords } from '../graph/node.ts'
import { refusesText, throwsForOthers } from '../vocabulary/misuse.ts'
import { meant } from '../vocabulary/nearest.ts'

// Objects that a pipeline's author takes apart by names. The compiler knows the names; whoever does without it is told at the same place.

/**
 * Copies of a record, each an error where it is asked for a name that it does not have, or is taken for text.
 * @param words what it is, a plural
 * @param missing the message about a name; none for one that may be missing
 * @param remedy what to do instead of making it text
 */
export function strict<T extends object>(
  words: string,
  missing: (name: string, it: T) => string | undefined,
  remedy = 'Ask for what you need by its name.',
): (record: T) => T {
  const known = refusesText<T>(
    () => words,
    () => new PlanError('WIRING', `${capital(words)} were taken for text. ${remedy}`),
  )
  const prototype = throwsForOthers(known, (name, it) => {
    const message = missing(name, it as T) // it is the prototype of these alone
    return message === undefined ? undefined : new PlanError('WIRING', message)
  })
  return record => Object.assign(Object.create(prototype), record)
}
const capital = (words: string) => `${words[0]!.toUpperCase()}${words.slice(1)}`
const list = (names: readonly string[]) => (names.length === 0 ? 'nothing' : names.join(', '))

/** What a call of a step or pipeline gives: refs by name. */
export const outputNames = <T extends object>(owner: string): ((outputs: T) => T) =>
  strict(`all outputs of ${owner}`, (name, it) => {
    const names = Object.keys(it)
    return `${capital(owner)} gives no "${name}".${meant(name, names)} It gives: ${list(names)}.`
  })
/** What a pipeline's `build` sees, or a step's `command`. */
export const seen = <T extends object>(what: string): ((scope: T) => T) =>
  strict(`all names that ${what} sees`, (name, it) => {
    const names = Object.keys(it)
    return `${capital(what)} sees no "${name}".${meant(name, names)} It sees: ${list(names)}.`
  })
/** Rows of a sheet. A column that only rows of another shape have is undefined, as in any object. */
export const rowOf = (where: string, columns: readonly string[]): ((row: object) => object) =>
  strict<object>('the columns of a row', name =>
    columns.includes(name) ? undefined : `A row of ${where} has no "${name}".${meant(name, columns)} It has: ${list(columns)}.`,
  )
/** Names of the refs in what is a record of refs, and nothing else: a step was given where one of its outputs is meant. */
export const refsByName = (value: unknown): readonly (readonly [string, Ref])[] => {
  if (typeof value !== 'object' || value === null || isRef(value) || Array.isArray(value)) return []
  const all = Object.entries(value)
  return all.every((pair): pair is [string, Ref] => isRef(pair[1])) ? all : []
}
/** A step or pipeline is called with one object, whose names are checked. */
export function oneObject(owner: string, args: readonly unknown[], takes: readonly string[]): Readonly<Record<string, unknown>> {
  const [first] = args
  const plain = typeof first === 'object' && first !== null && !Array.isArray(first) && !isRef(first)
  if (plain && args.length === 1) return { ...first } // a copy, since the caller's may refuse to be asked for other names
  const shape = takes.length === 0 ? '{}' : `{ ${takes.slice(0, 3).join(': …, ')}: …${takes.length > 3 ? ', …' : ''} }`
  const got = args.length === 0 || first === undefined ? 'nothing' : isRef(first) ? refWords(first) : (whatIs(first) ?? 'something else')
  const what = plain || args.length > 1 ? `${args.length} arguments` : got
  throw new PlanError('WIRING', `${capital(owner)} takes one object with its inputs and parameters by name, got ${what}. Write: ${shape}`)
}
