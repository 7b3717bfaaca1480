import { PlanError } from '../errors.ts'
import type { Given, Ref, Retry, StepNode, StepShape } from '../graph/node.ts'
import { wordsFault } from '../graph/word-limits.ts'
import type { Asset } from '../vocabulary/asset.ts'
import {
  compression,
  cpu,
  type Granted,
  type MemoryWords,
  memory,
  type Resume,
  resume,
  type Script,
  type Slot,
  type SlotList,
  standIn,
} from '../vocabulary/command.ts'
import { type FileKind, fileOf, type InKinds, type Many, type Named, type OutKinds, partsOf } from '../vocabulary/kind.ts'
import { meant } from '../vocabulary/nearest.ts'
import type { Needs } from '../vocabulary/quantity.ts'
import { type ArgsOf, parse, type Schemas, type ValuesOf } from '../vocabulary/schema.ts'
import { basePrograms, type Tool } from '../vocabulary/tool.ts'
import { checkGiven, checkSameAs, oneNameEach, promise } from './facts.ts'
import { oneObject, outputNames, seen } from './names.ts'
import { checkScript, partsOfSlot } from './script.ts'
import type { OutputsOf, Wanted } from './wiring-types.ts'

/** A kind with parts has a slot for each, and `stem`: the common beginning of their names, as `bwa index -p` takes it. */
type PartsOf<K> = K extends FileKind<string, { readonly parts: infer P }> ? { readonly [N in keyof P | 'stem']: Slot } : Slot
type InSlot<K> = K extends Named<infer F> ? Readonly<Record<string, PartsOf<F>>> : K extends Many ? SlotList : PartsOf<K>
type Assets = Readonly<Record<string, Asset>>
/** What a command may use: slots, assets, parsed parameters, and the resources granted. It sees no path, no environment variable and no clock. */
export type Scope<I, A, P extends Schemas, O> = { readonly [N in keyof I]: InSlot<I[N]> } & { readonly [N in keyof O]: PartsOf<O[N]> } & {
  readonly [N in keyof A]: Slot
} & ValuesOf<P> & { readonly cpu: Granted; readonly memory: MemoryWords; readonly compression: typeof compression; readonly resume: Resume }

export interface StepSpec<I extends InKinds, P extends Schemas, O extends OutKinds, A extends Assets, N extends string = string> {
  /** Lower case, digits and hyphens: `tool-verb`. */
  readonly name: N
  /** One line for `list` and `show`. */
  readonly about?: string
  /** EDAM operation terms, such as 'operation_3198'. */
  readonly edam?: readonly string[]
  /** Name of the container image that holds the tools. */
  readonly image: string
  /** Every program the command or its scripts call, but for the base programs of any POSIX system. @default [] */
  readonly tools?: readonly Tool[]
  /** Tools that only some calls need, by their parameters, such as the library that a chosen model is from. @default none */
  readonly mayNeed?: { readonly tools: readonly Tool[]; readonly when: (tool: Tool, params: ValuesOf<P>) => boolean }
  readonly inputs: I
  /** Parameters count in the key only as far as they change argv. */
  readonly params?: P
  readonly assets?: A
  readonly outputs: O
  /** Slots read or written once, from first byte to last: a target may join them by a pipe. @default [] */
  readonly streams?: readonly ((keyof I | keyof O) & string)[]
  /** Inputs that the program may stop reading before their end, as `head` does. Otherwise a writer cut short is a failure. @default [] */
  readonly stopsEarly?: readonly (keyof I & string)[]
  readonly needs: Needs | ((params: ValuesOf<P>) => Needs)
  /** Exit statuses that this tool ends with when trying again may help, and how many further attempts are made after the first. @default none */
  readonly retry?: Retry
  /** A short mark that tells calls of the step apart in names and logs. Not part of the key. */
  readonly tag?: (params: ValuesOf<P>) => string
  readonly command: (at: Scope<I, A, P, O>) => Script
}
/** What `step` gives: a function that wires one run of a program into a pipeline, and its definition as `spec`. */
export interface Step<I extends InKinds, P extends Schemas, O extends OutKinds, N extends string = string> {
  <G extends Wanted<I, G>>(given: { readonly [N in keyof G & keyof I]: G[N] } & ArgsOf<P>): OutputsOf<O, G>
  readonly spec: StepSpec<I, P, O, Assets, N> & { readonly params: P }
}
/**
 * Describes one program run. Calling the result wires it into a pipeline; nothing runs.
 * @throws PlanError `DEFINITION` at once when the definition contradicts itself; `WIRING` or `PARAMETER` at a wrong call
 */
export function step<
  const N extends string,
  const I extends InKinds,
  const O extends OutKinds,
  const P extends Schemas = {},
  const A extends Assets = {},
