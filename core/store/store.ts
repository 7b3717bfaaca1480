import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { TriremeError } from '../errors.ts'
import { ensureFolder, moveFolder } from '../files.ts'
import { redacted } from '../secrets.ts'
import { EntryLocks } from './entry-locks.ts'
import { openFormat } from './format.ts'
import { digestFile } from './fsync.ts'
import { Journal, noteOf } from './journal.ts'
import { type Entry, type OutputFile, recordIn, type StepRecord, type StoredEntry } from './record.ts'
import { isForbidden, isReadOnly, refusalOf } from './refusals.ts'
import { discard } from './rubbish.ts'
import { digestIn, sealedText } from './sealed.ts'
import { Digests } from './source-digests.ts'
import { SyncQueue } from './sync-queue.ts'
import { removeParts } from './whole-file.ts'
import { WorkFolders } from './work-folders.ts'

/**
 * Content by derivation key, in one folder:
 * `entries/ab/abcd…/` holds the outputs of a step and its `record.json`, put there by one rename;
 * `work/RUN/` is private to a run until then; `runs/RUN/` holds its events; `journal.jsonl` is an index of what is on the disk.
 *
 * A rename makes an entry visible whole, also to a runner killed at any moment. It reaches the disk a little later, in groups, and only
 * then its line is written to the journal: a power cut may have damaged an entry without a line, so it is trusted only after
 * its digests were compared. So is an entry whose files were touched since: their time of change, which no program can set back, is later than
 * the record's. A fault of the disk leaves no such trace; it is found when the content is compared: before a step reads it, before it is
 * copied out, and by `verify`.
 */
