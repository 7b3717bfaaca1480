/** A fault of what was given: its message is all that a user needs to see. */
export class Fault extends Error {}

/** Most faults in one message: as many as a person corrects in one go. */
const mostFaults = 20
/**
 * Refuses what has faults, all in one message: the first of them in whole sentences, the rest counted.
 * @param remedy what helps against all of them, in a sentence
 * @throws Fault where there is one
 */
export function refuse(name: string, faults: readonly string[], remedy?: string): void {
  const [first] = faults
  if (first === undefined) return
  if (faults.length === 1) throw new Fault(remedy === undefined ? first : `${first} ${remedy}`)
  const more = faults.length > mostFaults ? [`… and ${(faults.length - mostFaults).toLocaleString('en')} more.`] : []
  const lines = [...faults.slice(0, mostFaults), ...more].map(fault => `  ${fault}`)
  throw new Fault(
    [`${name} has ${faults.length.toLocaleString('en')} faults:`, ...lines, ...(remedy === undefined ? [] : [remedy])].join('\n'),
  )
}

/** What the system says when a file cannot be read or written, and what helps. */
const remedies: Readonly<Record<string, string>> = {
  EACCES: 'Permission is denied. Give a folder that may be written to',
  EPERM: 'Permission is denied. Give a folder that may be written to',
  EROFS: 'The file system is read-only. Give a folder elsewhere',
  ENOSPC: 'The disk is full. Free some space, or give a folder elsewhere',
  EDQUOT: 'The quota is used up. Free some space, or give a folder elsewhere',
  ENOENT: 'There is no such file or folder. Correct the path',
  ENOTDIR: 'A part of its path is a file. Correct the path',
  EISDIR: 'It is a folder. Correct the path',
}
const writes = /^(write|open .*w|mkdir|rename|ftruncate|copyfile)/

/** The message for people: of faults as it is, of the system's errors with what helps; undefined for a bug. */
export function told(error: unknown): string | undefined {
  if (error instanceof Fault) return error.message
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  const remedy = remedies[error.code]
  if (remedy === undefined) return undefined
  const { path, syscall } = error as NodeJS.ErrnoException // it has a code, so the system made it
  const what = writes.test(syscall ?? '') ? 'write' : 'use'
  return `Cannot ${what} ${path ?? 'the output'} (${error.code}). ${remedy}.`
}
/** Runs a script: a fault is printed and ends it with status 1, a bug is thrown on. */
export async function main(script: () => void | Promise<void>): Promise<void> {
  try {
    await script()
  } catch (error) {
    const message = told(error)
    if (message === undefined) throw error
    process.stderr.write(`${message}\n`)
    process.exitCode = 1
  }
}
