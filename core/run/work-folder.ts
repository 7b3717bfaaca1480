import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { StepNode } from '../graph/node.ts'
import { type Placed, placedAt } from '../graph/place.ts'
import {
  assetName,
  type Grant,
  inputBase,
  inputName,
  listWords,
  type PipedOutput,
  responseText,
  resumeName,
  type StepWords,
  stepWords,
} from '../graph/step-words.ts'
import { Held, removeTree, removeTreeInTurns, unfollowed } from '../left-behind.ts'
import { resumes } from '../vocabulary/command.ts'
import { fileOf } from '../vocabulary/kind.ts'
import type { Collecting } from './collect-outputs.ts'
import { OutputFolders } from './output-folders.ts'

/** What fills a slot when the step starts: one file, a list, or files by name. */
export type Filled = Placed | readonly Placed[] | Readonly<Record<string, Placed>>
export type Inputs = Readonly<Record<string, Filled>>

/** A step's private folder: inputs are staged in `in/`, outputs are expected in `out/`; the rest is scratch. */
export interface WorkFolder extends Omit<StepWords<string>, 'responses'>, Collecting {
  /** The folder itself, whatever takes its place. */
  readonly held: Held
}
/** How a step is joined to those before and after it in a chain: named pipes instead of files. */
export interface Joints {
  /** The input that is read from a pipe. */
  readonly from?: { readonly slot: string; readonly pipe: string }
  /** The output that is written to a pipe, `link/aligned.bam` in the step's folder. */
  readonly to?: PipedOutput
}
export interface Staging {
  readonly joints?: Joints
  /** Folder for checkpoints of the step, for one that asks for it. */
  readonly kept?: string
  readonly view?: View
}
/** How a step sees files outside of its folder: under their own paths, or in a container under others. */
export interface View {
  /** The target of a link in its folder: `to` is the link, `from` the file. */
  readonly target: (from: string, to: string) => string
  /** The target of the link for an asset. Without it there is no link: the step sees the file by its path. */
  readonly asset?: (slot: string, path: string) => string
}
const here: View = { target: (from, to) => path.relative(path.dirname(to), from) }
/**
 * Makes the folder, for one attempt: what an earlier one left running never meets it. Every file has a name that Trireme chose (`in/reads_1.fastq.gz`, `in/bams/0001.bam`) and argv is relative to the
 * folder, so no user's file name reaches a command and no path of a machine reaches an output.
 */
export function makeWorkFolder(
  folder: string,
  node: StepNode,
  inputs: Inputs,
  got: Grant,
  { joints = {}, kept, view = here }: Staging = {},
): WorkFolder {
  const { step } = node
  const assets = view.asset ? Object.entries(step.assets) : []
  const { responses, ...words } = stepWords(node, {
    granted: got,
    pipe: joints.to,
    assets: view.asset ? 'by link' : 'by path',
    list: slot => listWords(step, slot, filesByKey(inputs[slot]!).length),
  })
  mkdirSync(folder)
  const held = new Held(folder)
  mkdirSync(path.join(folder, 'tmp'))
  const outputs = new OutputFolders(folder, step)
  if (Object.keys(step.inputs).length + assets.length + responses.length > 0) mkdirSync(path.join(folder, 'in'))
  if (joints.to) mkdirSync(path.join(folder, 'link'))
  if (kept !== undefined && resumes(node.script)) {
    ensureOwnFolder(path.dirname(kept))
    ensureOwnFolder(kept)
    symlinkSync(view.target(kept, path.join(folder, resumeName)), path.join(folder, resumeName))
  }
  stage(folder, node, inputs, view)
  if (joints.from) symlinkSync(joints.from.pipe, path.join(folder, inputName(step, joints.from.slot)))
  for (const [slot, asset] of assets) symlinkSync(view.asset!(slot, asset.path), path.join(folder, assetName(slot, asset.path)))
  for (const { file, lines } of responses) writeFileSync(path.join(folder, file), responseText(node, lines), { flag: 'wx' })
  return {
    ...words,
    folder,
    held,
    outputs,
    input: slot => inputs[slot] && filesByKey(inputs[slot])[0]?.path,
  }
}
/** Lets go of an attempt's folder. @param remove with all that is in it */
export async function leave({ folder, held, outputs }: WorkFolder, remove: boolean, signal?: AbortSignal): Promise<void> {
  outputs.end()
  if (remove && held.isAt(folder)) await removeTreeInTurns(folder, signal) // what cannot be removed is left to the end of the run
  held.close()
}
/** Makes a folder that steps may write to where there is none: an earlier one may have put anything in its place. */
function ensureOwnFolder(folder: string): void {
  if (unfollowed(folder)?.isDirectory()) return
  removeTree(folder)
  mkdirSync(folder)
}
/** The files of a slot, in their order. */
function filesByKey(filled: Filled): readonly Placed[] {
  if (isPlaced(filled)) return [filled]
  return Array.isArray(filled) ? filled : Object.values(filled)
}
const isPlaced = (filled: Filled): filled is Placed => 'path' in filled && typeof filled.path === 'string'

/** Links every input below `in/`. */
function stage(folder: string, { step }: StepNode, inputs: Inputs, view: View): void {
  const link = (from: string, to: string) => symlinkSync(view.target(from, to), to)
  for (const [slot, filled] of Object.entries(inputs)) {
    const single = isPlaced(filled)
    if (!single) mkdirSync(path.join(folder, inputBase(slot)))
    for (const [n, placed] of filesByKey(filled).entries()) {
      const want = placedAt(path.join(folder, inputBase(slot, single ? undefined : n)), fileOf(step.inputs[slot]!))
      for (const [part, to] of Object.entries(want.parts)) link(placed.parts[part]!, to)
      for (const [suffix, to] of Object.entries(want.companions)) link(placed.companions[suffix]!, to)
      if (Object.keys(want.parts).length === 0) link(placed.path, want.path)
    }
  }
}
