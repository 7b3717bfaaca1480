import { constants } from 'node:fs'
import { access, chmod, copyFile, lstat, mkdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { TriremeError } from '../../core/errors.ts'
import { digestFile } from '../../core/store/fsync.ts'
import type { Publication } from './layout.ts'

/** One published file, as `pipeline_info/run.json` lists it. */
export interface PublishedFile {
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}
export interface Published {
  readonly files: readonly PublishedFile[]
  /** Files that an earlier run published here and this one did not. They stay. */
  readonly stale: readonly string[]
}
/** Where the run is described. */
export const infoFolder = 'pipeline_info'
const publishedFiles = path.join(infoFolder, 'run.json')

/**
 * Puts results below a folder as files of their own: shared blocks where the file system can, else copies. Each appears by one rename,
 * whole or not at all, and a file that is there with the same content is left as it is.
 * @param digests content by path in the store, so that nothing is read twice
 */
export async function publish(
  out: string,
  pairs: readonly Publication[],
  { link, digests }: { readonly link: boolean; readonly digests: ReadonlyMap<string, string> },
): Promise<Published> {
  const before = await earlier(out)
  const files: PublishedFile[] = []
  for (const { from, to } of pairs) {
    const target = path.join(out, to)
    const { size } = await stat(from)
    const sha256 = digests.get(from) ?? (await digestFile(from))
    const kept = !link && before.digests.get(to) === sha256 && (await isUntouched(target, size, before.written))
    if (!kept) await publishFile(from, target, link)
    files.push({ path: to, bytes: size, sha256 })
  }
  const now = new Set(files.map(file => file.path))
  const there = await Promise.all(
    [...before.digests.keys()].filter(file => !now.has(file)).map(async file => ((await exists(path.join(out, file))) ? [file] : [])),
  )
  return { files, stale: there.flat() }
}
/** The files that have to be published, since they are not there yet with this content. */
export async function unpublished(
  out: string,
  pairs: readonly Publication[],
  { link, digest }: { readonly link: boolean; readonly digest: (from: string) => string | undefined },
): Promise<readonly Publication[]> {
  const before = await earlier(out)
  const there = await Promise.all(
    pairs.map(async ({ from, to }) => {
      const target = path.join(out, to)
      if (link) return (await readlink(target).catch(() => undefined)) === from
      const size = await stat(from).then(
        found => found.size,
        () => -1,
      )
      return before.digests.get(to) === digest(from) && (await isUntouched(target, size, before.written))
    }),
  )
  return pairs.filter((_, n) => !there[n])
}
/** Writes a text the same way: whole or not at all. */
export async function publishFile(from: string | { readonly text: string }, target: string, link = false): Promise<void> {
  const temporary = path.join(path.dirname(target), `.${path.basename(target).slice(0, 180)}.${process.pid}.part`)
  try {
    await mkdir(path.dirname(target), { recursive: true })
    await rm(temporary, { force: true })
    if (typeof from !== 'string') await writeFile(temporary, from.text)
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
/**
 * Checks that results can be written below a folder, which need not exist yet: before hours of work, not after.
 * @throws TriremeError `STORE` when it is a file, or not ours to write
 */
export async function checkOut(out: string): Promise<void> {
  for (let place = path.resolve(out); ; place = path.dirname(place)) {
    const found = await stat(place).catch((cause: NodeJS.ErrnoException) => cause)
    if (found instanceof Error) {
      if (found.code === 'ENOENT' && place !== path.dirname(place)) continue
      if (found.code !== 'ENOTDIR')
        throw new TriremeError('STORE', `The folder ${out} for the results cannot be reached: ${found.message}. Give another --out.`)
      continue
    }
    if (!found.isDirectory())
      throw new TriremeError('STORE', `The results cannot be written to ${out}: ${place} is a file. Give a folder as --out, new or not.`)
    await access(place, constants.W_OK | constants.X_OK).catch(() => {
      throw new TriremeError(
        'STORE',
        `The results cannot be written to ${out}: you may not write to ${place}. Give another --out, or mend its permissions.`,
      )
    })
    return
  }
}
interface Earlier {
  readonly digests: ReadonlyMap<string, string>
  /** When the list was written, after all its files: milliseconds. */
  readonly written: number
}
/** What an earlier run published here, by path. */
async function earlier(out: string): Promise<Earlier> {
  try {
    const read: unknown = JSON.parse(await readFile(path.join(out, publishedFiles), 'utf8'))
    const files = (read as { readonly files?: readonly PublishedFile[] }).files ?? [] // written by a run like this one
    const within = files.filter(({ path: file }) => !path.isAbsolute(file) && !file.split('/').includes('..'))
    return { digests: new Map(within.map(file => [file.path, file.sha256])), written: (await stat(path.join(out, publishedFiles))).mtimeMs }
  } catch {
    return { digests: new Map(), written: 0 }
  }
}
/** A regular file of that size that nobody wrote to since the run that listed it. */
async function isUntouched(target: string, size: number, since: number): Promise<boolean> {
  const found = await lstat(target).catch(() => undefined)
  return found?.isFile() === true && found.size === size && found.mtimeMs <= since
}
const exists = (file: string) =>
  stat(file).then(
    () => true,
    () => false,
  )
