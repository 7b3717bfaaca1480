import { existsSync, mkdirSync, readFileSync } from 'node:fs'
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
