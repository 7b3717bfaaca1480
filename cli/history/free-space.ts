import { existsSync, lstatSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { TriremeError } from '../../core/errors.ts'
import { removeTreeInTurns } from '../../core/left-behind.ts'
import { tellLeft } from '../../core/store/rubbish.ts'
import type { Store } from '../../core/store/store.ts'
import { removeParts } from '../../core/store/whole-file.ts'
import { sum } from '../../core/vocabulary/quantity.ts'
import { originIn, originOf } from '../../steps/image/gather/names.ts'
import { eventsOf, type RunRecord, runsOf } from './record.ts'

/** Which runs stay: a number of the latest, those since a moment; all where neither is given. */
export interface Keep {
  readonly last?: number
  /** Milliseconds since 1970. */
  readonly since?: number
  /** Of these, the latest whose finished steps have so many bytes together; the latest of all stays in any case. */
  readonly bytes?: number
}
/** Folder of the store for what was made of users' folders and lists. */
export const gatheredFolder = 'gathered'
export interface Freed {
  readonly runs: number
  readonly entries: number
  /** Archives of users' folders and lists. */
  readonly archives: number
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
 * Removes runs that are not kept, entries that no kept run needs, damaged ones, and work folders of runs that have ended. While a run goes
 * on nothing is removed, since its keys are not all known before its end; one that starts meanwhile waits.
 * @returns undefined while a run goes on
 */
export const sweep = (store: Store, keep: Keep, dryRun: boolean): Promise<Freed | undefined> =>
  store.alone(async () => {
    const kept = (await runsOf(store)).filter((run, n) => isKept(run, n, keep))
    const needed = new Set<string>()
    const keptIds = new Set<string>()
    let budget = keep.bytes ?? Number.POSITIVE_INFINITY
    for (const run of kept) {
      const more = (await keysOf(store, run)).filter(key => !needed.has(key))
      const bytes = keep.bytes === undefined ? 0 : sum(more.map(key => sizeOf(store.entryFolder(key))))
      if (bytes > budget && keptIds.size > 0) break
      budget -= bytes
      keptIds.add(run.id)
      for (const key of more) needed.add(key)
    }
    const gone = foldersIn(store, 'runs').filter(id => !keptIds.has(id))
    const entries = [...store.keys()].filter(key => !needed.has(key))
    const folders = ['work', 'damaged', 'resume'].flatMap(room => foldersIn(store, room).map(id => path.join(store.root, room, id)))
    const archives = gatheredInVain(
      store,
      kept.filter(({ id }) => keptIds.has(id)),
    )
    const places = [...entries.map(key => store.entryFolder(key)), ...folders, ...archives, ...gone.map(id => store.runFolder(id))]
    const bytes = sum(places.map(sizeOf))
    if (!dryRun) {
      store.remove(entries)
      for (const folder of [store.root, ...[...keptIds].map(id => store.runFolder(id))]) removeParts(folder)
      for (const place of places) tellLeft(place, await removeTreeInTurns(place))
    }
    return { runs: gone.length, entries: entries.length, archives: archives.length, folders: folders.length, bytes }
  })
/** What was gathered for no run that is kept, and what was made anew since: of each folder or list the latest alone is needed. */
function gatheredInVain(store: Store, kept: readonly RunRecord[]): readonly string[] {
  const folder = path.join(store.root, gatheredFolder)
  if (!existsSync(folder)) return []
  const needed = new Set(kept.flatMap(run => argumentWords(run.arguments).map(originOf)))
  const made = (name: string) => lstatSync(path.join(folder, name)).mtimeMs
  const names = readdirSync(folder).sort((a, b) => made(b) - made(a))
  const latest = new Map(
    names
      .filter(name => name.endsWith('.tar'))
      .reverse()
      .map(name => [originIn(name), name]),
  )
  const isNeeded = (name: string) => needed.has(originIn(name) ?? '') && latest.get(originIn(name)) === name
  return names.filter(name => !isNeeded(name) && !isAtWork(name, made(name))).map(name => path.join(folder, name))
}
/** What is not whole yet may be somebody's at work, who has no run before it is. */
const isAtWork = (name: string, made: number) => !name.endsWith('.tar') && Date.now() - made < 3_600_000
const argumentWords = (values: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.values(values)
    .flatMap(value => (Array.isArray(value) ? value : [value]))
    .filter(value => typeof value === 'string')
/** Folders that runs made in a room of the store: not what a desktop, an editor or a file system puts there. */
function foldersIn(store: Store, room: string): readonly string[] {
  const place = path.join(store.root, room)
  if (!existsSync(place)) return []
  return readdirSync(place, { withFileTypes: true }).flatMap(found =>
    found.isDirectory() && !/^\.|^lost\+found$/.test(found.name) ? found.name : [],
  )
}
function isKept(run: RunRecord, n: number, { last, since }: Keep): boolean {
  if (last === undefined && since === undefined) return true
  return (last !== undefined && n < last) || (since !== undefined && Date.parse(run.started) >= since)
}
/** Keys of every entry that a run made or found; where another entry stands in, that one's. */
async function keysOf(store: Store, run: RunRecord): Promise<readonly string[]> {
  const keys = new Set(Object.values(run.entries))
  // The record of a run that was cut off does not know them yet. There may be 100,000: one after the other.
  if (run.state === 'running')
    for (const event of await eventsOf(store, run.id)) if (event.event === 'cached' || event.event === 'succeeded') keys.add(event.key)
  const all: string[] = []
  for (const key of keys) all.push(existsSync(store.entryFolder(key)) ? key : ((await store.find(key))?.record.key ?? key))
  return all
}
/** Bytes of a file, or of all files in a folder; none where nobody may look. */
function sizeOf(place: string): number {
  try {
    const found = lstatSync(place, { throwIfNoEntry: false })
    return found?.isDirectory() ? sum(readdirSync(place).map(name => sizeOf(path.join(place, name)))) : (found?.size ?? 0)
  } catch {
    return 0
  }
}
