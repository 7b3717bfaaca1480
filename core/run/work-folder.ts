import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import type { StepNode } from '../graph/node.ts'
import { type Placed, placedAt } from '../graph/place.ts'
import { granted, type Places, resolve, resumes, type Slot } from '../vocabulary/command.ts'
import { fileOf } from '../vocabulary/kind.ts'

/** What fills a slot when the step starts: one file, a list, or files by name. */
export type Filled = Placed | readonly Placed[] | Readonly<Record<string, Placed>>
export type Inputs = Readonly<Record<string, Filled>>

/** A step's private folder: inputs are staged in `in/`, outputs promised in `out/`; the rest is scratch. */
export interface Work {
  readonly folder: string
  readonly out: string
  readonly log: string
  readonly argv: readonly (readonly (readonly string[])[])[]
  /** File that receives stdout, where an output does; from the folder. */
  readonly stdout: string | undefined
  /** Path of the first file that fills an input, for probes. */
  readonly input: (slot: string) => string | undefined
}
/** How a step is joined to its neighbours in a chain: named pipes instead of files. */
export interface Joints {
  /** The input that is read from a pipe. */
  readonly from?: { readonly slot: string; readonly pipe: string }
  /** The output that is written to a pipe, `link/aligned.bam` in the step's folder. */
  readonly to?: { readonly port: string; readonly tee: boolean }
}
export interface Staging {
  readonly joints?: Joints
  /** Folder for checkpoints of the step, for one that asks for it. */
  readonly kept?: string
  readonly view?: View
}
/** How a step sees what lies outside of its folder: as it is, or in a container, by other paths. */
export interface View {
  /** What a link in its folder says: `to` is the link, `from` the file. */
  readonly target: (from: string, to: string) => string
  /** The word for an asset. */
  readonly asset: (slot: string, path: string) => string
}
const here: View = { target: (from, to) => path.relative(path.dirname(to), from), asset: (_, path) => path }
/** The step's standard error, beside its outputs. */
export const logName = 'stderr.log'
/** The log of a step that wrote no file of its own: it lies with the outputs of the last step of its chain, by its place in it. */
export const linkedLog = (place: number): string => `stderr.${place}.log`
/** Link to the folder of checkpoints, in the step's folder. */
const resumeName = 'resume'
/** Makes a folder ready for the next step: making and removing folders takes longer than all else around a short step. */
export function clear(folder: string): void {
  for (const name of readdirSync(folder))
    if (name !== 'tmp' && name !== 'usage') rmSync(path.join(folder, name), { recursive: true, force: true })
  for (const name of readdirSync(path.join(folder, 'tmp'))) rmSync(path.join(folder, 'tmp', name), { recursive: true, force: true })
}
/** Name of the pipe for an output, below the step's folder. */
export const pipeFor = (node: StepNode, port: string): string => `link/${port}${fileOf(node.step.outputs[port]!).extension}`
/**
 * Makes the folder, or takes one that was cleared. Every file has a name that we chose (`in/reads_1.fastq.gz`, `in/bams/0001.bam`) and argv is relative to the
 * folder, so no user's file name reaches a command and no path of a machine reaches an output.
 */
export function prepare(
  folder: string,
  node: StepNode,
  inputs: Inputs,
  got: { readonly cpu: number; readonly memory: number },
  { joints = {}, kept, view = here }: Staging = {},
): Work {
  if (!existsSync(folder)) mkdirSync(path.join(folder, 'tmp'), { recursive: true })
  mkdirSync(path.join(folder, 'out'))
  if (Object.keys(node.step.inputs).length > 0) mkdirSync(path.join(folder, 'in'))
  if (joints.to) mkdirSync(path.join(folder, 'link'))
  if (kept !== undefined && resumes(node.script)) {
    mkdirSync(kept, { recursive: true })
    symlinkSync(view.target(kept, path.join(folder, resumeName)), path.join(folder, resumeName))
  }
  const staged = stage(folder, node, inputs, view)
  if (joints.from) {
    const kind = fileOf(node.step.inputs[joints.from.slot]!)
    symlinkSync(joints.from.pipe, path.join(folder, `in/${joints.from.slot}${kind.extension}`))
    staged.set(joints.from.slot, new Map([['', `in/${joints.from.slot}`]]))
  }
  for (const [port, kind] of Object.entries(node.step.outputs)) if ('many' in kind) mkdirSync(path.join(folder, 'out', port))
  const places = placesOf(node, staged, got, joints, view)
  const { pipes, stdout } = node.script
  return {
    folder,
    out: path.join(folder, 'out'),
    log: path.join(folder, 'out', logName),
    argv: pipes.map(stages => stages.map(argv => resolve(argv, places))),
    stdout: stdout && places.slot(stdout),
    input: slot => inputs[slot] && each(inputs[slot])[0]?.[1].path,
  }
}
/** The files of a slot, each under its key: '' for a single one, its number in a list, its name. */
function each(filled: Filled): readonly (readonly [string, Placed])[] {
  if (isPlaced(filled)) return [['', filled]]
  return Array.isArray(filled) ? filled.map((placed: Placed, n) => [String(n), placed] as const) : Object.entries(filled)
}
const isPlaced = (filled: Filled): filled is Placed => 'path' in filled && typeof filled.path === 'string'
type Staged = Map<string, ReadonlyMap<string, string>>

/** Links every input below `in/`. @returns slot → key → common beginning of the file's names, from the folder */
function stage(folder: string, node: StepNode, inputs: Inputs, view: View): Staged {
  const link = (from: string, to: string) => symlinkSync(view.target(from, to), to)
  const staged: Staged = new Map()
  for (const [slot, filled] of Object.entries(inputs)) {
    const kind = fileOf(node.step.inputs[slot]!)
    const single = isPlaced(filled)
    if (!single) mkdirSync(path.join(folder, 'in', slot))
    const bases = each(filled).map(([key], n) => [key, single ? `in/${slot}` : `in/${slot}/${String(n + 1).padStart(4, '0')}`] as const)
    for (const [n, [, placed]] of each(filled).entries()) {
      const want = placedAt(path.join(folder, bases[n]![1]), kind)
      for (const [part, to] of Object.entries(want.parts)) link(placed.parts[part]!, to)
      for (const [suffix, to] of Object.entries(want.companions)) link(placed.companions[suffix]!, to)
      if (Object.keys(want.parts).length === 0) link(placed.path, want.path)
    }
    staged.set(slot, new Map(bases))
  }
  return staged
}
function placesOf(
  node: StepNode,
  staged: Staged,
  got: { readonly cpu: number; readonly memory: number },
  { to }: Joints,
  view: View,
): Places {
  const { step } = node
  const slot = ({ slot, part, key = '' }: Slot): string => {
    const asset = step.assets[slot]
    if (asset) return view.asset(slot, asset.path)
    if (to?.port === slot) return pipeFor(node, slot)
    const kind = step.outputs[slot] ?? step.inputs[slot]!
    const base = slot in step.outputs ? `out/${slot}` : staged.get(slot)!.get(key)!
    if ('many' in kind) return base
    const placed = placedAt(base, fileOf(kind))
    return part === undefined ? placed.path : placed.parts[part]!
  }
  return {
    slot,
    list: slot => [...staged.get(slot)!.values()].map(base => placedAt(base, fileOf(step.inputs[slot]!)).path),
    granted: amount => granted(amount, got),
    resume: () => resumeName,
    level: ({ level, of }) => String(to?.port === of && !to.tee ? 0 : level),
  }
}
