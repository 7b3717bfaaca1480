import { chmodSync, lstatSync, readdirSync, rmSync, type Stats } from 'node:fs'
import path from 'node:path'
import { TriremeError } from '../errors.ts'
import type { StepNode } from '../graph/node.ts'
import { filesOf, type Placed, placedAt } from '../graph/place.ts'
import { digestFile } from '../store/fsync.ts'
import type { OutputFile } from '../store/record.ts'
import { type FileKind, fileOf, isSameAs, type OutKind } from '../vocabulary/kind.ts'
import { byNature } from '../vocabulary/natural-order.ts'
import { logName, type WorkFolder } from './work-folder.ts'

/**
 * Checks the outputs that the step declares and makes their folder ready to publish: every declared file is there, is a regular
 * file, is not empty, and passes its kind's probe; it is made read-only and digested. Undeclared files are removed.
 * @throws TriremeError `STEP` naming the output and the fault
 */
export async function collectOutputs(
  node: StepNode,
  label: string,
  work: WorkFolder,
): Promise<Readonly<Record<string, readonly OutputFile[]>>> {
  const outputs: Record<string, readonly OutputFile[]> = {}
  for (const [port, kind] of Object.entries(node.step.outputs)) {
    const placed = filesOfOutput(work.out, port, kind, label)
    for (const each of placed) await checkOutput(label, port, fileOf(kind), each, work)
    outputs[port] = await Promise.all(placed.flatMap(filesOf).map(file => seal(file, work.out)))
  }
  const kept = new Set([logName, ...Object.values(outputs).flatMap(files => files.map(file => file.name))])
  if (readdirSync(work.out).every(name => kept.has(name))) return outputs
  const rooms = new Set([...kept].map(name => path.dirname(name)))
  for (const file of readdirSync(work.out, { withFileTypes: true, recursive: true })) {
    const name = path.relative(work.out, path.join(file.parentPath, file.name))
    if (!kept.has(name) && !rooms.has(name)) rmSync(path.join(work.out, name), { recursive: true, force: true })
  }
  return outputs
}
/** The files of an output as they should be; for a list, as many as the step wrote. */
function filesOfOutput(out: string, port: string, kind: OutKind, label: string): readonly Placed[] {
  const file = fileOf(kind)
  if ('many' in kind) return listedFiles(path.join(out, port), file, label, port)
  const placed = placedAt(path.join(out, port), file)
  if (!('optional' in kind)) return [placed]
  return filesOf(placed).some(found) ? [placed] : []
}
/** Files of a list that a step wrote, in natural order of their names: 2 before 10. */
function listedFiles(folder: string, kind: FileKind, label: string, port: string): readonly Placed[] {
  const names = readdirSync(folder).sort(byNature)
  const stray = names.find(
    name => ![kind.extension, ...kind.companions.map(suffix => kind.extension + suffix)].some(end => name.endsWith(end)),
  )
  if (stray !== undefined)
    throw new TriremeError(
      'STEP',
      `Step ${label} wrote "${stray}" into its list "${port}". A list of ${kind.format} holds files ending in ${kind.extension} only. Name them so.`,
    )
  return names
    .filter(name => name.endsWith(kind.extension))
    .map(name => placedAt(`${folder}/${name.slice(0, -kind.extension.length)}`, kind)) // not by `path.join`: a file may be named .txt
}
async function checkOutput(label: string, port: string, kind: FileKind, placed: Placed, work: WorkFolder): Promise<void> {
  for (const file of filesOf(placed)) {
    const name = path.relative(work.out, file)
    const there = found(file)
    const broken = (fault: string, right: string) =>
      new TriremeError('STEP', `Step ${label} ended well, but its output "${port}" ${fault}. ${right} See ${work.log}.`)
    if (!there)
      throw broken(
        `is missing: there is no ${name}`,
        'A step writes every output it promises; one it may leave out is declared optional(…).',
      )
    if (!there.isFile())
      throw broken(`is no regular file: ${name}`, 'A step writes its outputs itself; a link would break when its target goes.')
    if (there.size === 0) throw broken(`is empty: ${name}`, 'An empty file is no result.')
  }
  const same = (fact: string) => {
    const value = (kind.facts as Readonly<Record<string, unknown>>)[fact] // facts are plain data
    return isSameAs(value) ? work.input(value.sameAs) : undefined
  }
  const fault = await kind.probe?.({ ...placed, companions: Object.values(placed.companions), facts: { ...kind.facts }, same })
  if (fault !== undefined)
    throw new TriremeError('STEP', `Step ${label} ended well, but its output "${port}" ${fault}. Nothing was published. See ${work.log}.`)
}
const found = (file: string): Stats | undefined => lstatSync(file, { throwIfNoEntry: false })
async function seal(file: string, out: string): Promise<OutputFile> {
  chmodSync(file, 0o444)
  const { size } = lstatSync(file)
  return { name: path.relative(out, file), size, sha256: await digestFile(file, size) }
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
