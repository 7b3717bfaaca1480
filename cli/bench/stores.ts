import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, utimesSync } from 'node:fs'
import path from 'node:path'
import { Store } from '../../core/store/store.ts'
import { verify } from '../../core/store/verify.ts'

/** A store with some entries of another and nothing else: whoever opens a copy of it believes them without reading them. */
export async function storeWith(folder: string, from: string, keys: readonly string[]): Promise<void> {
  const [target, source] = [await Store.open(folder), await Store.open(from)]
  for (const key of keys) {
    mkdirSync(path.dirname(target.entryFolder(key)), { recursive: true })
    cpSync(source.entryFolder(key), target.entryFolder(key), { recursive: true })
  }
  touchRecords(folder)
  await verify(target, () => {})
}
/** A store for one run: the entries share the bytes of the given one, all else is its own. */
export function freshStore(folder: string, given: string | undefined): void {
  if (given === undefined) return
  mkdirSync(folder, { recursive: true })
  for (const name of readdirSync(given)) execFileSync('cp', [name === 'entries' ? '-al' : '-a', path.join(given, name), folder])
  touchRecords(folder)
}
/** Copying changes a file's time of change, and an entry counts as touched where that is later than its record's. */
function touchRecords(folder: string): void {
  const entries = path.join(folder, 'entries')
  for (const half of existsSync(entries) ? readdirSync(entries) : [])
    for (const key of readdirSync(path.join(entries, half)))
      utimesSync(path.join(entries, half, key, 'record.json'), new Date(), new Date())
}
