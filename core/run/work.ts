import { mkdir, rm, symlink } from 'node:fs/promises'
import path from 'node:path'
import { type Granted, granted, type Places, resolve, type Slot } from '../command.ts'
import { fileOf } from '../kind.ts'
import type { StepNode } from '../node.ts'
import { type Placed, placedAt } from '../place.ts'

/** What fills a slot when the step starts: one file, a list, or files by name. */
export type Filled = Placed | readonly Placed[] | Readonly<Record<string, Placed>>
export type Inputs = Readonly<Record<string, Filled>>

/** A step's private folder: inputs are staged in `in/`, outputs promised in `out/`; the rest is scratch. */
export interface Work {
  readonly folder: string
  readonly out: string
  readonly log: string
  readonly argv: readonly (readonly (readonly string[])[])[]
  /** File that receives stdout, where an output does. */
  readonly stdout: string | undefined
  /** Path of the first file that fills an input, for probes. */
  readonly input: (slot: string) => string | undefined
}
/**
 * Makes the folder. Every file has a name that we chose (`in/reads_1.fastq.gz`, `in/bams/0001.bam`) and argv is relative to the
 * folder, so no user's file name reaches a command and no path of a machine reaches an output.
 */
export async function prepare(
  folder: string,
  node: StepNode,
  inputs: Inputs,
  got: { readonly cpu: number; readonly memory: number },
): Promise<Work> {
  await rm(folder, { recursive: true, force: true })
  for (const dir of ['in', 'out', 'tmp']) await mkdir(path.join(folder, dir), { recursive: true })
  const staged: Record<string, string> = {} // slot, or slot and key or number → base path below the folder
  for (const [slot, filled] of Object.entries(inputs)) {
    const kind = fileOf(node.step.inputs[slot]!)
    const each = several(filled)
    if (each) await mkdir(path.join(folder, 'in', slot))
    for (const [n, [key, placed]] of (each ?? [['', filled as Placed] as const]).entries()) {
      // not several: it is one
      const base = each ? `in/${slot}/${String(n + 1).padStart(4, '0')}` : `in/${slot}`
      staged[JSON.stringify([slot, key])] = base
      const want = placedAt(path.join(folder, base), kind)
      const pairs = [
        ...Object.entries(want.parts).map(([part, to]) => [placed.parts[part], to]),
        ...Object.entries(want.companions).map(([suffix, to]) => [placed.companions[suffix], to]),
        ...(Object.keys(want.parts).length > 0 ? [] : [[placed.path, want.path]]),
      ]
      for (const [from, to] of pairs) await symlink(path.relative(path.dirname(to!), from!), to!)
    }
  }
  for (const [port, kind] of Object.entries(node.step.outputs)) if ('many' in kind) await mkdir(path.join(folder, 'out', port))
  const places = placesOf(node, inputs, staged, got)
  const { pipes, stdout } = node.script
  return {
    folder,
    out: path.join(folder, 'out'),
    log: path.join(folder, 'log.txt'),
    argv: pipes.map(stages => stages.map(argv => resolve(argv, places))),
    stdout: stdout && path.join(folder, places.slot(stdout)),
    input: slot => {
      const filled = inputs[slot]
      return filled && (several(filled)?.[0]?.[1] ?? (filled as Placed)).path // several is undefined for one file
    },
  }
}
const several = (filled: Filled): readonly (readonly [string, Placed])[] | undefined =>
  'path' in filled && typeof filled.path === 'string'
    ? undefined
    : Array.isArray(filled)
      ? filled.map((placed: Placed, n) => [String(n), placed] as const)
      : Object.entries(filled as Readonly<Record<string, Placed>>) // neither a file nor a list

function placesOf(node: StepNode, inputs: Inputs, staged: Readonly<Record<string, string>>, got: { cpu: number; memory: number }): Places {
  const { step } = node
  const slot = ({ slot, part, key = '' }: Slot): string => {
    const asset = step.assets[slot]
    if (asset) return asset.path
    const kind = step.outputs[slot] ?? step.inputs[slot]!
    const base = slot in step.outputs ? `out/${slot}` : staged[JSON.stringify([slot, key])]!
    if ('many' in kind) return base
    const placed = placedAt(base, fileOf(kind))
    return part === undefined ? placed.path : placed.parts[part]!
  }
  return {
    slot,
    list: slot =>
      (several(inputs[slot]!) ?? []).map(([key]) => placedAt(staged[JSON.stringify([slot, key])]!, fileOf(step.inputs[slot]!)).path),
    granted: (amount: Granted) => granted(amount, got),
  }
}
