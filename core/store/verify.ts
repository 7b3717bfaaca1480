import { notice } from '../notices.ts'
import type { StoredEntry } from './record.ts'
import { isForbidden } from './refusals.ts'
import type { Store } from './store.ts'
import { syncAll } from './sync-queue.ts'
import { removeParts } from './whole-file.ts'

export interface Damage {
  readonly key: string
  /** The step's name for people; undefined where the record cannot be read. */
  readonly label: string | undefined
  /** What is wrong, in words: "the content of its file loud.txt has changed since it was made". */
  readonly fault: string
  /** Where it was moved; undefined where it could not be moved. */
  readonly place: string | undefined
}
export interface Verified {
  readonly entries: number
  readonly bytes: number
  readonly damaged: readonly Damage[]
  /** Undamaged entries of older versions, whose records have no digest: their files are as recorded, but nothing proves the records. */
  readonly unproved: number
}
/**
 * Reads every file of the store and compares it with the digest in its record. Damaged entries are moved away, so that their steps run
 * again. All others stay, are flushed to the disk, and the journal is written anew from them. Runs may go on meanwhile.
 */
export async function verify(store: Store, progress: (done: number, of: number) => void = () => {}): Promise<Verified> {
  const keys = [...store.keys()]
  const undamaged: StoredEntry[] = []
  const damaged: Damage[] = []
  let bytes = 0
  for (const [n, key] of keys.entries()) {
    progress(n, keys.length)
    try {
      const entry = store.look(key)
      const fault = entry ? (store.recordFault(entry) ?? (await store.fault(entry))) : 'its record cannot be read'
      if (entry && fault === undefined) {
        undamaged.push(entry)
        for (const { size } of Object.values(entry.record.outputs).flat()) bytes += size
      } else if (fault !== undefined) damaged.push({ key, label: entry?.record.label, fault, place: store.setAside(key, fault) })
    } catch (cause) {
      if (!(cause instanceof Error && isForbidden(cause))) throw cause
      notice(`Notice: ${store.entryFolder(key)} is another user's and was not compared, since you may not read it.`)
    }
  }
  for (let n = 0; n < undamaged.length; n += 100) await syncAll(undamaged.slice(n, n + 100))
  removeParts(store.root)
  store.reindex(undamaged)
  const unproved = undamaged.filter(({ record }) => record.format === 1).length
  return { entries: keys.length, bytes, damaged, unproved }
}
