import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync } from 'node:fs'
import path from 'node:path'

/** The text of a file; undefined where it is not there, or cannot be read. */
export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
/**
 * Makes a folder and those above it. Node's own `recursive` loops for ever where the system refuses with ENOENT, as /proc does.
 * @returns the folders that were not there, the topmost first
 */
export function ensureFolder(folder: string, mode = 0o777): readonly string[] {
  if (existsSync(folder)) return []
  const above = path.dirname(folder) === folder ? [] : ensureFolder(path.dirname(folder), mode)
  try {
    mkdirSync(folder, mode)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
  }
  return [...above, folder]
}
/**
 * Gives a folder another name. One of a lower layer of overlayfs, as of a container's image, cannot be renamed as a whole (EXDEV): then what is in it
 * is moved piece by piece.
 */
export function moveFolder(from: string, to: string): void {
  try {
    renameSync(from, to)
    return
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EXDEV') throw cause
  }
  mkdirSync(to)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const move = entry.isDirectory() ? moveFolder : renameSync
    move(path.join(from, entry.name), path.join(to, entry.name))
  }
  rmdirSync(from)
}
