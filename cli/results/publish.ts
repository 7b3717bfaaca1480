import { createHash } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { chmod, copyFile, open, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { cancellable } from '../../core/cancellable.ts'
import { TriremeError } from '../../core/errors.ts'
import { unfollowed } from '../../core/left-behind.ts'
import { digestFile, syncEach } from '../../core/store/fsync.ts'
import { isPart, partName, writeWhole } from '../../core/store/whole-file.ts'
import { FoldersBelow } from './folders-below.ts'
import { incompleteName } from './incomplete.ts'
import type { Publication } from './layout.ts'
import { checkPlaces, type Guard, noFolderAbove, type PublicationPlace } from './places.ts'
import { infoFolder, listName, PublishedFiles, untouchedMark } from './published.ts'
import { inTurn, type Turn } from './turns.ts'

/** One published file, as `pipeline_info/run.json` lists it. */
export interface PublishedFile {
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}
export interface Published {
  readonly files: readonly PublishedFile[]
  /** Files that earlier runs published here and this one did not. They stay. */
  readonly stale: readonly string[]
}
const goesOn = 'What was made is kept: the same command goes on from there.'

/** Calls `act` while no other run publishes below the folder: all that one publishes, and what describes it, lies there together. */
export async function publishing<T>(out: string, at: Pick<Turn, 'signal' | 'log'>, act: () => Promise<T>): Promise<T> {
  const folders = new FoldersBelow(out)
  try {
    folders.reach(`${infoFolder}/x`)
  } catch (cause) {
    throw unwritable(path.join(out, infoFolder), cause as NodeJS.ErrnoException)
  } finally {
    folders.close()
  }
  return inTurn({ ...at, folder: path.join(out, infoFolder), name: '.publishing', other: `Another run publishes into ${out}` }, act)
}
/**
 * Puts results below a folder as files of their own: shared blocks where the file system can, else copies. Each appears by one rename,
 * whole or not at all, and a file that is there with the same content is left as it is. Nothing is replaced that no run published here.
 * Until the run is described (`publishInfo`) none is: what an earlier one said of the files there does not hold any more.
 * @param digests content by path in the store, so that nothing is read twice
 */
export async function publish(
  out: string,
  pairs: readonly Publication[],
  { link, digests, guard, signal, incomplete }: PublishOptions,
): Promise<Published> {
  const published = new PublishedFiles(out)
  const before = new Map(pairs.map(({ to }) => [to, markOf(path.join(out, to))]))
  await checkPlaces(
    out,
    pairs.map(({ to }) => ({ to, what: 'a result' })),
    published,
    guard,
    goesOn,
  )
  await removeLeftovers(out, published)
  const files: (PublishedFile & { readonly from: string })[] = []
  for (const { from, to } of pairs)
    files.push({ from, path: to, bytes: (await stat(from)).size, sha256: digests.get(from) ?? (await digestFile(from)) })
  const left = ({ from, ...file }: (typeof files)[number]) => ({ ...file, ...(link && { link: from }) })
  const fresh = files
    .filter(({ from, path: to, sha256 }) => !(link ? published.leadsTo(to, from) : published.holds(to, sha256)))
    .map(file => ({ ...file, part: path.basename(partName(file.path)) }))
  for (const to of [...descriptions].reverse()) if ((await published.standing(to)) === 'ours') await rm(path.join(out, to), { force: true })
  // First the list, then the files: a run that is killed in between leaves no file that the next one takes for a stranger's.
  for (const { part, ...file } of fresh) published.add({ ...left(file), part })
  writeList(out, published)
  if (incomplete !== undefined) await publishMark(out, incomplete, published, guard)
  const places = fresh.map(({ from, path: to, part }) => ({ from, to, part, before: before.get(to) }))
  for (let n = 0; n < places.length; n += syncedTogether) await putInPlace(out, places.slice(n, n + syncedTogether), link, signal)
  for (const file of files) published.settle(left(file))
  published.prune()
  writeList(out, published)
  const now = new Set(files.map(file => file.path))
  const stale = published.paths.filter(file => !now.has(file) && file !== incompleteName && !file.startsWith(`${infoFolder}/`))
  return { files: files.map(({ from, ...file }) => file), stale }
}
export interface PublishOptions {
  readonly link: boolean
  readonly digests: ReadonlyMap<string, string>
  readonly guard: Guard
  readonly signal?: AbortSignal
  /** What is said beside results of which some are missing; it is there before the first of them. */
  readonly incomplete?: string | undefined
}
/** Writes a text beside the results; an earlier one is replaced. */
async function publishMark(out: string, text: string, published: PublishedFiles, guard: Guard): Promise<void> {
  await checkPlaces(out, [{ to: incompleteName, what: 'what is missing of the results' }], published, guard, goesOn)
  const file = { path: incompleteName, bytes: Buffer.byteLength(text), sha256: textDigest(text) }
  published.add(file)
  writeList(out, published)
  writeText(out, incompleteName, text)
  published.settle(file)
}
/** Writes the files that describe a run, below the results: after all others, since they tell of them. */
export async function publishInfo(
  out: string,
  texts: Readonly<Record<string, string>>,
  guard: Guard,
  { complete = true }: { readonly complete?: boolean } = {},
): Promise<void> {
  const published = new PublishedFiles(out)
  const files = Object.entries(texts).map(([name, text]) => ({
    text,
    path: `${infoFolder}/${name}`,
    bytes: Buffer.byteLength(text),
    sha256: textDigest(text),
  }))
  await checkPlaces(
    out,
    files.map(({ path: to }) => infoPlace(to)),
    published,
    guard,
    goesOn,
  )
  for (const { text, ...file } of files) published.add(file)
  writeList(out, published)
  for (const { path: to, text } of files) writeText(out, to, text)
  for (const { text, ...file } of files) published.settle(file)
  if (complete && (await published.standing(incompleteName)) === 'ours') await rm(path.join(out, incompleteName), { force: true })
  published.prune()
  writeList(out, published)
}
const textDigest = (text: string) => createHash('sha256').update(text).digest('hex')
export const infoPlace = (to: string): PublicationPlace => ({ to, what: 'the description of the run', info: true })

/** What says which run made the files: gone first, and written last. */
const descriptions = ['provenance.json', 'run.json'].map(name => `${infoFolder}/${name}`)

const writeList = (out: string, published: PublishedFiles) => writeText(out, listName, published.text())
const markOf = (place: string): string | undefined => {
  const found = unfollowed(place)
  return found && untouchedMark(found)
}
/** The files that have to be published, since they are not there yet with this content. */
export function unpublished(
  out: string,
  pairs: readonly Publication[],
  { link, digest }: { readonly link: boolean; readonly digest: (from: string) => string | undefined },
): readonly Publication[] {
  const published = new PublishedFiles(out)
  return pairs.filter(({ from, to }) => !(link ? published.leadsTo(to, from) : published.holds(to, digest(from) ?? '')))
}
/** Removes what runs left that were killed while they published: files that the list names, and those of `pipeline_info/`, which is the runs' own. */
async function removeLeftovers(out: string, published: PublishedFiles): Promise<void> {
  const own = (await readdir(path.join(out, infoFolder))).filter(isPart).map(name => `${infoFolder}/${name}`)
  for (const part of [...own, ...published.parts]) {
    if (noFolderAbove(out, part)) continue
    const place = path.join(out, part)
    if (!unfollowed(place)?.isDirectory()) await rm(place, { force: true })
  }
}
/** Files that are brought to the disk together: one after the other each would wait for it. */
const syncedTogether = 64
interface PublishedPlace {
  readonly from: string
  readonly to: string
  /** Name beside it under which it is written. */
  readonly part: string
  /** Mark of what lay there when it was looked at. */
  readonly before: string | undefined
}
/** Puts files in their places, each whole or not at all: their bytes are on the disk before their names are, and both when this ends. */
async function putInPlace(out: string, places: readonly PublishedPlace[], link: boolean, signal: AbortSignal | undefined): Promise<void> {
  const folders = new FoldersBelow(out)
  const partOf = ({ to, part }: PublishedPlace) => folders.reach(path.posix.join(path.posix.dirname(to), part))
  const begun: PublishedPlace[] = []
  let target = ''
  try {
    for (const place of places) {
      signal?.throwIfAborted()
      target = place.to
      const part = partOf(place)
      begun.push(place)
      await (link ? symlink(place.from, part) : copy(place.from, part, signal))
    }
    if (!link) await syncEach(places.map(partOf))
    for (const place of places) {
      target = place.to
      if (markOf(folders.reach(target)) !== place.before) throw new Error('somebody else has written there meanwhile')
      await rename(partOf(place), folders.reach(target))
    }
    await syncEach(new Set(places.map(place => path.dirname(partOf(place)))))
  } catch (cause) {
    for (const place of begun) await rm(partOf(place), { force: true }).catch(() => {})
    signal?.throwIfAborted()
    throw unwritable(path.join(out, target), cause as NodeJS.ErrnoException)
  } finally {
    folders.close()
  }
}
function writeText(out: string, to: string, text: string): void {
  const folders = new FoldersBelow(out)
  try {
    writeWhole(folders.reach(to), text)
  } catch (cause) {
    throw unwritable(path.join(out, to), cause as NodeJS.ErrnoException)
  } finally {
    folders.close()
  }
}
const mode = 0o666 & ~process.umask()
/** Into a new file, by shared blocks where the file system can. Byte by byte it can be given up at any moment. */
async function copy(from: string, to: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE)
    return await chmod(to, mode) // the store's own is read-only
  } catch {
    // It cannot share blocks, or nothing can be written there: the next lines will say so.
  }
  const file = await open(to, 'wx')
  try {
    await cancellable(writeFile(file, createReadStream(from, { highWaterMark: 1 << 20 }), { signal }), signal) // it asks the signal between two reads only
  } finally {
    await file.close()
  }
}
function unwritable(target: string, cause: NodeJS.ErrnoException): TriremeError {
  const full = cause.code === 'ENOSPC' || cause.code === 'EDQUOT'
  const remedy = full ? 'free some space or give another --out' : 'mend that or give another --out'
  const why = cause.message.replace(/, \w+ '.*$/s, '') // files are reached by other paths than the user's
  return new TriremeError('STORE', `${target} cannot be written: ${why}. Nothing is lost: ${remedy}, and run again.`, { cause })
}
