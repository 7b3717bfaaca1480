import path from 'node:path'
import { EntryLocks } from '../../core/store/entry-locks.ts'
import { signed } from '../../core/store/lock-file.ts'

/** A folder that runs write into one after the other. */
export interface Turn {
  readonly folder: string
  /** Of the lock file in it. */
  readonly name: string
  /** Ends the waiting. */
  readonly signal?: AbortSignal
  readonly log: (line: string) => void
  /** Who else may be there, in words: `Another run publishes into results`. */
  readonly other: string
}
/** Milliseconds. */
const askAgainAfter = 200
/** What a file system says that has no symbolic links, and so no lock files. */
const noLinks = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'])

/**
 * Calls `act` while no other process, on this machine or on another that shares the file system, is in its own turn. The lock of one that was
 * killed is taken over. @throws the signal's reason where it is stopped while it waits
 */
export async function inTurn<T>({ folder, name, signal, log, other }: Turn, act: () => Promise<T>): Promise<T> {
  const locks = new EntryLocks(folder, () => {})
  let told = false
  const taken = () => {
    try {
      return locks.take(name)
    } catch (cause) {
      if (!noLinks.has(String((cause as NodeJS.ErrnoException).code))) throw cause
      log(`Warning: ${folder} has no symbolic links, by which it would be noticed that another process writes there at the same time.`)
      return undefined
    }
  }
  let mine = taken()
  for (; mine === false; mine = taken()) {
    const owner = signed(path.join(folder, name))?.owner
    if (!told && owner)
      log(`${other}: process ${owner.pid} of ${owner.host || 'this machine'}. This one waits for it to end; Ctrl-C stops the waiting.`)
    told ||= owner !== undefined
    await new Promise(done => setTimeout(done, askAgainAfter))
    signal?.throwIfAborted()
  }
  try {
    return await act()
  } finally {
    if (mine) locks.give(name)
  }
}
