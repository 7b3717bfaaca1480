import { existsSync, lstatSync, mkdtempSync, realpathSync, rmSync, type Stats } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { ensureFolder } from '../files.ts'

/** Where Trireme keeps what can be made again, as XDG names it: below `XDG_CACHE_HOME`, or `~/.cache`. */
export const cacheFolder = (environment: NodeJS.ProcessEnv = process.env): string => {
  const named = environment.XDG_CACHE_HOME ?? ''
  return path.join(path.isAbsolute(named) ? named : path.join(os.homedir(), '.cache'), 'trireme')
}
/** A folder of the cache for what will be run; undefined where somebody else could put their own there. */
export function ownCache(name: string): string | undefined {
  const folder = path.join(cacheFolder(), name)
  try {
    ensureFolder(folder, 0o700)
  } catch {
    return undefined // a home that is read-only, or no home
  }
  return openedBy(folder) === undefined ? folder : undefined
}
/** The same, where there must be one: a folder that goes with this process stands in. */
export function ownCacheOrTemporary(name: string): string {
  const kept = ownCache(name)
  if (kept !== undefined) return kept
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-own-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}
/**
 * Of a folder and those above it, up to the user's home, the first by which others could change what lies in the folder: it is somebody
 * else's, or others may write to it. Of a folder that is not there yet, those above it count.
 */
export function openedBy(folder: string): string | undefined {
  try {
    let there = folder
    while (!existsSync(there)) there = path.dirname(there)
    const home = os.homedir()
    return [...upTo(home, there), ...upTo(realpathSync(home), realpathSync(there))].find(place => {
      const stat = lstatSync(place)
      return !isTrusted(stat) || (!stat.isSymbolicLink() && isOpen(stat, place === folder))
    })
  } catch {
    return folder // what cannot be looked at is not relied on
  }
}
function upTo(home: string, folder: string): readonly string[] {
  const above = path.dirname(folder)
  return folder === home || above === folder ? [folder] : [folder, ...upTo(home, above)]
}
const isTrusted = ({ uid }: Stats) => uid === 0 || uid === process.getuid?.()
/** Whether others may put something there, or take something away. In a folder like /tmp everybody may, but only take away their own. */
function isOpen({ mode, uid, gid }: Stats, last: boolean): boolean {
  if (!last && mode & 0o1000) return false
  return Boolean(mode & 0o002) || (Boolean(mode & 0o020) && gid !== uid) // a group of the user's own has the user's number
}
