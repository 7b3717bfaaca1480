import path from 'node:path'
import { PlanError } from '../errors.ts'
import { type Granted, granted, type Level, resolve, type Slot, type WordPlaces } from '../vocabulary/command.ts'
import { fileOf } from '../vocabulary/kind.ts'
import { rung } from '../vocabulary/quantity.ts'
import type { Link } from './chains.ts'
import type { Given, StepNode, StepShape } from './node.ts'
import { placedAt } from './place.ts'

// The words of a step's programs, and the names of the files that they mean. All paths start at the step's own folder, and Trireme chooses the
// names. Code that runs a step, writes a job for it or reports it afterwards takes the words from here, so that a report shows what ran.

/** Resources granted to an attempt; memory in bytes. */
export interface Grant {
  readonly cpu: number
  readonly memory: number
}
/** What an attempt is granted in a pod that stands so many rungs of memory above the lowest: no more cores than the environment's limit. */
export const grantOf = ({ needs }: StepNode, climbed: number, cores = Number.POSITIVE_INFINITY): Grant => ({
  cpu: Math.min(needs.cpu, cores),
  memory: rung(needs.memory, climbed),
})
/** An output that goes into a pipe, to the next step of a chain; with `tee` it is written as a file, too. */
export type PipedOutput = Pick<Link, 'port' | 'tee'>
/** What a step's words depend on, beside the step. An input has the same word whether it is a file or a pipe. */
export interface WordsOptions<W> {
  readonly granted: Grant
  readonly pipe?: PipedOutput | undefined
  /** How the step sees an asset: by its path on this machine, or by a link beside the inputs, as in a container or a pod. */
  readonly assets: 'by path' | 'by link'
  /** What stands for all files of a list. */
  readonly list: (slot: string) => readonly W[]
}
export interface StepWords<W> {
  /** By pipe and stage. */
  readonly argv: readonly (readonly (readonly W[])[])[]
  /** File that receives the last program's standard output, where an output does. */
  readonly stdout: string | undefined
  /** Files of words, in the order in which they can be written. */
  readonly responses: readonly ResponseWords<W>[]
}
export interface ResponseWords<W> {
  /** From the step's folder. */
  readonly file: string
  readonly lines: readonly W[]
}
/** The words that a step runs with. */
export function stepWords<W = string>(node: StepNode, options: WordsOptions<W>): StepWords<string | W> {
  const { pipe } = options
  const responses: ResponseWords<string | W>[] = []
  const places: WordPlaces<W> = {
    slot: slot => slotWord(node, slot, options),
    list: options.list,
    granted: (amount: Granted) => granted(amount, options.granted),
    resume: () => resumeName,
    level: ({ level, of }: Level) => String(pipe?.port === of && !pipe.tee ? 0 : level),
    response: lines => responses[responses.push({ file: responseName(responses.length), lines }) - 1]!.file,
  }
  const { pipes, stdout } = node.script
  return { argv: pipes.map(stages => stages.map(argv => resolve(argv, places))), stdout: stdout && places.slot(stdout), responses }
}
function slotWord(node: StepNode, { slot, part, key }: Slot, { pipe, assets }: Pick<WordsOptions<unknown>, 'pipe' | 'assets'>): string {
  const { step, inputs } = node
  const asset = step.assets[slot]
  if (asset) return assets === 'by path' ? asset.path : assetName(slot, asset.path)
  if (pipe?.port === slot) return pipeName(step, slot)
  const kind = step.outputs[slot] ?? step.inputs[slot]!
  const nth = key === undefined ? undefined : numbersIn(inputs[slot]!).get(key)
  const base = slot in step.outputs ? outputBase(slot) : inputBase(slot, nth)
  if ('many' in kind) return base
  const placed = placedAt(base, fileOf(kind))
  return part === undefined ? placed.path : placed.parts[part]!
}
const knownNumbers = new WeakMap<Given, ReadonlyMap<string, number>>()
/** By name, the number from 0 of each file. Looked up for every word, of which there may be as many. */
function numbersIn(given: Given): ReadonlyMap<string, number> {
  const numbers = knownNumbers.get(given) ?? new Map(Object.keys(given).map((name, n) => [name, n]))
  knownNumbers.set(given, numbers)
  return numbers
}
/** The words for a list of so many files. */
export function listWords({ inputs }: StepShape, slot: string, count: number): readonly string[] {
  const kind = fileOf(inputs[slot]!)
  return Array.from({ length: count }, (_, n) => placedAt(inputBase(slot, n), kind).path)
}
/** A list whose length is known where it is staged: `listWords` has the folder, a number from 0001, and the suffix. */
export interface ListWord {
  readonly list: string
  readonly suffix: string
}
export const listWord = ({ inputs }: StepShape, slot: string): ListWord => ({
  list: inputBase(slot),
  suffix: placedAt('', fileOf(inputs[slot]!)).path,
})

/** Common beginning of the names of what fills a slot. @param nth from 0: of a list, or of files by name, which lie in a folder */
export const inputBase = (slot: string, nth?: number): string =>
  nth === undefined ? `in/${slot}` : `in/${slot}/${String(nth + 1).padStart(4, '0')}`
/** An input that is one file, or is read from a pipe. */
export const inputName = ({ inputs }: StepShape, slot: string): string => placedAt(inputBase(slot), fileOf(inputs[slot]!)).path
/** Common beginning of the names of an output's files; of a list, the folder. */
export const outputBase = (port: string): string => `out/${port}`
export const outputName = ({ outputs }: StepShape, port: string): string => placedAt(outputBase(port), fileOf(outputs[port]!)).path
/** The pipe that an output goes into. */
export const pipeName = ({ outputs }: StepShape, port: string): string => `link/${port}${fileOf(outputs[port]!).extension}`
/** The link by which a step sees an asset. It begins with a dot, as no slot does. */
export const assetName = (slot: string, file: string): string => `in/.${slot}${path.extname(file)}`
/** The n-th file of words, from 0. It begins with an @, as no slot does. */
const responseName = (n: number): string => `in/@${n + 1}.txt`
/** What a file of words holds. @throws PlanError where a word would be several lines */
export function responseText({ step }: StepNode, lines: readonly string[]): string {
  const broken = lines.find(line => /[\n\r]/.test(line))
  if (broken !== undefined)
    throw new PlanError(
      'DEFINITION',
      `In the command of step "${step.name}" a word of responseFile(…) has a line break, ${JSON.stringify(broken)}, and such a file holds one word a line. Give that word in argv, or without the break.`,
    )
  return lines.map(line => `${line}\n`).join('')
}
/** The folder for checkpoints. */
export const resumeName = 'resume'
