import { lstatSync, readdirSync, realpathSync, type Stats } from 'node:fs'
import path from 'node:path'

const entry = (file: string): Stats | undefined => lstatSync(file, { throwIfNoEntry: false })
const realPlace = (file: string): string | undefined => {
  try {
    return realpathSync(file)
  } catch {
    return undefined
  }
}
const lies = (file: string, folder: string): boolean => file === folder || file.startsWith(folder + path.sep)

/** Whether a text is a place of a project at all, as far as its letters tell. */
export const isPlace = (place: string): boolean =>
  place.split('/').every(part => part !== '' && part !== '.' && part !== '..' && Buffer.byteLength(part) <= 255) &&
  Buffer.byteLength(place) <= 1000 &&
  !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\\]/u.test(place)

/**
 * Why Trireme does not write to a place of a project; undefined where it may. A place is relative to the project and written with `/`. Every folder on
 * the way is looked at by its real path: what lies outside the project is somebody else's, whatever name leads there.
 */
export function barrier(project: string, place: string): string | undefined {
  if (!isPlace(place)) return 'is no path within the project'
  const parts = place.split('/')
  const home = realPlace(project)
  if (home === undefined) return undefined // a new folder holds no links
  for (const n of parts.keys()) {
    const [name, file] = [parts.slice(0, n + 1).join('/'), path.join(home, ...parts.slice(0, n + 1))]
    const found = entry(file)
    if (found === undefined) return undefined
    if (n === parts.length - 1) return fileBarrier(found, file)
    const there = realPlace(file)
    if (there === undefined) return `lies below ${name}, a link that leads nowhere`
    if (!lies(there, home)) return `lies outside the project: ${name} is a link to ${there}`
    if (!(entry(there)?.isDirectory() ?? false)) return `lies below ${name}, which is no folder`
  }
  return undefined
}
/** The first link in a folder, or below it, that leads out of it or nowhere, in words; undefined where there is none. */
export function wayOut(folder: string): string | undefined {
  const home = realPlace(folder)
  if (home === undefined) return undefined
  for (const found of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!found.isSymbolicLink()) continue
    const link = path.join(found.parentPath, found.name)
    const there = realPlace(link)
    if (there === undefined || !lies(there, home)) return `${link} is a link ${there === undefined ? 'that leads nowhere' : `to ${there}`}`
  }
  return undefined
}
function fileBarrier(found: Stats, file: string): string | undefined {
  if (found.isSymbolicLink()) return `is a link${realPlace(file) === undefined ? ' that leads nowhere' : ` to ${realPlace(file)}`}`
  if (!found.isFile()) return found.isDirectory() ? 'is a folder' : 'is no ordinary file'
  return (found.mode & 0o200) === 0 ? 'is read-only' : undefined
}
