import { isImageName } from '../archive/places.ts'
import { counted, type Given, partNotes, partOf, quoted, type Reading } from './given.ts'
import { linkFaults, type Misplaced, misplacedFaults } from './misplaced.ts'

export const understood =
  'Without a sheet, images lie in folders that name their class, as in CLASS/001.png, or in parts, as in train/CLASS/001.png, validation/CLASS/001.png and test/CLASS/001.png. Lay them out so, move the others elsewhere, or give a sheet (--sheet).'

/** Reads classes and parts from the places of images. */
export function readLayout(places: readonly string[], links: readonly string[]): Reading {
  const images = places.filter(isImageName).sort((a, b) => (a < b ? -1 : 1))
  const others = places.filter(place => !isImageName(place))
  const faults = linkFaults(links.filter(isImageName))
  if (images.length === 0)
    return {
      images: [],
      faults: [
        ...faults,
        `There is no image: none of the ${places.length.toLocaleString('en')} files has the name of one, such as 001.png.`,
      ],
      notes: [],
    }
  const top = commonFolders(images)
  const paths = images.map(place => place.split('/').slice(top, -1))
  const parted = paths.some(([part = '', name]) => name !== undefined && partOf(part) !== undefined)
  const stripped = images[0]!.split('/').slice(0, top)
  const misplaced: Misplaced[] = []
  const given = images.flatMap((place, n): readonly Given[] => {
    const [part, name] = parted ? [paths[n]![0] ?? '', paths[n]!.slice(1)] : ['', paths[n]!]
    const split = part === '' ? '' : partOf(part)
    if (name.length === 1 && split !== undefined && (parted || partOf(name[0]!) === undefined))
      return [{ at: `"${place}"`, image: place, written: name[0]!, label: name[0]!, group: undefined, split, extra: {} }]
    misplaced.push({ place, folders: paths[n]! })
    return []
  })
  const part = stripped.find(folder => partOf(folder) !== undefined)
  const parts = parted ? paths.map(([part = '']) => part).filter(part => partOf(part) !== undefined) : []
  return {
    images: given,
    faults: [...faults, ...misplacedFaults(misplaced, images.length, [...new Set(parts)])],
    notes: [
      ...partNotes(parts),
      ...(part === undefined ? [] : [`All images lie in "${part}", so no parts are given.`]),
      ...(others.length === 0
        ? []
        : [
            `${counted(others.length).replace('image', 'file')} with other names than images have ${others.length === 1 ? 'was' : 'were'} passed over: ${quoted(others, 3)}.`,
          ]),
    ],
  }
}
/** How many folders all images have in common, each still being in one below them. */
function commonFolders(images: readonly string[]): number {
  const paths = images.map(place => place.split('/'))
  let top = 0
  while (paths.every(path => path.length > top + 2 && path[top] === paths[0]![top])) top++
  return top
}
