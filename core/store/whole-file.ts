import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, lstatSync, openSync, readdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { ensureFolder } from '../files.ts'

/** Name beside a file under which its new content is written, of this process and this moment alone. */
export const partName = (file: string): string =>
  path.join(path.dirname(file), `.${path.basename(file).slice(0, 60)}.${process.pid}.${randomBytes(4).toString('hex')}.part`)
/** Whether a name is one of `partName`: a writer that was killed leaves such a file. */
export const isPart = (name: string): boolean => /^\..+\.\d+\.[0-9a-f]{8}\.part$/.test(name)

/**
 * Writes a small file, whole or not at all, and on the disk when this returns: readers see the old content or the new one, also after a kill, on a full
 * disk and after a power cut. A link in its place is replaced, not followed.
 * @param mode before the umask
 * @param first whether it must not be there yet @throws EEXIST where it is
 */
export function writeWhole(file: string, content: string | Uint8Array, { mode = 0o666, first = false }: WholeOptions = {}): void {
  const part = partName(file)
  try {
    const handle = openSync(part, 'wx', mode)
    try {
      writeFileSync(handle, content)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    if (first) linkSync(part, file)
    else renameSync(part, file)
  } finally {
    removeIfPossible(part)
  }
  syncNow(path.dirname(file))
}
interface WholeOptions {
  readonly mode?: number
  readonly first?: boolean
}
/** Removes what killed writers left in a folder: nothing younger than a minute, whose writer may be at work. What cannot be removed stays. */
export function removeParts(folder: string): void {
  for (const name of readdirSync(folder).filter(isPart)) {
    const part = path.join(folder, name)
    const made = lstatSync(part, { throwIfNoEntry: false })?.mtimeMs
    if (made !== undefined && Date.now() - made > 60_000) removeIfPossible(part)
  }
}
function removeIfPossible(file: string): void {
  try {
    unlinkSync(file)
  } catch {
    // It was not even made, or is another user's.
  }
}
/** Makes a folder and those above it; their names are on the disk when this returns. */
export function ensureFolderOnDisk(folder: string): void {
  for (const made of ensureFolder(folder)) syncNow(path.dirname(made))
}
/** Brings a file's bytes, or the names in a folder, to the disk, now. */
export function syncNow(place: string): void {
  const handle = openSync(place, 'r')
  try {
    fsyncSync(handle)
  } catch (cause) {
    if (!hasNoSync(cause)) throw cause
  } finally {
    closeSync(handle)
  }
}
/** Some network file systems do not know how to bring a folder to the disk: they do so themselves. */
export const hasNoSync = (cause: unknown): boolean =>
  ['EINVAL', 'ENOTSUP', 'ENOSYS'].includes(String((cause as NodeJS.ErrnoException).code))
