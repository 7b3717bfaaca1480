import type { ImageRow } from '../../image-table.ts'
import { refuse } from '../../script.ts'
import { finderOf } from '../archive/places.ts'
import { classesIn, contradictions, remarks, tableRows } from './check.ts'
import type { Columns } from './columns.ts'
import { placeFaults } from './found.ts'
import { readLayout, understood } from './layout.ts'
import { absentNote, absentRemedy, type LeftOut, ofClasses } from './left-out.ts'
import { readSheet } from './read.ts'

interface Placed {
  readonly place: string
}
/**
 * The table of images that a sheet names, or that lie in folders of classes, and what is worth telling of them.
 * @throws Fault with all that is wrong
 */
export function tableOf(
  sheet: Buffer | undefined,
  archive: { readonly members: readonly Placed[]; readonly links: readonly Placed[] },
  columns: Columns,
  { positive, ...leftOut }: LeftOut & { readonly positive: string | undefined },
): { readonly rows: readonly ImageRow[]; readonly told: readonly string[] } {
  const places = archive.members.map(({ place }) => place)
  const links = archive.links.map(({ place }) => place)
  const find = finderOf(places)
  const read = sheet === undefined ? readLayout(places, links) : readSheet(sheet, columns, places, find)
  const { images: wanted, faults, notes } = ofClasses(read, leftOut.classes)
  const mayBeAbsent = leftOut.absent === 'leave-out'
  const placed = sheet === undefined ? { faults: [], absent: [] } : placeFaults(wanted, places, links, find, mayBeAbsent)
  const absent = new Set(placed.absent)
  const images = mayBeAbsent ? wanted.filter(image => !absent.has(image)) : wanted
  const { classes, faults: ofWords } = classesIn(images, positive)
  const remedy =
    sheet === undefined
      ? read.faults.length > 0 || classes.length === 1
        ? understood
        : undefined
      : absent.size > 0 && !mayBeAbsent
        ? absentRemedy
        : undefined
  refuse(sheet === undefined ? 'The layout' : 'The sheet', [...faults, ...ofWords, ...contradictions(images), ...placed.faults], remedy)
  return {
    rows: tableRows(images, classes),
    told: [...notes, ...(mayBeAbsent && absent.size > 0 ? [absentNote(placed.absent)] : []), ...remarks(images)],
  }
}