>(spec: StepSpec<I, P, O, A, N>): Step<I, P, O, N> {
  const owner = `step "${spec.name}"`
  const { params: schemas = {}, assets = {}, tools = [], streams = [], stopsEarly = [], retry = { times: 0, exits: [] } } = spec
  if (!/^[a-z][a-z0-9-]*$/.test(spec.name))
    throw new PlanError('DEFINITION', `The name of ${owner} is not lower case letters, digits and hyphens. Name it like "samtools-sort".`)
  oneNameEach(owner, [spec.inputs, spec.outputs, schemas, assets, { cpu, memory, compression, resume }])
  for (const [port, kind] of Object.entries(spec.outputs))
    if (reserved.has(port + fileOf(kind).extension))
      throw new PlanError(
        'DEFINITION',
        `In ${owner} the output "${port}" would be the file ${port}${fileOf(kind).extension}, which the store writes itself. Give it another name.`,
      )
  checkSameAs(owner, spec.inputs, spec.inputs)
  checkSameAs(owner, spec.inputs, spec.outputs)
  const { name, image, inputs: kinds, outputs: promised } = spec
  const shape: StepShape = { name, image, tools, inputs: kinds, outputs: promised, assets, streams, stopsEarly, retry }
  /** Calls that need the same tools have one shape. */
  const shapes = new Map([['', shape]])
  const shapeFor = (params: ValuesOf<P>): StepShape => {
    const more = spec.mayNeed?.tools.filter(tool => spec.mayNeed?.when(tool, params)) ?? []
    const mark = more.map(({ name }) => name).join(' ')
    const known = shapes.get(mark) ?? { ...shape, tools: [...tools, ...more] }
    shapes.set(mark, known)
    return known
  }
  const ownSlots = { ...slots(spec.outputs), ...slots(assets) }
  /** Only the words of a slot by name depend on what it is given. */
  const sameSlots = Object.values(spec.inputs).some(kind => 'named' in kind) ? undefined : slots(spec.inputs, spec.inputs)
  const names = [...Object.keys(spec.inputs), ...Object.keys(schemas)]
  const [inside, outputs] = [seen<object>(`the command of ${owner}`), outputNames<Record<string, Ref>>(owner)]
  const call = (...all: readonly unknown[]) => {
    const args = oneObject(owner, all, names)
    checkNames(owner, [spec.inputs, schemas], args)
    const params = parse(owner, schemas, args) as ValuesOf<P> // parsed by these very schemas
    const inputs = checkGiven(owner, spec.inputs, args) as Record<string, Given> // steps take no rows
    const scope = inside({ ...(sameSlots ?? slots(spec.inputs, inputs)), ...ownSlots, ...params, cpu, memory, compression, resume })
    const script = commandOf(owner, () => spec.command(scope as Scope<I, A, P, O>)) // the same names, by the type's construction
    checkScript(owner, script)
    const step = shapeFor(params)
    checkPrograms(owner, script, step.tools)
    const needs = typeof spec.needs === 'function' ? spec.needs(params) : spec.needs
    const node: StepNode = { kind: 'step', step, inputs, params, needs, script, tag: spec.tag?.(params) }
    const fault = wordsFault(node)
    if (fault !== undefined) throw new PlanError('DEFINITION', `In the command of ${owner} ${fault}`)
    return outputs(promise(node, spec.name, spec.outputs, inputs))
  }
  return Object.assign(call, { spec: { ...spec, params: schemas } }) as unknown as Step<I, P, O, N> // the generic signature says what `call` checks
}
/** A standIn that refuses to become text does not know whose it is. */
function commandOf(owner: string, command: () => Script): Script {
  try {
    return command()
  } catch (cause) {
    if (!(cause instanceof PlanError)) throw cause
    throw new PlanError(cause.code, cause.message.replace(/^In a command/, `In the command of ${owner}`), { cause })
  }
}
/** Files that lie beside a step's outputs in the store. */
const reserved = new Set(['record.json', 'stderr.log'])
function slots(named: Readonly<Record<string, unknown>>, filled: Readonly<Record<string, object>> = {}) {
  return Object.fromEntries(
    Object.entries(named).map(([name, kind]) => {
      if (typeof kind !== 'object' || kind === null) return [name, standIn({ slot: name })]
      if ('named' in kind) {
        const keys = Object.keys(filled[name] ?? {})
        return [name, Object.fromEntries(keys.map(key => [key, partSlots({ slot: name, key }, fileOf(kind as Named))]))] // it has the property 'named'
      }
      if ('many' in kind) return [name, name in filled ? standIn({ list: name }) : standIn({ slot: name })]
      return [name, 'facts' in kind || 'optional' in kind ? partSlots({ slot: name }, fileOf(kind as FileKind)) : standIn({ slot: name })] // it has one of these properties
    }),
  )
}
function partSlots(slot: Slot, kind: FileKind) {
  const set = partsOf(kind)
  if (!set) return standIn(slot)
  const parts = Object.keys(set).map(part => [part, standIn({ ...slot, part })])
  return partsOfSlot(slot.slot, { stem: standIn(slot), ...Object.fromEntries(parts) })
}
/** The compiler's "Object literal may only specify known properties", for callers it does not see. */
export function checkNames(owner: string, groups: readonly object[], args: object): void {
  for (const name of Object.keys(args))
    if (!groups.some(group => Object.hasOwn(group, name)))
      throw new PlanError(
        'PARAMETER',
        `${owner[0]!.toUpperCase()}${owner.slice(1)} has no "${name}".${meant(name, groups.flatMap(Object.keys))} It takes: ${groups.flatMap(Object.keys).join(', ')}.`,
      )
}
function checkPrograms(owner: string, script: Script, tools: readonly Tool[]): void {
  for (const [program] of script.pipes.flat())
    if (typeof program === 'string' && !basePrograms.has(program) && !tools.some(tool => (tool.program ?? tool.name) === program))
      throw new PlanError(
        'DEFINITION',
        `In ${owner} the program "${program}" is none of its tools, so its version would not be in the key. Add it to tools: [${tools.map(tool => tool.name).join(', ')}].`,
      )
}
