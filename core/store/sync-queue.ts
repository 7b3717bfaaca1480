import path from 'node:path'
import { TriremeError } from '../errors.ts'
import { syncEach } from './fsync.ts'
import { type Journal, noteOf } from './journal.ts'
import type { Entry, StoredEntry } from './record.ts'

/** Milliseconds between groups: while the disk commits, every `mkdir` and `open` of the runner waits for it. */
const groupPause = 500
const waitFor = (ms: number) => new Promise<void>(done => setTimeout(done, ms).unref())

/** Everything of an entry that must be on the disk before its line is in the journal. */
export function placesOf({ folder, record }: Entry): readonly string[] {
  const files = Object.values(record.outputs).flatMap(files => files.map(({ name }) => path.join(folder, name)))
  return [...files, path.join(folder, 'record.json'), ...new Set([...files.map(file => path.dirname(file)), folder])]
}
/** Brings entries to the disk, files first, then the folders that name them. */
export async function syncAll(group: readonly Entry[]): Promise<void> {
  const halves = new Set(group.map(({ folder }) => path.dirname(folder)))
  const tops = new Set([...halves].map(half => path.dirname(half)))
  for (const some of [group.flatMap(placesOf), halves, tops]) await syncEach(some)
}
/** Brings what was published to the disk, group by group, and then writes its lines to the journal. */
export class SyncQueue {
  readonly #root: string
  readonly #journal: Journal
  #pending: StoredEntry[] = []
  #syncing: Promise<void> = Promise.resolve()
  #syncs = false
  #hurry = false
  #hurried: Promise<void> = Promise.resolve()
  #wake: () => void = () => {}
  /** An error of the disk, thrown at the next flush. Until then steps go on, since the entries are visible all the same. */
  #refusal: { readonly cause: unknown } | undefined
  constructor(root: string, journal: Journal) {
    this.#root = root
    this.#journal = journal
  }
  add(entry: StoredEntry): void {
    this.#pending.push(entry)
    if (this.#syncs) return
    this.#syncs = true
    this.#hurried = new Promise(wake => {
      this.#wake = wake
    })
    this.#syncing = this.#run().catch(cause => {
      this.#refusal ??= { cause }
      this.#syncs = false
    })
  }
  async #run(): Promise<void> {
    while (this.#pending.length > 0) {
      if (!this.#hurry) await Promise.race([waitFor(groupPause), this.#hurried])
      const group = this.#pending
      this.#pending = []
      await syncAll(group)
      this.#journal.add(group.map(noteOf))
    }
    this.#syncs = false
  }
  /** Waits until everything published is on the disk. @throws TriremeError `STORE` when the disk refuses */
  async flush(): Promise<void> {
    this.#hurry = true
    this.#wake()
    while (this.#syncs) await this.#syncing
    this.#hurry = false
    if (!this.#refusal) return
    const { cause } = this.#refusal
    this.#refusal = undefined
    throw new TriremeError(
      'STORE',
      `The store ${this.#root} could not be brought to the disk: ${(cause as Error).message}. What was published is looked at again by the next run.`,
      { cause },
    )
  }
}
