import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { TriremeError } from '../errors.ts'
import { digestFile, sync } from './durable.ts'
import { Journal } from './journal.ts'
import { alive, endOrphans, ownerIn, self } from './owner.ts'
import type { StepRecord } from './record.ts'

const format = 'trireme-store 1\n'
/** Milliseconds between groups: while the disk commits, every mkdir and open of the runner waits for it. */
const groupPause = 500
const pause = (ms: number) => new Promise<void>(done => setTimeout(done, ms).unref())

/** A finished step: its folder, and the record beside the outputs. */
export interface Entry {
  readonly folder: string
  readonly record: StepRecord
}
/**
 * Content by derivation key, in one folder:
 * `entries/ab/abcd…/` holds the outputs of a step and its `record.json`, put there by one rename;
 * `work/RUN/` is private to a run until then; `runs/RUN/` holds its events; `journal.jsonl` is an index of what is on the disk.
 *
 * A rename makes an entry visible whole, also to a runner killed at any moment. It reaches the disk a little later, in groups, and only
 * then its line is written to the journal: an entry without a line is one whose power may have been cut, and is believed only after its
 * digests were compared.
 */
export class Store {
  readonly root: string
  readonly #journal: Journal
  readonly #halves = new Set<string>()
  readonly #doubted = new Map<string, Promise<Entry | undefined>>()
  /** File that says whose the run is, once it began. */
  #owner: string | undefined
  #pending: Entry[] = []
  #syncing: Promise<void> = Promise.resolve()
  #syncs = false
  #hurry = false
  #hurried: Promise<void> = Promise.resolve()
  #wake: () => void = () => {}
  private constructor(root: string) {
    this.root = root
    this.#journal = new Journal(root)
  }
  /** Opens the store, making it where there is none. @throws TriremeError `STORE` when it cannot be written or has another format */
  static async open(folder: string): Promise<Store> {
    const root = path.resolve(folder)
    const mark = path.join(root, 'format')
    let found: string | undefined
    try {
      ensureFolder(root)
      for (const name of ['entries', 'runs', 'claims', 'work']) ensureFolder(path.join(root, name))
      found = read(mark)
      if (found === undefined) {
        // By rename, so that a runner killed here, or two at once, leave no half mark.
        writeFileSync(`${mark}.${process.pid}`, format)
        renameSync(`${mark}.${process.pid}`, mark)
      }
    } catch (cause) {
      throw new TriremeError(
        'STORE',
        `The store ${root} cannot be written: ${(cause as Error).message}. Give a folder you may write to with --store.`,
        { cause },
      )
    }
    if (found !== undefined && found !== format)
      throw new TriremeError(
        'STORE',
        `The store ${root} is of format "${found.trim()}", this version reads "${format.trim()}". Use another folder with --store, or the version that made it.`,
      )
    return new Store(root)
  }
  entryFolder(key: string): string {
    return path.join(this.root, 'entries', key.slice(0, 2), key)
  }
  /** Folder private to a run, on the same file system as the entries, so that publishing is one rename. */
  workFolder(run: string): string {
    return path.join(this.root, 'work', run)
  }
  runFolder(run: string): string {
    return path.join(this.root, 'runs', run)
  }
  /** A finished step, if it is there and whole. */
  async find(key: string): Promise<Entry | undefined> {
    const entry = this.look(key)
    if (!entry) {
      const other = this.#journal.standIn(key)
      return other === undefined ? undefined : this.find(other)
    }
    if (this.#journal.has(key)) return entry
    const doubted = this.#doubted.get(key) ?? this.#settle(key, entry)
    this.#doubted.set(key, doubted)
    return doubted
  }
  /** An entry as it lies there, believed or not. A record that cannot be read is no entry. */
  look(key: string): Entry | undefined {
    const folder = this.entryFolder(key)
    const file = path.join(folder, 'record.json')
    const text = existsSync(file) ? read(file) : undefined // most are not there yet, and an error thrown takes longer than the question
    if (text === undefined) return undefined
    try {
      const record = JSON.parse(text) as StepRecord // written by `publish` in this format; a damaged one does not name its key
      return record.key === key ? { folder, record } : undefined
    } catch {
      return undefined
    }
  }
  /** The entry made by the same recipe over the same contents, under another key: what a changed step left equal. */
  async findSame(same: string): Promise<Entry | undefined> {
    const key = this.#journal.sameAs(same)
    return key === undefined ? undefined : this.find(key)
  }
  /** Notes that what a key would make is an entry that is there. */
  standIn(key: string, entry: Entry): void {
    this.#journal.add([{ key, as: entry.record.key }])
  }
  /** Compares an unbelieved entry with its digests: kept and noted, or removed. */
  async #settle(key: string, entry: Entry): Promise<Entry | undefined> {
    const fault = await this.fault(entry)
    if (fault === undefined) {
      this.#later(entry)
      return entry
    }
    this.remove(key)
    return undefined
  }
  /** What is wrong with an entry's files, in words; undefined when every digest is as recorded. */
  async fault({ folder, record }: Entry): Promise<string | undefined> {
    for (const { name, size, sha256 } of Object.values(record.outputs).flat()) {
      const digest = await digestFile(path.join(folder, name), size).catch((cause: NodeJS.ErrnoException) => cause)
      if (typeof digest !== 'string') return `${name} cannot be read (${digest.code})`
      if (digest !== sha256) return `${name} has changed since it was made`
    }
    return undefined
  }
  /**
   * Takes a run's private folder, and clears what killed runners left: their folders, their processes, their claims.
   * Folders of failed steps stay, since their runner ended by itself.
   */
  begin(run: string): void {
    const work = path.join(this.root, 'work')
    mkdirSync(this.workFolder(run), { recursive: true })
    this.#owner = path.join(this.workFolder(run), ownerFile)
    writeFileSync(this.#owner, JSON.stringify(self))
    for (const name of readdirSync(work)) {
      const left = path.join(work, name)
      const owner = ownerIn(read(path.join(left, ownerFile)) ?? '')
      if ((owner && !alive(owner)) || /^removed-/.test(name)) {
        if (owner) endOrphans(left)
        rmSync(left, { recursive: true, force: true })
      }
    }
  }
  /** The end of a run by itself: what is left of its folder is what failed. */
  end(run: string): void {
    rmSync(path.join(this.workFolder(run), ownerFile), { force: true })
    try {
      rmdirSync(this.workFolder(run))
    } catch {
      // Failed steps are kept there.
    }
  }
  /** Reserves the making of an entry, so that two runners do not make it twice. @returns false while another runner that lives has it */
  claim(key: string): boolean {
    const file = path.join(this.root, 'claims', key)
    try {
      this.#mark(file)
      return true
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    }
    const owner = ownerIn(read(file) ?? '')
    if (owner?.pid === process.pid) return true
    if (owner ? alive(owner) : fresh(file)) return false
    // Of several that find the claim of a dead runner, one takes it away; then all try again.
    const bin = `${file}.${process.pid}`
    try {
      renameSync(file, bin)
      rmSync(bin, { force: true })
    } catch {
      // another was first
    }
    return false
  }
  /**
   * A claim is one more name of the run's owner file, where the file system has links: it is whole at once, and no file comes and goes with
   * every step. ext4 passes over all that were removed in the last seconds when it makes a new one, which took a quarter of all time.
   */
  #mark(file: string): void {
    try {
      if (this.#owner !== undefined) {
        linkSync(this.#owner, file)
        return
      }
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw cause
    }
    writeFileSync(file, JSON.stringify(self), { flag: 'wx' })
  }
  release(key: string): void {
    rmSync(path.join(this.root, 'claims', key), { force: true })
  }
  /** Takes an entry away by one rename, so that nobody ever sees half of it. */
  remove(key: string): void {
    const bin = path.join(this.root, 'work', `removed-${process.pid}-${key.slice(0, 16)}`)
    this.#journal.forget(key)
    this.#doubted.delete(key)
    try {
      mkdirSync(path.dirname(bin), { recursive: true })
      renameSync(this.entryFolder(key), bin)
    } catch {
      return // another runner was first
    }
    rmSync(bin, { recursive: true, force: true })
  }
  /** Moves a folder of checked outputs into place, all or nothing. Where another runner was first, its entry stays. */
  async publish(outputs: string, record: StepRecord): Promise<Entry> {
    const folder = this.entryFolder(record.key)
    try {
      writeFileSync(path.join(outputs, 'record.json'), `${JSON.stringify(record, null, 1)}\n`, { mode: 0o444 })
      const half = path.dirname(folder)
      if (!this.#halves.has(half)) mkdirSync(half, { recursive: true })
      this.#halves.add(half)
      renameSync(outputs, folder)
    } catch (cause) {
      const there = await this.find(record.key)
      if (!there)
        throw new TriremeError(
          'STORE',
          `The outputs of ${record.label} cannot be published: ${(cause as Error).message}. Free some space, or give another --store.`,
          { cause },
        )
      rmSync(outputs, { recursive: true, force: true })
      return there
    }
    const entry = { folder, record }
    this.#later(entry)
    return entry
  }
  #later(entry: Entry): void {
    this.#pending.push(entry)
    if (this.#syncs) return
    this.#syncs = true
    this.#hurried = new Promise(wake => {
      this.#wake = wake
    })
    this.#syncing = this.#syncGroups()
  }
  /** Brings what was published meanwhile to the disk, group by group: files and folders first, then their lines in the journal. */
  async #syncGroups(): Promise<void> {
    while (this.#pending.length > 0) {
      if (!this.#hurry) await Promise.race([pause(groupPause), this.#hurried])
      const group = this.#pending
      this.#pending = []
      const places = group.flatMap(({ folder, record }) => [
        ...Object.values(record.outputs).flatMap(files => files.map(({ name }) => path.join(folder, name))),
        path.join(folder, 'record.json'),
        folder,
      ])
      const parents = new Set(group.map(({ folder }) => path.dirname(folder)))
      for (const some of [places, [...parents]]) {
        const queue = [...some]
        const drain = async () => {
          for (let place = queue.pop(); place !== undefined; place = queue.pop()) await sync(place)
        }
        await Promise.all([drain(), drain(), drain(), drain()]) // as many as Node has threads for files
      }
      this.#journal.add(group.map(({ record: { key, same } }) => ({ key, same })))
    }
    this.#syncs = false
  }
  /** Waits until everything published is on the disk. @throws TriremeError `STORE` when the disk refuses */
  async flush(): Promise<void> {
    this.#hurry = true
    this.#wake()
    try {
      while (this.#syncs) await this.#syncing
    } catch (cause) {
      throw new TriremeError(
        'STORE',
        `The store ${this.root} could not be brought to the disk: ${(cause as Error).message}. What was published is looked at again by the next run.`,
        { cause },
      )
    } finally {
      this.#hurry = false
    }
  }
  /** Keys of every entry, whole or not. */
  *keys(): Generator<string> {
    const top = path.join(this.root, 'entries')
    for (const half of readdirSync(top)) yield* readdirSync(path.join(top, half))
  }
  /** Every entry that can be read. */
  async *entries(): AsyncGenerator<Entry> {
    for (const key of this.keys()) {
      const entry = this.look(key)
      if (entry) yield entry
    }
  }
}
/** Makes a folder and those above it. Node's own `recursive` loops for ever where the system refuses with ENOENT, as /proc does. */
function ensureFolder(folder: string): void {
  if (existsSync(folder)) return
  if (path.dirname(folder) !== folder) ensureFolder(path.dirname(folder))
  try {
    mkdirSync(folder)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
  }
}
/** Says whose a work folder is, until the run ends by itself. */
const ownerFile = '.owner'
/** A claim that is being written at this moment has no owner yet. */
function fresh(file: string): boolean {
  const made = statSync(file, { throwIfNoEntry: false })?.mtimeMs
  return made !== undefined && Date.now() - made < 2000
}
function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
