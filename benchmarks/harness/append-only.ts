import path from 'node:path'
import { TriremeError } from '../../core/errors.ts'
import { ensureFolderOnDisk, writeWhole } from '../../core/store/whole-file.ts'

/**
 * Writes a file of a folder to which things are only added.
 * @throws TriremeError `STORE` when there is a file of that name
 */
export function writeFirst(file: string, content: string | Uint8Array): void {
  ensureFolderOnDisk(path.dirname(file))
  try {
    writeWhole(file, content, { first: true })
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause
    throw new TriremeError(
      'STORE',
      `There is a file ${file} already, and what is kept of measurements is never overwritten. Move it away first if it is wrong.`,
    )
  }
}
