import { readdir, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { isHidden, isImageName } from '../archive/places.ts'
import type { Item } from './item.ts'

/** What a folder holds, sorted by place. */
export interface FolderListing {
  readonly images: readonly Item[]
  readonly faults: readonly string[]
  /** When the last of them changed, in milliseconds since 1970. */
  readonly changed: number
}
/** Files looked at together: enough to hide a network disk's delay. */
const width = 64

/**
 * Lists the images of a folder and of those in it: files whose names end as those of images do; where there is none, all files. Hidden files, and what
 * macOS and Windows put beside others, are left out. Names are written as one letter each (NFC), so that a folder has one archive on all systems.
 */
export async function listFolder(folder: string): Promise<FolderListing> {
  const root = await realpath(folder)
  const faults: string[] = []
  const files: string[] = []
  const links: string[] = []
  const open = ['']
  for (let below = open.pop(); below !== undefined; below = open.pop()) {
    const entries = await readdir(path.join(root, below), { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      faults.push(`The folder "${below || folder}" cannot be read (${error.code}). Check its permissions.`)
      return []
    })
    for (const entry of entries) {
      const own = path.join(below, entry.name)
      if (isHidden(entry.name)) continue
      if (entry.isDirectory()) open.push(own)
      else if (entry.isFile()) files.push(own)
      else if (entry.isSymbolicLink()) links.push(own)
      else if (isImageName(own)) faults.push(`"${own}" is no regular file. Take it out of the folder.`)
    }
  }
  const followed = await each(links, async own => {
    const fault = await linkFault(path.join(root, own), root)
    if (fault !== undefined) faults.push(`"${own}" ${fault}.`)
    return fault === undefined ? [own] : []
  })
  const all = [...files, ...followed.flat()]
  const named = all.filter(isImageName)
  const found = await each(named.length > 0 ? named : all, async own => {
    const file = path.join(root, own)
    try {
      const { size, mtimeNs, ctimeNs } = await stat(file, { bigint: true })
      return [
        {
          place: own.normalize('NFC'),
          file,
          size: Number(size),
          state: `${size}:${mtimeNs}:${ctimeNs}`,
          changed: Number(ctimeNs / 1_000_000n),
        },
      ]
    } catch (error) {
      faults.push(`"${own}" cannot be read (${(error as NodeJS.ErrnoException).code}). Check its name and permissions.`)
      return []
    }
  })
  const images = found.flat().sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0))
  if (images.length === 0 && faults.length === 0) faults.push('The folder holds no image. Give the folder that the images are in.')
  return {
    images,
    faults: [...faults, ...images.flatMap(nameFaults)],
    changed: images.reduce((last, { changed }) => Math.max(last, changed), 0),
  }
}
async function linkFault(link: string, root: string): Promise<string | undefined> {
  try {
    const target = await realpath(link)
    if (!target.startsWith(root + path.sep))
      return `is a link that leaves the folder, to ${target}. Put the file itself there, or take the link out`
    return (await stat(target)).isFile() ? undefined : 'is a link to a folder, whose images would be there twice. Take it out'
  } catch (error) {
    return `is a link that leads nowhere (${(error as NodeJS.ErrnoException).code}). Take it out`
  }
}
function nameFaults({ place }: Item, n: number, images: readonly Item[]): readonly string[] {
  if (/\p{Cc}/u.test(place)) return [`${JSON.stringify(place)} has a line break or control character in its name. Rename it.`]
  return images[n + 1]?.place === place ? [`"${place}" is there twice, in two spellings that look alike. Rename one.`] : []
}
async function each<T, R>(items: readonly T[], call: (item: T) => Promise<R>): Promise<readonly R[]> {
  const answers: R[] = []
  for (let n = 0; n < items.length; n += width) answers.push(...(await Promise.all(items.slice(n, n + width).map(call))))
  return answers
}
