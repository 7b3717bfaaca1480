import { readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { alive, isSelf, type Owner, ownerIn, self } from './owner.ts'

/** Claims of this process, by file: two executions of one process must not make the same entry either. */
const held = new Set<string>()

/**
 * Who is making which entry, so that two runners do not make it twice: `claims/KEY` is a symbolic link whose target is the owner's
 * description. One system call makes it whole: a runner killed at any moment leaves none, or one that tells whose it was, and no clock
 * is asked whether it is old.
 */
export class Claims {
  readonly #folder: string
  readonly #onDead: () => void
  /** @param onDead called when a claim of a dead runner was found: what else it left is to be cleared */
  constructor(folder: string, onDead: () => void) {
    this.#folder = folder
    this.#onDead = onDead
  }
  /** @returns false while another runner that lives has it, or was quicker: ask again a little later */
  take(key: string): boolean {
    const file = path.join(this.#folder, key)
    if (held.has(file)) return false
    try {
      symlinkSync(JSON.stringify(self), file)
      held.add(file)
      return true
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    }
    if (this.taken(key)) return false
    // Of several that find the claim of a dead runner, one takes it away; then all try again. What was taken by mistake, because another
    // was quicker and made a claim of its own meanwhile, is put back.
    const bin = `${file}.${process.pid}`
    try {
      renameSync(file, bin)
      if (isHeld(ownerOf(bin))) renameSync(bin, file)
      else rmSync(bin, { force: true })
    } catch {
      return false // another was first
    }
    this.#onDead()
    return this.take(key)
  }
  /** Whether another runner that lives has it. */
  taken(key: string): boolean {
    return isHeld(ownerOf(path.join(this.#folder, key)))
  }
  give(key: string): void {
    const file = path.join(this.#folder, key)
    held.delete(file)
    rmSync(file, { force: true })
  }
}
/** One of our own that we do not hold is left from a time when it could not be removed. */
const isHeld = (owner: Owner | undefined): boolean => owner !== undefined && !isSelf(owner) && alive(owner)
function ownerOf(file: string): Owner | undefined {
  try {
    return ownerIn(readlinkSync(file))
  } catch {
    return undefined // gone, or not a link: nobody's
  }
}
