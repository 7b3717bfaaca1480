import { counted, partOf, quoted } from './given.ts'

/** An image that lies elsewhere than in the folder of a class, and the folders that it lies in, below those of all. */
export interface Misplaced {
  readonly place: string
  readonly folders: readonly string[]
}
/**
 * One sentence for all that are misplaced alike.
 * @param all how many images there are
 * @param parts folders that are parts; none where the images are in none
 */
export function misplacedFaults(misplaced: readonly Misplaced[], all: number, parts: readonly string[]): readonly string[] {
  const byKind = new Map<string, Misplaced[]>()
  for (const each of misplaced) {
    const kind = kindOf(each.folders, parts.length > 0)
    const own = byKind.get(kind)
    if (own) own.push(each)
    else byKind.set(kind, [each])
  }
  return [...byKind].map(([kind, own]) => {
    const [folder = ''] = own[0]!.folders
    const shown = quoted(
      own.map(({ place }) => place),
      3,
    )
    const lie = `${counted(own.length)} ${own.length === 1 ? 'lies' : 'lie'}`
    if (kind === 'loose')
      return own.length === all && all > 1 ? `None of the ${counted(all)} lies in a folder of a class.` : `${lie} in no folder: ${shown}.`
    if (kind === 'deep') return `${lie} deeper than in a folder of a class: ${shown}.`
    return kind.startsWith('other')
      ? `The folder "${folder}" (${counted(own.length)}) is no part; there ${parts.length === 1 ? 'is' : 'are'} ${quoted(parts)}.`
      : `${lie} in the part "${folder}" and in no folder of a class there: ${shown}.`
  })
}
function kindOf([first, ...deeper]: readonly string[], parted: boolean): string {
  if (first === undefined) return 'loose'
  if (partOf(first) === undefined) return parted ? `other ${first}` : 'deep'
  return deeper.length === 0 ? `classless ${first}` : 'deep'
}
/** Images that are links in an archive. */
export function linkFaults(links: readonly string[]): readonly string[] {
  if (links.length === 0) return []
  const are =
    links.length === 1 ? `"${links[0]}" is a link in the archive, and holds` : `${quoted(links, 3)} are links in the archive, and hold`
  return [`${are} no pixels. Pack what ${links.length === 1 ? 'it leads' : 'they lead'} to (tar --dereference --hard-dereference).`]
}
