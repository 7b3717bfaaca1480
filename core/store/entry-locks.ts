import { readdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { hold, holds, isSelf, lifeOf, lock, release, signed, unlock } from './lock-file.ts'

/**
 * Who is making which entry, so that two runners do not make it twice: `claims/KEY` is a symbolic link whose target is the owner's
 * description. One system call makes it whole: a runner killed at any moment leaves none, or one that tells whose it was, and no clock
 * is asked whether it is old.
 */
export class EntryLocks {
  readonly #folder: string
  readonly #onDead: () => void
  /** Lock file of a run of this process; claims are further names (hard links) of it. */
  lockFile: string | undefined
  /** @param onDead called when a claim of a dead runner was found, to clear what else it left */
  constructor(folder: string, onDead: () => void) {
    this.#folder = folder
    this.#onDead = onDead
  }
  /** @returns false while a live runner has the entry, or was quicker: ask again a little later */
  take(key: string): boolean {
    const file = path.join(this.#folder, key)
    if (holds(file)) return false // nor must two runs of one process make the same entry
    try {
      lock(file, this.lockFile)
      hold(file)
      return true
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    }
    if (this.taken(key)) return false
    if (!this.#takeAway(file)) return false
    this.#onDead()
    return this.take(key)
  }
  /**
   * Of several runners that find the claim of a dead one, one removes it. A claim that was moved by mistake, because another runner was quicker
   * and made its own meanwhile, is put back.
   */
  #takeAway(file: string): boolean {
    const bin = `${file}.${process.pid}`
    try {
      renameSync(file, bin)
      if (isHeld(bin)) renameSync(bin, file)
      else rmSync(bin, { force: true })
      return true
    } catch {
      return false // another was first
    }
  }
  /** Removes the claims of dead runners, also of entries that nobody will claim again since they are there. */
  clearDead(): void {
    for (const found of readdirSync(this.#folder, { withFileTypes: true })) {
      if (!found.isSymbolicLink()) continue // a stranger, such as .DS_Store
      const file = path.join(this.#folder, found.name)
      if (!holds(file) && !isHeld(file)) this.#takeAway(file)
    }
  }
  /** Whether another live runner has it. */
  taken(key: string): boolean {
    return isHeld(path.join(this.#folder, key))
  }
  give(key: string): void {
    const file = path.join(this.#folder, key)
    release(file)
    unlock(file)
  }
}
/** A claim of this process that it does not hold: an earlier attempt to remove it failed. */
function isHeld(file: string): boolean {
  const found = signed(file)
  return found !== undefined && !isSelf(found.owner) && lifeOf(found) !== 'dead'
}
