import { accessSync, constants } from 'node:fs'
import { TriremeError } from '../errors.ts'

/** A fault of the disk below a store, in words for people; undefined for any other. */
export function refusalOf(root: string, cause: unknown): TriremeError | undefined {
  if (!(cause instanceof Error) || cause instanceof TriremeError || !('syscall' in cause) || String(cause.syscall).startsWith('spawn'))
    return undefined
  const places = ['path', 'dest'].flatMap(name => String(Reflect.get(cause, name) ?? '') || [])
  if (places.length > 0 && !places.some(place => place.startsWith(root))) return undefined
  if (isReadOnly(cause, root))
    return new TriremeError(
      'STORE',
      `The store ${root} may be read only: ${cause.message}. To look at it, with plan, runs, logs and why, that is enough; to run, give a folder you may write to with --store.`,
      { cause },
    )
  const remedy = isForbidden(cause)
    ? 'Ask whoever it belongs to for the right to read and write all of it'
    : 'Free some space, mend the disk'
  return new TriremeError(
    'STORE',
    `The store ${root} cannot be used: ${cause.message}. ${remedy}, or give another --store. What is finished is kept: the same command goes on from there.`,
    { cause },
  )
}
/** Whether the whole store may only be read; a single folder in it may be another user's. */
export function isReadOnly(cause: Error, root: string): boolean {
  if ('code' in cause && cause.code === 'EROFS') return true
  try {
    accessSync(root, constants.W_OK)
    return false
  } catch {
    return isForbidden(cause)
  }
}
/** Whether a file is refused to this user, who cannot say then what is in it. */
export const isForbidden = (cause: Error): boolean => 'code' in cause && ['EACCES', 'EPERM'].includes(String(cause.code))
