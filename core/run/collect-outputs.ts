import { chmodSync, closeSync, fstatSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import path from 'node:path'
import { cancellable } from '../cancellable.ts'
import { TriremeError } from '../errors.ts'
import type { StepNode } from '../graph/node.ts'
import { filesOf, type Placed, placedAt } from '../graph/place.ts'
import { Held, unfollowed } from '../left-behind.ts'
import { digestFile } from '../store/fsync.ts'
import type { OutputFile } from '../store/record.ts'
import { type FileKind, fileOf, isSameAs, type OutKind } from '../vocabulary/kind.ts'
import { byNature } from '../vocabulary/natural-order.ts'
import type { OutputFolders } from './output-folders.ts'

/** What outputs are collected from. */
export interface Collecting {
  readonly folder: string
  readonly outputs: OutputFolders
  /** Path of the first file that fills an input, for probes. */
  readonly input: (slot: string) => string | undefined
}
/**
 * Checks the outputs that the step declares and gathers them in the folder that is published: every declared file is there, is a regular
 * file of one name, is not empty, and passes its kind's probe; it is made read-only and digested. Each is moved there first, out of the step's
 * reach, and what was moved is looked at: so nothing that the step put in its place is followed. Undeclared files stay behind. Where an output has
 * a fault, all are moved back for people to look at.
 * @throws TriremeError `STEP` naming the output and the fault; the signal's reason once it says so
 */
export async function collectOutputs(
  node: StepNode,
  label: string,
  at: Collecting,
  signal?: AbortSignal,
): Promise<Readonly<Record<string, readonly OutputFile[]>>> {
  const gathering = new Gathering(label, at)
  const outputs: Record<string, readonly OutputFile[]> = {}
  try {
    for (const [port, kind] of Object.entries(node.step.outputs)) {
      const files: OutputFile[] = []
      for (const placed of gathering.outputs(port, kind)) {
        for (const file of filesOf(placed)) check(label, port, file, at)
        await probe(label, port, fileOf(kind), placed, at, signal)
        for (const file of filesOf(placed)) files.push(await sealOutput(label, port, file, at, signal))
      }
      outputs[port] = files
    }
    return outputs
  } catch (cause) {
    gathering.undo()
    throw cause
  }
}
const broken = (label: string, port: string, fault: string) =>
  new TriremeError('STEP', `Step ${label} ended well, but its output "${port}" ${fault}`)

/** Moves outputs from where the step wrote them to where they are published. */
class Gathering {
  readonly #label: string
  readonly #at: Collecting
  readonly #moved: { readonly from: string; readonly to: string }[] = []
  constructor(label: string, at: Collecting) {
    this.#label = label
    this.#at = at
    const { folder, outputs } = at
    if (!outputs.out.isAt(path.join(folder, 'out'))) throw this.#noFolder('out')
  }
  #noFolder(name: string): TriremeError {
    const [what, right] = [
      `left no folder "${name}", where its outputs belong`,
      'A step leaves the folders that it was given where they are',
    ]
    return new TriremeError('STEP', `Step ${this.#label} ${what}. ${right}.`)
  }
  /** The files of an output, at their new places; for a list, as many as the step wrote. */
  outputs(port: string, kind: OutKind): readonly Placed[] {
    const file = fileOf(kind)
    const { out, entry } = this.#at.outputs
    if ('many' in kind) return this.#list(port, file)
    const from = placedAt(`${out.place}/${port}`, file)
    if ('optional' in kind && !filesOf(from).some(unfollowed)) return []
    const to = placedAt(`${entry.place}/${port}`, file)
    this.#move(port, filesOf(from), filesOf(to))
    return [to]
  }
  /** Files of a list that a step wrote, in natural order of their names: 2 before 10. */
  #list(port: string, kind: FileKind): readonly Placed[] {
    const { out, entry, lists } = this.#at.outputs
    const folder = lists.get(port)
    if (folder?.isAt(`${out.place}/${port}`) !== true) throw this.#noFolder(`out/${port}`)
    const names = readdirSync(folder.place).sort(byNature)
    const stray = names.find(
      name => ![kind.extension, ...kind.companions.map(suffix => kind.extension + suffix)].some(end => name.endsWith(end)),
    )
    if (stray !== undefined)
      throw new TriremeError(
        'STEP',
        `Step ${this.#label} wrote "${stray}" into its list "${port}". A list of ${kind.format} holds files ending in ${kind.extension} only. Name them so.`,
      )
    mkdirSync(`${entry.place}/${port}`)
    return names
      .filter(name => name.endsWith(kind.extension))
      .map(name => {
        const base = name.slice(0, -kind.extension.length)
        const to = placedAt(`${entry.place}/${port}/${base}`, kind) // not by `path.join`: a file may be named .txt
        this.#move(port, filesOf(placedAt(`${folder.place}/${base}`, kind)), filesOf(to))
        return to
      })
  }
  #move(port: string, from: readonly string[], to: readonly string[]): void {
    for (const [n, file] of from.entries()) {
      if (!unfollowed(file)) continue // `check` says so
      try {
        renameSync(file, to[n]!)
      } catch (cause) {
        throw broken(this.#label, port, faultOfFile(path.basename(file), cause))
      }
      this.#moved.push({ from: file, to: to[n]! })
    }
  }
  undo(): void {
    for (const { from, to } of this.#moved) {
      try {
        renameSync(to, from)
      } catch {
        // Its folder is gone: it is removed with the others.
      }
    }
  }
}
/** What the system refuses for a file of a step, such as one made immutable, in words; its other faults are the store's. */
function faultOfFile(name: string, cause: unknown): string {
  const { code } = cause as NodeJS.ErrnoException // of Node's file functions
  if (!['EPERM', 'EACCES', 'EBUSY'].includes(String(code))) throw cause
  return `cannot be taken (${code}): ${name}. A step leaves its outputs as files that may be read, renamed and made read-only.`
}
const publishedName = ({ outputs }: Collecting, file: string) => path.relative(outputs.entry.place, file)

