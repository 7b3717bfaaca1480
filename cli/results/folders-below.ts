import { mkdirSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { Held } from '../../core/left-behind.ts'
import { ensureFolderOnDisk, syncNow } from '../../core/store/whole-file.ts'

/**
 * The folder of results and those below it, made where they are not there, and held while files are put into them: a link in the place of one is not
 * followed, also where it takes that place meanwhile.
 */
export class FoldersBelow {
  readonly #out: string
  readonly #held = new Map<string, Held>()
  constructor(out: string) {
    this.#out = out
  }
  /** A path by which what lies at a place is reached. @throws where something else is in the place of a folder */
  reach(place: string): string {
    return `${this.#folder(path.posix.dirname(place)).place}/${path.posix.basename(place)}`
  }
  #folder(folder: string): Held {
    const known = this.#held.get(folder)
    if (known) return known
    const held = folder === '.' ? this.#top() : new Held(this.#ensured(folder))
    this.#held.set(folder, held)
    if (!held.stats.isDirectory()) throw new Error(`${path.join(this.#out, folder)} is a link, or no folder`)
    return held
  }
  /** The user's own name for it may be a link. */
  #top(): Held {
    ensureFolderOnDisk(this.#out)
    return new Held(realpathSync(this.#out))
  }
  #ensured(folder: string): string {
    const at = this.reach(folder)
    try {
      mkdirSync(at)
      syncNow(path.dirname(at))
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    }
    return at
  }
  close(): void {
    for (const held of this.#held.values()) held.close()
    this.#held.clear()
  }
}
