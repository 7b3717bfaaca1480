import { appendFileSync, closeSync, fstatSync, openSync, readSync } from 'node:fs'
import path from 'node:path'
import { readIfThere } from '../files.ts'
import { writeWhole } from './whole-file.ts'

/**
 * One line of the journal: an entry is on the disk, and `same` is its second key, of the recipe over the *content* of its inputs;
 * or: what this key would make is the entry `as`, since recipe and contents are the same; or: the entry was taken away, and one that comes
 * again is not the one that was known to be on the disk.
 */
export type JournalLine =
  | { readonly key: string; readonly same: string }
  | { readonly key: string; readonly as: string }
  | { readonly key: string; readonly gone: true }
/**
 * `journal.jsonl`, append-only: which entries are known to be on the disk, and which recipe over which contents made them.
 * It is an index: the folders are the truth, and `rebuild` makes it again from them. A line cut short or damaged is passed over; the entry
 * that it names is then treated like one that a power cut may have damaged.
 */
export class Journal {
  readonly #file: string
  readonly #keys = new Set<string>()
  readonly #same = new Map<string, string>()
  readonly #as = new Map<string, string>()
  constructor(root: string) {
    this.#file = path.join(root, 'journal.jsonl')
    for (const line of (readIfThere(this.#file) ?? '').split('\n')) {
      const known = parsedLine(line)
      if (known) this.#learn(known)
    }
  }
  has(key: string): boolean {
    return this.#keys.has(key)
  }
  /** The entry that the same recipe over the same contents made, under whatever key. */
  sameAs(same: string): string | undefined {
    return this.#same.get(same)
  }
  /** The entry that stands for this key, where another one does. */
  standIn(key: string): string | undefined {
    return this.#as.get(key)
  }
  add(all: readonly JournalLine[], flush = false): void {
    if (all.length === 0) return
    const text = all.map(line => `${JSON.stringify(line)}\n`).join('')
    try {
      appendFileSync(this.#file, endsWhole(this.#file) ? text : `\n${text}`, { flush })
    } catch {
      // It is an index: the next run compares entries without a line with their digests.
    }
    for (const line of all) this.#learn(line)
  }
  /**
   * Notes that entries are removed; the note is on the disk before they go. Should one of them be made again and a power cut damage it, no
   * runner must trust it because of the line of the old entry.
   */
  forget(keys: readonly string[]): void {
    this.add(
      keys.map(key => ({ key, gone: true })),
      true,
    )
  }
  /** Which entries stand for which other keys. */
  standIns(): readonly { readonly key: string; readonly as: string }[] {
    return [...this.#as].map(([key, as]) => ({ key, as }))
  }
  /** Writes the whole journal anew, by one rename. A line that another runner adds at this moment may be lost: the journal is an index. */
  rebuild(all: readonly JournalLine[]): void {
    writeWhole(this.#file, all.map(line => `${JSON.stringify(line)}\n`).join(''))
    for (const known of [this.#keys, this.#same, this.#as]) known.clear()
    for (const line of all) this.#learn(line)
  }
  #learn(line: JournalLine): void {
    if ('gone' in line) this.#keys.delete(line.key)
    else if ('as' in line) this.#as.set(line.key, line.as)
    else {
      this.#keys.add(line.key)
      this.#same.set(line.same, line.key)
    }
  }
}
function parsedLine(line: string): JournalLine | undefined {
  const [, gone] = /^\{"key":"([0-9a-f]{64})","gone":true\}$/.exec(line) ?? []
  if (gone !== undefined) return { key: gone, gone: true }
  const [, key, name, value] = /^\{"key":"([0-9a-f]{64})","(same|as)":"([0-9a-f]{64})"\}$/.exec(line) ?? []
  if (key === undefined || value === undefined) return undefined
  return name === 'as' ? { key, as: value } : { key, same: value }
}
/** Whether the file ends with a whole line: a runner that was killed while it wrote leaves half of one. */
function endsWhole(file: string): boolean {
  try {
    const handle = openSync(file, 'r')
    try {
      const { size } = fstatSync(handle)
      const last = Buffer.alloc(1)
      return size === 0 || (readSync(handle, last, 0, 1, size - 1) === 1 && last[0] === 0x0a)
    } finally {
      closeSync(handle)
    }
  } catch {
    return true
  }
}