function check(label: string, port: string, file: string, at: Collecting): void {
  const there = unfollowed(file)
  const name = publishedName(at, file)
  const own = 'A step writes its outputs itself'
  if (!there)
    throw broken(
      label,
      port,
      `is missing: there is no ${name}. A step writes every output it promises; one it may leave out is declared optional(…).`,
    )
  if (there.isSymbolicLink())
    throw broken(label, port, `is no regular file: ${name} is a link. ${own}; a link would break when its target goes.`)
  if (there.isDirectory()) throw broken(label, port, `is no regular file: ${name} is a folder. ${own}, each as one file.`)
  if (!there.isFile()) throw broken(label, port, `is no regular file: ${name} is a pipe, a socket or a device. ${own}, as files.`)
  if (there.nlink > 1n)
    throw broken(
      label,
      port,
      `has another name besides ${name}: it is a hard link, and the other file would become read-only with it. ${own}, or copies them, for example with cp --reflink=auto; what lies in tmp/ may be moved.`,
    )
  if (there.size === 0n) throw broken(label, port, `is empty: ${name}. An empty file is no result.`)
}
async function probe(label: string, port: string, kind: FileKind, placed: Placed, at: Collecting, signal?: AbortSignal): Promise<void> {
  if (!kind.probe) return
  const same = (fact: string) => {
    const value = (kind.facts as Readonly<Record<string, unknown>>)[fact] // facts are plain data
    return isSameAs(value) ? at.input(value.sameAs) : undefined
  }
  const probing = kind.probe({ ...placed, companions: Object.values(placed.companions), facts: { ...kind.facts }, same })
  const fault = await cancellable(probing, signal)
  if (fault !== undefined) throw broken(label, port, `${fault}. Nothing was published.`)
}
/** Of less than a write permission: whoever may read it is the umask's affair. */
const readOnly = 0o444 & ~process.umask()

/** A descriptor of a file that is read-only from now on. */
function openSealed(label: string, port: string, name: string, held: Held): number {
  try {
    chmodSync(held.place, readOnly)
    return held.open()
  } catch (cause) {
    throw broken(label, port, faultOfFile(name, cause))
  }
}
/** Makes a file read-only and digests it, by what is held of it. */
async function sealOutput(label: string, port: string, file: string, at: Collecting, signal?: AbortSignal): Promise<OutputFile> {
  const name = publishedName(at, file)
  const held = new Held(file)
  try {
    if (!held.stats.isFile() || held.stats.nlink > 1n)
      throw broken(label, port, `was replaced while it was looked at: ${name}. Something of the step goes on after its end.`)
    const descriptor = openSealed(label, port, name, held)
    try {
      const { size } = fstatSync(descriptor)
      return { name, size, sha256: await digestFile(descriptor, size, signal) }
    } finally {
      closeSync(descriptor)
    }
  } finally {
    held.close()
  }
}
/** The files of a published output, read back from the names in its record. */
export function placedFrom(folder: string, port: string, kind: OutKind, files: readonly OutputFile[]): readonly Placed[] {
  const file = fileOf(kind)
  if ('many' in kind) {
    const mains = files.filter(({ name }) => name.endsWith(file.extension))
    return mains.map(({ name }) => placedAt(`${folder}/${name.slice(0, -file.extension.length)}`, file))
  }
  return files.length === 0 ? [] : [placedAt(path.join(folder, port), file)]
}
