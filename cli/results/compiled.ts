import { createHash } from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { TriremeError } from '../../core/errors.ts'
import { ensureFolder, readIfThere } from '../../core/files.ts'
import { unfollowed } from '../../core/left-behind.ts'
import { syncEach } from '../../core/store/fsync.ts'
import { partName, removeParts, writeWhole } from '../../core/store/whole-file.ts'
import type { CompiledFiles } from '../../core/targets/target.ts'
import { noFolderAbove } from './places.ts'
import { inTurn, type Turn } from './turns.ts'

/** What compilations have written into a folder, as `sha256sum --check` reads it. */
const compiledList = 'compiled.sha256'
const digestOf = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex')

/**
 * Writes manifests and objects. Only what a compilation wrote and nobody has changed since is replaced; objects of an
 * earlier one go, so that the folder holds what its manifests name, unless a manifest of another name is there that needs them. Two compilations
 * into one folder write one after the other.
 * @throws TriremeError `STORE` naming every file that would be lost; nothing is written then
 */
export async function writeCompiled(folder: string, compiled: CompiledFiles, log: Turn['log'] = () => {}): Promise<void> {
  ensureFolder(folder)
  await inTurn({ folder, name: '.compiling', other: `Another compilation writes into ${folder}`, log }, () => writeInTurn(folder, compiled))
}
async function writeInTurn(folder: string, { manifests, objects }: CompiledFiles): Promise<void> {
  const files = new Map([...manifests, ...objects])
  const fresh = [...files].map(([name, content]) => [name, digestOf(content)] as const)
  const earlier = earlierFiles(readIfThere(path.join(folder, compiledList)) ?? '')
  const untouched = async (name: string) => {
    const digest = await digestAt(path.join(folder, name))
    return earlier.some(([other, sha]) => other === name && sha === digest)
  }
  const faults = new Set<string>()
  for (const [name, digest] of fresh) {
    const place = path.join(folder, name)
    const blocked = noFolderAbove(folder, name)
    if (blocked) faults.add(`${blocked} is no folder, or a link, which is not followed; files would be written below it`)
    if (blocked || unfollowed(place) === undefined || (await digestAt(place)) === digest || (await untouched(name))) continue
    const known = earlier.some(([other]) => other === name)
    faults.add(`${place} ${known ? 'has been changed since a compilation wrote it' : 'is there already, and no compilation wrote it'}`)
  }
  if (faults.size > 0)
    throw new TriremeError(
      'STORE',
      `The manifests cannot be written to ${folder}, since files would be lost:\n${[...faults].map(line => `  ${line}`).join('\n')}\nNothing was written. Give another -o, or move these files away.`,
    )
  for (const room of ['.', ...(objects.size > 0 ? ['objects'] : [])]) {
    ensureFolder(path.join(folder, room))
    removeParts(path.join(folder, room))
  }
  // First the list, then the files: what is cut off in between is known as its own.
  writeWhole(path.join(folder, compiledList), listText([...earlier, ...fresh]))
  const left = earlier.filter(([name]) => !files.has(name) && unfollowed(path.join(folder, name)))
  const needed = left.some(([name]) => !isObject(name)) // by a manifest of another name
  if (!needed) for (const [name] of left) if (await untouched(name)) await rm(path.join(folder, name), { force: true })
  await writeFiles(folder, files)
  writeWhole(path.join(folder, compiledList), listText(needed ? [...left, ...fresh] : fresh))
}
/** Each whole or not at all, and on the disk. */
async function writeFiles(folder: string, files: ReadonlyMap<string, string | Uint8Array>): Promise<void> {
  const places = [...files].map(([name, content]) => ({ content, place: path.join(folder, name), part: partName(path.join(folder, name)) }))
  for (const { content, part } of places) writeFileSync(part, content, { flag: 'wx' })
  await syncEach(places.map(({ part }) => part))
  for (const { place, part } of places) renameSync(part, place)
  await syncEach(new Set(places.map(({ place }) => path.dirname(place))))
}
const isObject = (name: string) => /^objects\/[0-9a-f]{64}$/.test(name)
/** Undefined for what is no file of its own, such as a link, which would be written through. */
async function digestAt(place: string): Promise<string | undefined> {
  return unfollowed(place)?.isFile() ? digestOf(await readFile(place)) : undefined
}
const earlierFiles = (text: string): readonly (readonly [name: string, sha256: string])[] =>
  text.split('\n').flatMap(line => {
    const [, digest, name] = /^([0-9a-f]{64}) {2}([^/\s]+|objects\/[0-9a-f]{64})$/.exec(line) ?? []
    return digest && name && name !== '..' ? [[name, digest] as const] : []
  })
const listText = (lines: readonly (readonly [string, string])[]) =>
  [...new Set(lines.map(([name, digest]) => `${digest}  ${name}\n`))].sort().join('')
