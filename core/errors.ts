import { inspect } from 'node:util'
import { withoutSecrets } from './secrets.ts'

/**
 * The closed list of what can go wrong. Each code has one exit status of the command line (see docs/reference/cli.md#exit-codes).
 *
 * - `WIRING`: a file was given where a file of another kind or with other facts is asked for
 * - `PARAMETER`: a value does not fit its schema
 * - `SAMPLESHEET`: a sheet's columns or rows are at fault
 * - `DEFINITION`: a step or pipeline is defined inconsistently
 * - `INPUT`: a file that the user gave is missing, unreadable or not what it should be
 * - `TOOL`: a program is missing or has a version that the step does not accept
 * - `RESOURCES`: a step needs more memory or GPUs than there are
 * - `STEP`: a step failed, or its outputs are not what it declares
 * - `STORE`: the store cannot be read or written
 * - `ENVIRONMENT`: the environment of a run cannot be used: its cluster, its bucket, its images, its settings
 * - `USAGE`: a command was given wrong arguments or options
 * - `CANCELLED`: somebody stopped the run
 */
export type Code =
  | 'WIRING'
  | 'PARAMETER'
  | 'SAMPLESHEET'
  | 'DEFINITION'
  | 'INPUT'
  | 'TOOL'
  | 'RESOURCES'
  | 'STEP'
  | 'STORE'
  | 'ENVIRONMENT'
  | 'USAGE'
  | 'CANCELLED'

/** Every error that Trireme raises on purpose: its message says what is wrong, what would be right, what to do. No secret is in it. */
export class TriremeError extends Error {
  override readonly name: string = 'TriremeError'
  readonly code: Code
  /** Rows of a sheet that are at fault, counted from 0. Code that has read the sheet from a file names their lines instead. */
  readonly rows: readonly number[]
  /** The message without the words for its rows. */
  readonly fault: string
  /** @param options `rows`: numbers from 0 of the rows at fault; `Rows 2 and 3: ` then comes before the message */
  constructor(code: Code, message: string, options?: ErrorOptions & { readonly rows?: readonly number[] }) {
    const { rows = [], ...rest } = options ?? {}
    const counted = rows.map(row => row + 1)
    const fault = withoutSecrets(message)
    super(rows.length > 0 ? `${listedPlaces('Row', counted)}: ${fault}` : fault, rest)
    this.code = code
    this.rows = rows
    this.fault = fault
  }
}
/** `line 2`; `lines 2 and 3`; `lines 2, 3 and 5`. */
export const listedPlaces = (word: string, numbers: readonly (number | string)[]): string =>
  numbers.length === 1 ? `${word} ${numbers[0]}` : `${word}s ${numbers.slice(0, -1).join(', ')} and ${numbers.at(-1)}`

/** The client of a run gives up, but what the run has sent goes on by itself: the run is not over, and can be followed again. */
export class Detached extends TriremeError {}
/** An error found while the graph is made: nothing has run. */
export class PlanError extends TriremeError {
  override readonly name = 'PlanError'
}
/** What stands for a file that is not there yet has this method: it says in words what it is. Shared by copies of the library. */
export const inWords = Symbol.for('trireme.in-words')
/** Any value as one short line of a message. Unlike JSON alone it never throws, and it is never long. */
export function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : (whatIs(value) ?? jsonLine(value))
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
/** The words of a value that has some: of a promised file, of all outputs of a step. */
export const whatIs = (value: unknown): string | undefined =>
  typeof value === 'object' && value !== null && inWords in value && typeof value[inWords] === 'function' ? value[inWords]() : undefined
function jsonLine(value: unknown): string {
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function') return String(value)
  try {
    return JSON.stringify(value)
  } catch {
    return inspect(value, { depth: 2, breakLength: Number.POSITIVE_INFINITY }) // it holds a promised file, which refuses to become text
  }
}
