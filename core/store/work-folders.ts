import { existsSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs'
import path from 'node:path'
import type { EntryLocks } from './entry-locks.ts'
import { hold, type Life, lifeOf, lock, release, signed, unlock } from './lock-file.ts'
import { discard } from './rubbish.ts'
import { endMarked, markOfRunner } from './strays.ts'

/** Lock file in a work folder: which process owns it, until the run ends by itself. */
const ownerFile = '.owner'
/** Lock file of a process that removes entries. */
const cleaning = 'cleaning'

/** `work/RUN/`: what is private to a run. It also shows which runs go on, so that nothing they use is removed. */
export class WorkFolders {
  readonly #folder: string
  readonly #claims: EntryLocks
  readonly #looks = new Map<string, NodeJS.Timeout>()
  constructor(folder: string, claims: EntryLocks) {
    this.#folder = folder
    this.#claims = claims
  }
  async begin(run: string): Promise<void> {
    const own = path.join(this.#folder, run)
    // A run and a cleaner each make their lock file first and then look for the other's, so at least one sees the other. The cleaner may
    // remove the folder before the lock file is in it: then both are made again.
    for (let tries = 1; ; tries++) {
      try {
        if (!existsSync(own)) mkdirSync(own) // `recursive` tells ENOENT of a read-only disk
        unlock(path.join(own, ownerFile))
        lock(path.join(own, ownerFile))
        if (!this.#claims.taken(cleaning)) break
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== 'ENOENT' || tries === 10) throw cause
      }
      while (this.#claims.taken(cleaning)) await new Promise(done => setTimeout(done, 100))
    }
    hold(path.join(own, ownerFile))
    this.#claims.lockFile = path.join(own, ownerFile)
    this.clearDead()
    this.#looks.set(run, setInterval(() => this.clearDead(), 60_000).unref()) // what is silent at first is dead a little later
  }
  end(run: string, keep: boolean): void {
    clearInterval(this.#looks.get(run))
    const own = path.join(this.#folder, run)
    release(path.join(own, ownerFile))
    unlock(path.join(own, ownerFile))
    try {
      rmdirSync(own)
    } catch {
      // It is not empty: it holds failed steps, which may be kept.
      if (!keep) discard(own)
    }
  }
  /** Removes what killed runners left, and ends their steps. */
  clearDead(): void {
    this.#claims.clearDead()
    for (const name of readdirSync(this.#folder)) {
      const left = path.join(this.#folder, name)
      if (/^removed-/.test(name)) discard(left)
      const lock = signed(path.join(left, ownerFile))
      if (lock === undefined || lifeOf(lock) !== 'dead') continue
      endMarked(markOfRunner(JSON.stringify(lock.owner)))
      discard(left)
    }
  }
  running(): readonly string[] {
    return this.#thatAre('alive', 'silent')
  }
  async alone<T>(act: () => Promise<T>): Promise<T | undefined> {
    if (!this.#claims.take(cleaning)) return undefined
    try {
      while (this.#thatAre('silent').length > 0 && this.#thatAre('alive').length === 0) await new Promise(done => setTimeout(done, 1000))
      return this.running().length > 0 ? undefined : await act()
    } finally {
      this.#claims.give(cleaning)
    }
  }
  #thatAre(...lives: readonly Life[]): readonly string[] {
    return readdirSync(this.#folder).filter(name => {
      const lock = signed(path.join(this.#folder, name, ownerFile))
      return lock !== undefined && lives.includes(lifeOf(lock))
    })
  }
}
