import { type BigIntStats, readlinkSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { TriremeError } from '../../core/errors.ts'
import { unfollowed } from '../../core/left-behind.ts'
import type { PublishedFiles } from './published.ts'

/** A file that a run reads. */
export interface ReadFile {
  readonly file: string
  /** What it is to the run: `the input reference`. */
  readonly words: string
  /** A run may write its own over it in `pipeline_info/`, as with the parameters of an earlier run. */
  readonly renewed?: true
}
/** Where a file will be published. */
export interface PublicationPlace {
  /** Below the folder of results. */
  readonly to: string
  /** What will lie there: `the result "variants"`. */
  readonly what: string
  /** It describes the run, as the file there describes an earlier one. */
  readonly info?: true
}
export interface Guard {
  readonly reads: readonly ReadFile[]
  /** Replaces files that no run published, or that were changed since; never an input. */
  readonly overwrite: boolean
}
/** How many faults a message names. */
const faultsNamed = 10

/**
 * Makes sure that nothing is published over what the run reads, nor over what is not its own.
 * @param closing how the message ends
 * @throws TriremeError `STORE` naming every place and what lies there
 */
export async function checkPlaces(
  out: string,
  places: readonly PublicationPlace[],
  published: PublishedFiles,
  { reads, overwrite }: Guard,
  closing: string,
): Promise<void> {
  const read = new InputFiles(reads)
  const faults: string[] = []
  let strange = false
  for (const { to, what, info } of places) {
    const place = path.join(out, to)
    const blocked = noFolderAbove(out, to)
    const at = blocked ?? place
    const input = read.at(at)
    const shown = path.relative('', at).startsWith('..') ? at : path.relative('', at)
    if (input && !(info && input.renewed)) {
      const same = path.resolve(input.file) === path.resolve(at) ? 'is' : `is the same file as ${input.file},`
      faults.push(`${shown} ${same} ${input.words} of this run, and ${what} would be written ${blocked ? 'below it' : 'there'}`)
      continue
    }
    if (blocked) {
      const found = unfollowed(blocked)?.isSymbolicLink() ? 'a link, which is not followed' : 'a file'
      faults.push(`${shown} is ${found}, and ${what} would be written below it`)
      continue
    }
    const standing = await published.standing(to)
    if (standing === 'folder') faults.push(`${shown} is a folder, and ${what} would be written there as a file`)
    if (overwrite || (standing !== 'strange' && standing !== 'changed')) continue
    strange = true
    faults.push(
      standing === 'strange'
        ? `${shown} is there already, and no run published it; ${what} would be written there`
        : `${shown} has been changed since a run published it; ${what} would be written there`,
    )
  }
  if (faults.length === 0) return
  const lines = [...faults.slice(0, faultsNamed), ...(faults.length > faultsNamed ? [`and ${faults.length - faultsNamed} more`] : [])]
  const flag = strange ? ' --overwrite replaces such files, but no input.' : ''
  throw new TriremeError(
    'STORE',
    `The results cannot be written to ${out}, since files would be lost:\n${lines.map(line => `  ${line}`).join('\n')}\n${closing} Give another --out, or move these files away.${flag}`,
  )
}
/** The folders between a folder and a place below it, the topmost first. */
const foldersTo = (to: string): readonly string[] =>
  to
    .split('/')
    .slice(0, -1)
    .map((_, n, parts) => parts.slice(0, n + 1).join('/'))
/** What lies where a folder between is needed, if it is none: a file, or a link. It is not followed, wherever it leads. */
export function noFolderAbove(out: string, to: string): string | undefined {
  const above = foldersTo(to).find(each => unfollowed(path.join(out, each))?.isDirectory() === false)
  return above === undefined ? undefined : path.join(out, above)
}
/** Files that a run reads, known by device and inode and by real path: under any name, through any link on the way to them. */
class InputFiles {
  readonly #known = new Map<string, ReadFile>()
  constructor(reads: readonly ReadFile[]) {
    for (const read of reads)
      for (const hop of hops(read.file)) for (const name of identities(hop)) if (!this.#known.has(name)) this.#known.set(name, read)
  }
  at(place: string): ReadFile | undefined {
    return identities(place)
      .map(name => this.#known.get(name))
      .find(each => each !== undefined)
  }
}
/** The path itself and each link that it leads through. */
function hops(file: string): readonly string[] {
  const all = [path.resolve(file)]
  while (all.length < 40 && unfollowed(all.at(-1)!)?.isSymbolicLink())
    all.push(path.resolve(path.dirname(all.at(-1)!), readlinkSync(all.at(-1)!)))
  return all
}
/** What tells the file at a path, or the link there, from all others. */
function identities(place: string): readonly string[] {
  try {
    const link = unfollowed(place)
    if (!link) return []
    const file = statSync(place, { bigint: true, throwIfNoEntry: false })
    const id = ({ dev, ino }: BigIntStats) => `${dev}:${ino}`
    return [id(link), ...(file ? [id(file), realpathSync(place)] : [])]
  } catch {
    return []
  }
}
