import { type BigIntStats, readlinkSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { readIfThere } from '../../core/files.ts'
import { unfollowed } from '../../core/left-behind.ts'
import { digestFile } from '../../core/store/fsync.ts'
import { jsonIn } from '../../core/store/sealed.ts'
import { isPart } from '../../core/store/whole-file.ts'

/** A file that a run published, as it left it. */
export interface Left {
  /** Below the folder of results. */
  readonly path: string
  readonly bytes: number
  readonly sha256: string
  /** Of a file of its own: inode, size and times, by which it is known to be untouched without being read. */
  readonly mark?: string
  /** Of a link into the store: where it leads. */
  readonly link?: string
  /** While it is published: the name beside it under which it is written. */
  readonly part?: string
}
/** What lies at a place where a result would be published. */
export type Standing =
  | 'free'
  /** A run published it, and nobody has changed it since. */
  | 'ours'
  /** A run published it, and somebody has changed it since. */
  | 'changed'
  /** No run published it. */
  | 'strange'
  | 'folder'

/**
 * What the runs with this folder of results have published in it: `pipeline_info/published.jsonl`. What is not in the list, or is not as the
 * list says, is somebody's. A file may stand in it twice, as it was and as it is going to be: a run may be killed between the two.
 */
export class PublishedFiles {
  readonly #out: string
  readonly #known = new Map<string, readonly Left[]>()
  constructor(out: string) {
    this.#out = out
    const list = path.join(out, listName)
    for (const line of ((unfollowed(list)?.isFile() && readIfThere(list)) || '').split('\n')) {
      const { success, data } = leftShape.safeParse(jsonIn(line))
      if (success) this.add(data)
    }
  }
  get paths(): readonly string[] {
    return [...this.#known.keys()]
  }
  /** Paths that files were written under before they got their names, by runs that may have been killed. */
  get parts(): readonly string[] {
    const parts = [...this.#known.values()].flat().flatMap(left => (left.part === undefined ? [] : [[left.path, left.part] as const]))
    return parts.map(([file, part]) => path.posix.join(path.posix.dirname(file), part))
  }
  /** Adds how a file will be, or is, beside what is known of it. */
  add(left: Left): void {
    this.#known.set(left.path, [...(this.#known.get(left.path) ?? []), left])
  }
  /** Notes how a file is now. Nothing else is known of it any more. */
  settle(left: Omit<Left, 'mark'>): void {
    const found = unfollowed(path.join(this.#out, left.path))
    this.#known.set(left.path, [{ ...left, ...(found?.isFile() && { mark: untouchedMark(found) }) }])
  }
  /** Forgets what is not there any more. */
  prune(): void {
    for (const file of this.paths) if (!unfollowed(path.join(this.#out, file))) this.#known.delete(file)
  }
  text(): string {
    return [...this.#known.values()]
      .flat()
      .map(left => `${JSON.stringify(left)}\n`)
      .join('')
  }
  /** Whether a file lies there with this content, untouched since it was published. Does not read it. */
  holds(file: string, sha256: string): boolean {
    const found = unfollowed(path.join(this.#out, file))
    return found?.isFile() === true && this.#left(file).some(left => left.sha256 === sha256 && left.mark === untouchedMark(found))
  }
  /** Whether a link of ours lies there that leads to this file. */
  leadsTo(file: string, from: string): boolean {
    const found = unfollowed(path.join(this.#out, file))
    return found?.isSymbolicLink() === true && readlinkSync(path.join(this.#out, file)) === from
  }
  async standing(file: string): Promise<Standing> {
    const place = path.join(this.#out, file)
    const found = unfollowed(place)
    if (!found) return 'free'
    if (found.isDirectory()) return 'folder'
    const known = this.#left(file)
    if (known.length === 0) return 'strange'
    if (found.isSymbolicLink()) return known.some(({ link }) => link === readlinkSync(place)) ? 'ours' : 'changed'
    if (!found.isFile()) return 'strange'
    if (known.some(({ mark }) => mark === untouchedMark(found))) return 'ours'
    const alike = known.filter(({ bytes }) => BigInt(bytes) === found.size)
    if (alike.length === 0) return 'changed'
    const digest = await digestFile(place).catch(() => undefined)
    return alike.some(({ sha256 }) => sha256 === digest) ? 'ours' : 'changed'
  }
  #left(file: string): readonly Left[] {
    return this.#known.get(file) ?? []
  }
}
/** Where the run is described. */
export const infoFolder = 'pipeline_info'
export const listName = path.join(infoFolder, 'published.jsonl')
export const untouchedMark = ({ ino, size, mtimeNs, ctimeNs }: BigIntStats) => [ino, size, mtimeNs, ctimeNs].join(':')
/** A changed byte does no harm: a file counts as ours only where it has the digest, or the mark, of its line. */
const leftShape: z.ZodType<Left> = z.object({
  path: z.string().refine(name => !path.isAbsolute(name) && !name.split('/').includes('..')),
  bytes: z.number(),
  sha256: z.string(),
  mark: z.string().exactOptional(),
  link: z.string().exactOptional(),
  part: z
    .string()
    .refine(name => isPart(name) && !name.includes('/'))
    .exactOptional(),
})
