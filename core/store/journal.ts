import path from 'node:path'
import type { StoredEntry } from './record.ts'
import { appendLines, readLines, sealedLine } from './sealed.ts'
import { writeWhole } from './whole-file.ts'

/**
 * One line of the journal: an entry is on the disk, `record` is the digest of its record, and `same` its second key, of the recipe over the
 * *content* of its inputs; or: what this key would make is the entry `as`, since recipe and contents are the same; or: the entry was taken
 * away, and one that comes again is not the one that was known to be on the disk.
 */
export type JournalLine =
  | { readonly key: string; readonly same: string; readonly record: string }
  | { readonly key: string; readonly as: string }
  | { readonly key: string; readonly gone: true }
/** The line of an entry that is on the disk. */
export const noteOf = ({ record: { key, same }, digest }: StoredEntry): JournalLine => ({ key, same, record: digest })
/**
 * `journal.jsonl`, append-only: which entries are known to be on the disk, and which recipe over which contents made them.
 * It is an index: the folders are the truth, and `rebuild` makes it again from them. A line cut short or damaged is passed over; the entry
 * that it names is then treated like one that a power cut may have damaged.
 */
export class Journal {
  readonly #file: string
  readonly #digests = new Map<string, string>()
  readonly #same = new Map<string, string>()
  readonly #as = new Map<string, string>()
  constructor(root: string) {
    this.#file = path.join(root, 'journal.jsonl')
    this.read()
  }
  /** Learns what other runners wrote, too. */
  read(): void {
    for (const line of readLines(this.#file)) if (isJournalLine(line)) this.#learn(line)
  }
  /** Digest of the record of an entry that is known to be on the disk. */
  digestOf(key: string): string | undefined {
    return this.#digests.get(key)
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
    try {
      appendLines(this.#file, all, { flush })
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
    writeWhole(this.#file, all.map(sealedLine).join(''))
    for (const known of [this.#digests, this.#same, this.#as]) known.clear()
    for (const line of all) this.#learn(line)
  }
  #learn(line: JournalLine): void {
    if ('gone' in line) this.#digests.delete(line.key)
    else if ('as' in line) this.#as.set(line.key, line.as)
    else {
      this.#digests.set(line.key, line.record)
      this.#same.set(line.same, line.key)
    }
  }
}
/** Not of an older version, whose lines have no digest of the record. */
function isJournalLine(line: object): line is JournalLine {
  const { key, same, record, as, gone }: { [name: string]: unknown } = { ...line }
  return typeof key === 'string' && (gone === true || typeof as === 'string' || (typeof same === 'string' && typeof record === 'string'))
}
