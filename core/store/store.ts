import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { TriremeError } from '../errors.ts'
import { syncFile, syncFolder } from './durable.ts'
import type { StepRecord } from './record.ts'

const format = 'trireme-store 1\n'

/** A finished step: its folder, and the record beside the outputs. */
export interface Entry {
  readonly folder: string
  readonly record: StepRecord
}
/**
 * Content by derivation key, in one folder:
 * `entries/ab/abcd…/` holds the outputs of a step and its `record.json`, put there by one rename;
 * `work/RUN/` is private to a run until then; `runs/RUN/` holds its events.
 */
export class Store {
  readonly root: string
  private constructor(root: string) {
    this.root = root
  }
  /** Opens the store, making it where there is none. @throws TriremeError `STORE` when it cannot be written or has another format */
  static async open(root: string): Promise<Store> {
    const store = new Store(path.resolve(root))
    const mark = path.join(store.root, 'format')
    try {
      await mkdir(path.join(store.root, 'entries'), { recursive: true })
      await mkdir(path.join(store.root, 'runs'), { recursive: true })
      const found = await readFile(mark, 'utf8').catch(() => undefined)
      if (found === undefined) await writeFile(mark, format)
      else if (found !== format)
        throw new TriremeError(
          'STORE',
          `The store ${store.root} is of format "${found.trim()}", this version reads "${format.trim()}". Use another folder with --store, or the version that made it.`,
        )
    } catch (cause) {
      if (cause instanceof TriremeError) throw cause
      throw new TriremeError(
        'STORE',
        `The store ${store.root} cannot be written: ${(cause as Error).message}. Give a folder you may write to with --store.`,
        { cause },
      )
    }
    return store
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
  /** A finished step, if it is there. Whatever is under its key is whole: it came by one rename. */
  async find(key: string): Promise<Entry | undefined> {
    const folder = this.entryFolder(key)
    let text: string
    try {
      text = await readFile(path.join(folder, 'record.json'), 'utf8')
    } catch {
      return undefined
    }
    try {
      return { folder, record: JSON.parse(text) as StepRecord } // written by `publish` in this format
    } catch (cause) {
      throw new TriremeError('STORE', `${folder}/record.json is damaged. Remove that folder; the step will run again.`, { cause })
    }
  }
  /** Moves a folder of checked outputs into place, all or nothing. Where another runner was first, its entry stays. */
  async publish(outputs: string, record: StepRecord): Promise<Entry> {
    const folder = this.entryFolder(record.key)
    const file = path.join(outputs, 'record.json')
    await writeFile(file, `${JSON.stringify(record, null, 1)}\n`)
    await syncFile(file)
    await syncFolder(outputs)
    await mkdir(path.dirname(folder), { recursive: true })
    try {
      await rename(outputs, folder)
    } catch (cause) {
      const there = await this.find(record.key)
      if (!there)
        throw new TriremeError(
          'STORE',
          `The outputs of ${record.step} cannot be published: ${(cause as Error).message}. Free some space, or give another --store.`,
          { cause },
        )
      await rm(outputs, { recursive: true, force: true })
      return there
    }
    await syncFolder(path.dirname(folder))
    return { folder, record }
  }
  /** Every entry of the store. */
  async *entries(): AsyncGenerator<Entry> {
    const top = path.join(this.root, 'entries')
    for (const half of await readdir(top))
      for (const key of await readdir(path.join(top, half))) {
        const entry = await this.find(key)
        if (entry) yield entry
      }
  }
}
