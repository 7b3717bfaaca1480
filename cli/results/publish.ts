import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { chmod, copyFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { TriremeError } from '../../core/errors.ts'
import { ensureFolder } from '../../core/files.ts'
import { digestFile } from '../../core/store/fsync.ts'
import type { Publication } from './layout.ts'
import { checkPlaces, type Guard, type PublicationPlace } from './places.ts'
import { infoFolder, listName, PublishedFiles } from './published.ts'

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

/**
 * Puts results below a folder as files of their own: shared blocks where the file system can, else copies. Each appears by one rename,
 * whole or not at all, and a file that is there with the same content is left as it is. Nothing is replaced that no run published here.
 * @param digests content by path in the store, so that nothing is read twice
 */
export async function publish(
  out: string,
  pairs: readonly Publication[],
  { link, digests, guard }: { readonly link: boolean; readonly digests: ReadonlyMap<string, string>; readonly guard: Guard },
): Promise<Published> {
  const published = new PublishedFiles(out)
  const places = pairs.map(({ to }) => ({ to, what: 'a result' }))
  await checkPlaces(out, places, published, guard, goesOn)
  const files: (PublishedFile & { readonly from: string })[] = []
  for (const { from, to } of pairs)
    files.push({ from, path: to, bytes: (await stat(from)).size, sha256: digests.get(from) ?? (await digestFile(from)) })
  const left = ({ from, ...file }: (typeof files)[number]) => ({ ...file, ...(link && { link: from }) })
  const fresh = files.filter(({ from, path: to, sha256 }) => !(link ? published.leadsTo(to, from) : published.holds(to, sha256)))
  // First the list, then the files: a run that is killed in between leaves no file that the next one takes for a stranger's.
  for (const file of fresh) published.add(left(file))
  await writeList(out, published)
  for (const { from, path: to } of fresh) await publishFile(from, path.join(out, to), link)
  const after = new PublishedFiles(out) // another run may have written into the same folder meanwhile
  for (const file of files) after.settle(left(file))
  after.prune()
  await writeList(out, after)
  const now = new Set(files.map(file => file.path))
  const stale = after.paths.filter(file => !now.has(file) && !file.startsWith(`${infoFolder}/`))
  return { files: files.map(({ from, ...file }) => file), stale }
}
/** Writes the files that describe a run, below the results: after all others, since they tell of them. */
export async function publishInfo(out: string, texts: Readonly<Record<string, string>>, guard: Guard): Promise<void> {
  const published = new PublishedFiles(out)
  const files = Object.entries(texts).map(([name, text]) => ({
    text,
    path: `${infoFolder}/${name}`,
    bytes: Buffer.byteLength(text),
    sha256: createHash('sha256').update(text).digest('hex'),
  }))
  await checkPlaces(
    out,
    files.map(({ path: to }) => infoPlace(to)),
    published,
    guard,
    goesOn,
  )
  for (const { text, ...file } of files) published.add(file)
  await writeList(out, published)
  for (const { path: to, text } of files) await publishFile({ text }, path.join(out, to))
  const after = new PublishedFiles(out)
  for (const { text, ...file } of files) after.settle(file)
  await writeList(out, after)
}
export const infoPlace = (to: string): PublicationPlace => ({ to, what: 'the description of the run', info: true })

const writeList = (out: string, published: PublishedFiles) => publishFile({ text: published.text() }, path.join(out, listName))

/** The files that have to be published, since they are not there yet with this content. */
export function unpublished(
  out: string,
  pairs: readonly Publication[],
  { link, digest }: { readonly link: boolean; readonly digest: (from: string) => string | undefined },
): readonly Publication[] {
  const published = new PublishedFiles(out)
  return pairs.filter(({ from, to }) => !(link ? published.leadsTo(to, from) : published.holds(to, digest(from) ?? '')))
}
/** Puts a file or a text in its place: whole or not at all. */
async function publishFile(from: string | { readonly text: string }, target: string, link = false): Promise<void> {
  const temporary = path.join(path.dirname(target), `.${path.basename(target).slice(0, 180)}.${process.pid}.part`)
  try {
    ensureFolder(path.dirname(target))
    await rm(temporary, { force: true })
    if (typeof from !== 'string') await writeFile(temporary, from.text, { flag: 'wx' })
    else if (link) await symlink(from, temporary)
    else {
      await copyFile(from, temporary, constants.COPYFILE_FICLONE)
      await chmod(temporary, 0o644) // the store's own is read-only
    }
    await rename(temporary, target)
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {})
    throw unwritable(target, cause as NodeJS.ErrnoException)
  }
}
function unwritable(target: string, cause: NodeJS.ErrnoException): TriremeError {
  const full = cause.code === 'ENOSPC' || cause.code === 'EDQUOT'
  const remedy = full ? 'free some space or give another --out' : 'mend that or give another --out'
  return new TriremeError('STORE', `${target} cannot be written: ${cause.message}. Nothing is lost: ${remedy}, and run again.`, { cause })
}
