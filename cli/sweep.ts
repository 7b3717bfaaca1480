import { lstat, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { TriremeError } from '../core/errors.ts'
import type { Store } from '../core/store/store.ts'
import { eventsOf, isActive, type RunRecord, runsOf } from './record.ts'

/** Which runs stay: the latest so many, those since a moment; all where nothing is said. A run that goes on always stays. */
export interface Keep {
  readonly last?: number
  /** Milliseconds since 1970. */
  readonly since?: number
}
export interface Freed {
  readonly runs: number
  readonly entries: number
  readonly folders: number
  readonly bytes: number
}
/** Milliseconds of "7d", "12h", "30m". @throws TriremeError `USAGE` */
export function age(text: string): number {
  const [, figure, unit = ''] = /^(\d+(?:\.\d+)?)([dhm])$/.exec(text) ?? []
  if (figure === undefined)
    throw new TriremeError('USAGE', `--older-than takes a number with d, h or m, such as 7d, got ${JSON.stringify(text)}.`)
  return Number(figure) * { d: 86_400_000, h: 3_600_000, m: 60_000 }[unit as 'd' | 'h' | 'm'] // matched just now
}
/**
 * Removes runs that are not kept, entries that no kept run needs, and work folders of runs that have ended.
 * Nothing at all is taken from under a run that goes on: its keys are not all known before its end.
 */
export async function sweep(store: Store, keep: Keep, dryRun: boolean): Promise<Freed> {
  const runs = await runsOf(store)
  const active = (await Promise.all(runs.map(async run => ((await isActive(store, run)) ? [run.id] : [])))).flat()
  const kept = runs.filter((run, n) => active.includes(run.id) || isKept(run, n, keep))
  const needed = new Set<string>()
  for (const run of kept) for (const key of await keysOf(store, run)) needed.add(key)
  const keptIds = new Set(kept.map(({ id }) => id))
  const listed = await readdir(path.join(store.root, 'runs'))
  const gone = listed.filter(id => !keptIds.has(id))
  const entries = active.length > 0 ? [] : [...store.keys()].filter(key => !needed.has(key))
  const working = await readdir(path.join(store.root, 'work')).catch(() => [])
  const folders = working.filter(id => !active.includes(id) && !(active.length > 0 && !listed.includes(id)))
  const cutOff = active.length > 0 ? [] : await readdir(path.join(store.root, 'resume')).catch(() => [])
  const places = [
    ...entries.map(key => store.entryFolder(key)),
    ...folders.map(id => path.join(store.root, 'work', id)),
    ...cutOff.map(key => store.resumeFolder(key)),
    ...gone.map(id => store.runFolder(id)),
  ]
  let bytes = 0
  for (const place of places) bytes += await sizeOf(place)
  if (!dryRun) {
    for (const key of entries) store.remove(key)
    for (const place of places) await rm(place, { recursive: true, force: true })
  }
  return { runs: gone.length, entries: entries.length, folders: folders.length + cutOff.length, bytes }
}
function isKept(run: RunRecord, n: number, { last, since }: Keep): boolean {
  if (last === undefined && since === undefined) return true
  return (last !== undefined && n < last) || (since !== undefined && Date.parse(run.started) >= since)
}
/** Keys of every entry that a run made or found; where another entry stands in, that one's. */
async function keysOf(store: Store, run: RunRecord): Promise<readonly string[]> {
  const events = await eventsOf(store, run.id)
  const told = events.flatMap(event => (event.event === 'cached' || event.event === 'succeeded' ? [event.key] : []))
  const all = [...new Set([...Object.values(run.entries), ...told])]
  return Promise.all(all.map(async key => (store.look(key) ? key : ((await store.find(key))?.record.key ?? key))))
}
async function sizeOf(place: string): Promise<number> {
  const found = await lstat(place).catch(() => undefined)
  if (!found) return 0
  if (!found.isDirectory()) return found.size
  const names = await readdir(place)
  let sum = 0
  for (const name of names) sum += await sizeOf(path.join(place, name))
  return sum
}
