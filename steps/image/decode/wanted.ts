import type { ImageRow } from '../../image-table.ts'
import type { Archive } from '../archive/archive.ts'
import type { Link, Member } from '../archive/listing.ts'
import { finderOf } from '../archive/places.ts'

/** A member of the archive that a row of the table names, by the row's number. */
export interface Wanted {
  readonly n: number
  readonly member: Member
}
/** Which members the table means, in the archive's order; and the faults of rows that mean none or several, by the rows' numbers. */
export function wantedOf(
  rows: readonly ImageRow[],
  { members, links }: Pick<Archive, 'members' | 'links'>,
): { readonly wanted: readonly Wanted[]; readonly faults: Map<number, string> } {
  const places = members.map(({ place }) => place)
  const find = finderOf(places)
  const absent = absence(places, links)
  const numbers = new Map(places.map((place, number) => [place, number]))
  const faults = new Map<number, string>()
  const taken = new Map<number, number>()
  for (const [n, { image }] of rows.entries()) {
    const [place, ...more] = find(image)
    const number = numbers.get(place ?? '')
    const before = taken.get(number ?? -1)
    if (number === undefined) faults.set(n, absent(image))
    else if (more.length > 0)
      faults.set(
        n,
        `The archive has several images "${image}": ${place}, ${more[0]}${more.length > 1 ? ', …' : ''}. Name them in the table with their folders.`,
      )
    else if (before !== undefined)
      faults.set(n, `The images "${rows[before]!.image}" and "${image}" of the table are one in the archive, "${place}". Leave one out.`)
    else taken.set(number, n)
  }
  const wanted = [...taken].sort(([a], [b]) => a - b).map(([number, n]) => ({ n, member: members[number]! }))
  return { wanted, faults }
}
/** What to say of an image that the archive does not have. */
function absence(places: readonly string[], links: readonly Link[]): (image: string) => string {
  const alike = new Map(places.map(place => [bare(place), place]))
  const find = finderOf(links.map(({ place }) => place))
  const targets = new Map(links.map(({ place, to }) => [place, to]))
  return image => {
    const to = targets.get(find(image)[0] ?? '')
    if (to !== undefined)
      return `The image "${image}" is a link in the archive, to "${to}", and holds no pixels. Pack the archive anew: tar --dereference --hard-dereference -cf images.tar …`
    const near = alike.get(bare(image))
    return near === undefined
      ? `The archive has no image "${image}". Pack it anew with that image, or leave it out of the table.`
      : `The archive has no image "${image}"; it has "${near}". Name it so in the table.`
  }
}
/** A file's name without folders, ending and case: what is left where a name was written in another way. */
const bare = (place: string) =>
  place
    .normalize('NFC')
    .replace(/^.*\//, '')
    .replace(/\.[^.]*$/, '')
    .toLowerCase()
