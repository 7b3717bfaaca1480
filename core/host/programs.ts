import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import path from 'node:path'

/**
 * Every program of the name in these folders: the first may hide the one that has what a step needs. A folder that is another by a link (/bin,
 * /usr/bin) counts once. A file does not: a venv's python3 is a link to the system's, and has other packages.
 */
export function programsIn(program: string, folders: readonly string[]): readonly string[] {
  const found = [...new Set(folders)].filter(folder => {
    try {
      const place = path.join(folder, program)
      if (statSync(place, { throwIfNoEntry: false })?.isFile() !== true) return false // asked first: an error takes four times as long
      accessSync(place, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
  const first = new Map(found.map(folder => [realpathSync(folder), path.join(folder, program)] as const).reverse())
  return [...first.values()].reverse()
}
