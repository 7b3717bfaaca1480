import { Fault } from '../../script.ts'
import { type Finder, finderOf } from '../archive/places.ts'
import { counted, type Given, quoted } from './given.ts'
import { imageHint } from './hints.ts'

/** What is wrong with images of a sheet as names of files in the archive, and which are not there at all. */
export function placeFaults(
  images: readonly Given[],
  places: readonly string[],
  links: readonly string[],
  find: Finder,
  mayBeAbsent: boolean,
): { readonly faults: readonly string[]; readonly absent: readonly Given[] } {
  const findLink = finderOf(links)
  const taken = new Map<string, Given>()
  const nearest = likeNames(places)
  const faults: string[] = []
  const absent: Given[] = []
  for (const given of images) {
    const { at, image } = given
    const [place, ...others] = find(image)
    const where = `${at[0]!.toUpperCase()}${at.slice(1)}`
    const [link] = place === undefined ? findLink(image) : []
    if (link !== undefined)
      faults.push(
        `${where}: "${link}" is a link in the archive, and holds no pixels. Pack what it leads to (tar --dereference --hard-dereference).`,
      )
    else if (place === undefined) {
      absent.push(given)
      if (mayBeAbsent) continue
      const near = nearest(image)
      faults.push(`${where}: there is no image "${image}"${near === undefined ? '' : `; there is "${near}"`}.`)
    } else if (others.length > 0)
      faults.push(
        `${where}: "${image}" may be ${quoted([place, ...others], 3)}. Write the folder before the name, as it is in the archive.`,
      )
    else {
      const before = taken.get(place)
      taken.set(place, given)
      if (before !== undefined && before.image !== image)
        faults.push(`${where}: "${image}" is the file "${place}", which "${before.image}" in ${before.at} is, too. Remove one.`)
    }
  }
  if (absent.length === images.length && absent.length > 1) {
    const others = [...new Set(images.flatMap(({ extra }) => Object.keys(extra)))]
    const remedy = imageHint(
      others.map(name => ({ name, cells: images.map(({ extra }) => extra[name] ?? '') })),
      find,
    )
    throw new Fault(
      `None of the sheet's ${counted(absent.length)} is there: it names ${quoted(
        images.map(({ image }) => image),
        2,
      )}, and the images are ${places.length === 0 ? 'none' : quoted(places, 2)}. ${remedy ?? 'Give the folder or archive that the sheet is of, or another column with --image-column.'}`,
    )
  }
  return { faults, absent }
}
/** Names that differ by case or ending alone; made when the first is asked for. */
function likeNames(places: readonly string[]): (image: string) => string | undefined {
  let known: Map<string, string> | undefined
  const key = (name: string) =>
    name
      .slice(name.lastIndexOf('/') + 1)
      .replace(/\.[^.]*$/, '')
      .normalize('NFC')
      .toLowerCase()
  return image => {
    known ??= new Map(places.map(place => [key(place), place]))
    return known.get(key(image))
  }
}
