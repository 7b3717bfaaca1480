import { constants } from 'node:fs'
import { chmod, copyFile, lstat, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { TriremeError } from '../core/errors.ts'
import { digestFile } from '../core/store/durable.ts'
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
const manifest = path.join(infoFolder, 'run.json')

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
    if (!kept) await put(from, target, link)
    files.push({ path: to, bytes: size, sha256 })
  }
  const now = new Set(files.map(file => file.path))
  const there = await Promise.all(
    [...before.digests.keys()].filter(file => !now.has(file)).map(async file => ((await exists(path.join(out, file))) ? [file] : [])),
  )
  return { files, stale: there.flat() }
}
/** Writes a text the same way: whole or not at all. */
export async function put(from: string | { readonly text: string }, target: string, link = false): Promise<void> {
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
    throw new TriremeError(
      'STORE',
      `${target} cannot be written: ${(cause as Error).message}. Nothing is lost: free some space or give another --out, and run again.`,
      { cause },
    )
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
    const read: unknown = JSON.parse(await readFile(path.join(out, manifest), 'utf8'))
    const files = (read as { readonly files?: readonly PublishedFile[] }).files ?? [] // written by a run like this one
    const within = files.filter(({ path: file }) => !path.isAbsolute(file) && !file.split('/').includes('..'))
    return { digests: new Map(within.map(file => [file.path, file.sha256])), written: (await stat(path.join(out, manifest))).mtimeMs }
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