export class Store {
  readonly root: string
  readonly #journal: Journal
  readonly #halves = new Set<string>()
  readonly #doubted = new Map<string, Promise<Entry | undefined>>()
  readonly #groups: SyncQueue
  readonly #claims: EntryLocks
  readonly #workFolders: WorkFolders
  readonly #begun = new Map<string, { times: number; keep: boolean }>()
  #sources: Digests | undefined
  /** Entries that were found damaged and set aside since the store was opened: key → what was wrong. */
  readonly faults = new Map<string, string>()
  private constructor(root: string) {
    this.root = root
    this.#journal = new Journal(root)
    this.#groups = new SyncQueue(root, this.#journal)
    this.#claims = new EntryLocks(path.join(root, 'claims'), () => this.#workFolders.clearDead())
    this.#workFolders = new WorkFolders(path.join(root, 'work'), this.#claims)
  }
  /** Opens the store, making it where there is none. @throws TriremeError `STORE` when it cannot be written or has another format */
  static async open(folder: string): Promise<Store> {
    const root = path.resolve(folder)
    openFormat(root)
    return new Store(root)
  }
  /** Digests of the user's own files. */
  get sources(): Digests {
    this.#sources ??= Digests.open(this.root)
    return this.#sources
  }
  entryFolder(key: string): string {
    return `${this.root}/entries/${key.slice(0, 2)}/${key}` // not by `path.join`, which is slow where thousands are looked up
  }
  /** Folder private to a run, on the same file system as the entries, so that publishing is one rename. */
  workFolder(run: string): string {
    return path.join(this.root, 'work', run)
  }
  /** Folder for checkpoints of a step that may be killed, by its key: the next attempt goes on from there. */
  resumeFolder(key: string): string {
    return path.join(this.root, 'resume', key)
  }
  runFolder(run: string): string {
    return path.join(this.root, 'runs', run)
  }
  /** A finished step, if it is there and whole. */
  async find(key: string): Promise<Entry | undefined> {
    const noted = this.#journal.digestOf(key)
    const there = noted !== undefined || existsSync(this.entryFolder(key)) // asked first: an attempt to open a missing file takes ten times as long
    const entry = there ? this.look(key) : undefined
    if (!entry) {
      // Looked up twice, since another runner may publish it at this moment.
      if (there && existsSync(this.entryFolder(key)) && !this.look(key)) this.setAside(key, 'its record cannot be read')
      const other = this.#journal.standIn(key)
      return other === undefined ? undefined : this.find(other)
    }
    const untouched = this.untouched(entry)
    if (entry.digest === noted && untouched) return entry
    const settled = untouched ? this.#doubted.get(key) : undefined
    const doubted = settled ?? this.#settle(key, entry)
    this.#doubted.set(key, doubted)
    return doubted
  }
  /** An entry as it is on the disk, trusted or not; undefined where its record is damaged. @throws where it may not be read */
  look(key: string): StoredEntry | undefined {
    const folder = this.entryFolder(key)
    try {
      const found = recordIn(readFileSync(`${folder}/record.json`, 'utf8'))
      return found?.record.key === key ? { folder, ...found } : undefined
    } catch (cause) {
      if (['ENOENT', 'ENOTDIR', 'EISDIR', 'EIO'].includes(String((cause as NodeJS.ErrnoException).code))) return undefined
      throw cause
    }
  }
  /** The entry made by the same recipe over the same contents under another key: a changed step before it had made an equal output. */
  async findSame(same: string): Promise<Entry | undefined> {
    const key = this.#journal.sameAs(same)
    const entry = key === undefined ? undefined : await this.find(key)
    return entry?.record.same === same ? entry : undefined // under the same key it may have been made again, of other contents
  }
  /** Notes that an entry under another key is what this key would make. */
  standIn(key: string, entry: Entry): void {
    this.#journal.add([{ key, as: entry.record.key }])
  }
  /** Compares an entry that is not trusted yet with its digests: it is kept and noted, or set aside. */
  async #settle(key: string, entry: StoredEntry): Promise<Entry | undefined> {
    const fault = this.recordFault(entry) ?? (await this.fault(entry))
    if (fault === undefined) {
      this.#believe(entry)
      return entry
    }
    this.setAside(key, fault)
    return undefined
  }
  #believe(entry: StoredEntry): void {
    try {
      // From now on its files are older than its record again, in whatever order a backup restored them.
      if (!this.untouched(entry)) utimesSync(path.join(entry.folder, 'record.json'), new Date(), new Date())
    } catch {
      // A store that cannot be written is compared anew each time.
    }
    if (this.#journal.digestOf(entry.record.key) !== entry.digest) this.#groups.add(entry)
  }
  /** Whether an entry's files are unchanged since they were published, by their times on the file system. Takes a few microseconds a file. */
  untouched({ folder, record }: Entry): boolean {
    const made = lstatSync(`${folder}/record.json`, { throwIfNoEntry: false })?.ctimeMs
    if (made === undefined) return false
    return filesIn(record).every(({ name, size }) => {
      const found = lstatSync(`${folder}/${name}`, { throwIfNoEntry: false })
      return found?.isFile() === true && found.size === size && found.ctimeMs <= made
    })
  }
  /** Whether a record that is whole is another than the journal knows, in words. */
  recordFault({ record: { key }, digest }: StoredEntry): string | undefined {
    const isKnown = () => (this.#journal.digestOf(key) ?? digest) === digest
    if (isKnown()) return undefined
    this.#journal.read() // another runner may have made the entry again
    return isKnown() ? undefined : 'its record is another than the one that was written'
  }
  /** What is wrong with an entry's files, in words; undefined when every digest is as recorded. @throws where this user may not read them */
  async fault({ folder, record }: Entry, signal?: AbortSignal): Promise<string | undefined> {
    for (const { name, size, sha256 } of filesIn(record)) {
      const place = path.join(folder, name)
      const found = lstatSync(place, { throwIfNoEntry: false })
      if (!found?.isFile()) return `its file ${name} is gone`
      if (found.size !== size) return `its file ${name} has ${found.size} bytes instead of ${size}`
      const digest = await digestFile(place, size, signal).catch((cause: NodeJS.ErrnoException) => cause)
      signal?.throwIfAborted()
      if (typeof digest !== 'string' && isForbidden(digest)) throw digest
      if (typeof digest !== 'string') return `its file ${name} cannot be read (${digest.code})`
      if (digest !== sha256) return `the content of its file ${name} has changed since it was made`
    }
    return undefined
  }
  /** Moves a damaged entry into `damaged/` by one rename, so that its step runs again. @returns its new place */
  setAside(key: string, fault: string): string | undefined {
    this.faults.set(key, fault)
    this.#doubted.delete(key)
    this.#journal.forget([key])
    const folder = path.join(this.root, 'damaged')
    try {
      ensureFolder(folder)
      const place = path.join(folder, `${key}.${readdirSync(folder).length + 1}.${process.pid}`)
      moveFolder(this.entryFolder(key), place)
      return place
    } catch {
      return undefined // another runner was first, or the folder cannot be written: publishing will say so
    }
  }
  /**
   * Takes a run's private folder, and clears what killed runners left: their folders, their processes, their claims.
   * Folders of failed steps stay, since their runner ended by itself. Waits while another process removes entries.
   * Begun more than once, a run goes on until each has ended: its steps, and whoever publishes what they made.
   */
  async begin(run: string): Promise<void> {
    removeParts(this.root)
    const held = this.#begun.get(run)
    if (!held) await this.#explained(this.#workFolders.begin(run))
    this.#begun.set(run, { times: (held?.times ?? 0) + 1, keep: held?.keep ?? false })
  }
  /** The end of a run by itself. @param keep whether its folder holds failed steps, which people may look at */
  end(run: string, keep: boolean): void {
    const held = this.#begun.get(run)
    if (!held) return
    held.times--
    held.keep ||= keep
    if (held.times > 0) return
    this.#begun.delete(run)
    this.#workFolders.end(run, held.keep)
  }
  /** Runs that are going on, of this process and of others. */
  running(): readonly string[] {
    return this.#workFolders.running()
  }
  /** Calls `act` while no run goes on; a run that starts meanwhile waits. @returns undefined where a run goes on, or another process does the same */
  alone<T>(act: () => Promise<T>): Promise<T | undefined> {
    return this.#explained(this.#workFolders.alone(act))
  }
  /** A promise whose faults of the disk are told in words for people. */
  #explained<T>(promise: Promise<T>): Promise<T> {
    return promise.catch(cause => {
      throw this.refusal(cause) ?? cause
    })
  }
  /** Reserves the making of an entry, so that two runners do not make it twice. @returns false while another live runner has it */
  claim(key: string): boolean {
    return this.#claims.take(key)
  }
  release(key: string): void {
    this.#claims.give(key)
  }
  /** Removes entries, each by one rename first, so that no reader ever sees half of one. */
  remove(keys: readonly string[]): void {
    this.#journal.forget(keys)
    for (const key of keys) {
      const bin = path.join(this.root, 'work', `removed-${process.pid}-${key.slice(0, 16)}`)
      this.#doubted.delete(key)
      try {
        mkdirSync(path.dirname(bin), { recursive: true })
        moveFolder(this.entryFolder(key), bin)
      } catch {
        continue // another runner was first
      }
      discard(bin)
    }
  }
  /** Moves a folder of checked outputs into place, all or nothing. Where another runner was first, its entry stays. */
  async publish(outputs: string, made: StepRecord): Promise<Entry> {
    const record = redacted(made) // a step's words may hold an address with a password
    const text = sealedText(record)
    const entry = { folder: this.entryFolder(record.key), record, digest: digestIn(text) }
    try {
      writeFileSync(path.join(outputs, 'record.json'), text, { mode: 0o444 })
      const half = path.dirname(entry.folder)
      if (!this.#halves.has(half)) mkdirSync(half, { recursive: true })
      this.#halves.add(half)
      const there = await this.#move(outputs, entry)
      if (there) return there
    } catch (cause) {
      throw new TriremeError(
        'STORE',
        `The outputs of ${record.label} cannot be published: ${(cause as Error).message}. Free some space, or give another --store.`,
        { cause },
      )
    }
    this.#groups.add(entry)
    return entry
  }
  /** @returns the entry that is there already, if it is undamaged */
  async #move(outputs: string, { folder, record }: Entry): Promise<Entry | undefined> {
    try {
      renameSync(outputs, folder)
      return undefined
    } catch (cause) {
      const there = await this.find(record.key)
      if (there) {
        discard(outputs)
        return there
      }
      if (existsSync(folder)) throw cause
    }
    renameSync(outputs, folder) // `find` has set aside what was damaged
    return undefined
  }
  /** Waits until everything published is on the disk. @throws TriremeError `STORE` when the disk refuses */
  flush(): Promise<void> {
    return this.#groups.flush()
  }
  /** A fault of the disk below the store, in words for people; undefined for any other. */
  refusal(cause: unknown): TriremeError | undefined {
    return refusalOf(this.root, cause)
  }
  /** Keys of every entry, whole or not. What others put beside them, such as a `.DS_Store`, is passed over. */
  *keys(): Generator<string> {
    const top = path.join(this.root, 'entries')
    for (const half of foldersNamed(top, /^[0-9a-f]{2}$/)) yield* foldersNamed(path.join(top, half), /^[0-9a-f]{64}$/)
  }
  /** Writes the journal anew from entries that are known to be on the disk. Other lines about them stay. */
  reindex(entries: readonly StoredEntry[]): void {
    const there = new Set(entries.map(({ record }) => record.key))
    try {
      this.#journal.rebuild([...entries.map(noteOf), ...this.#journal.standIns().filter(line => there.has(line.as))])
    } catch (cause) {
      if (!(cause instanceof Error && isReadOnly(cause, this.root))) throw cause // whoever may only read the store may compare it all the same
    }
  }
  /** Every entry that can be read. */
  async *entries(): AsyncGenerator<Entry> {
    for (const key of this.keys()) {
      const entry = this.look(key)
      if (entry) yield entry
    }
  }
}
const foldersNamed = (folder: string, names: RegExp): readonly string[] =>
  readdirSync(folder, { withFileTypes: true })
    .flatMap(found => (found.isDirectory() && names.test(found.name) ? found.name : []))
    .sort()
const filesIn = (record: StepRecord): readonly OutputFile[] => Object.values(record.outputs).flat()
