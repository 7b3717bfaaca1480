import type { ImageRow } from '../../image-table.ts'
import { refuse } from '../../script.ts'
import { finderOf } from '../archive/places.ts'
import { classesIn, contradictions, remarks, tableRows } from './check.ts'
import type { Columns } from './columns.ts'
import { placeFaults } from './found.ts'
import { readLayout, understood } from './layout.ts'
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
  positive: string | undefined,
): { readonly rows: readonly ImageRow[]; readonly told: readonly string[] } {
  const places = archive.members.map(({ place }) => place)
  const links = archive.links.map(({ place }) => place)
  const find = finderOf(places)
  const { images, faults, notes } = sheet === undefined ? readLayout(places, links) : readSheet(sheet, columns, find)
  const { classes, faults: ofClasses } = classesIn(images, positive)
  refuse(
    sheet === undefined ? 'The layout' : 'The sheet',
    [...faults, ...ofClasses, ...contradictions(images), ...(sheet === undefined ? [] : placeFaults(images, places, links, find))],
    sheet === undefined && faults.length > 0 ? understood : undefined,
  )
  return { rows: tableRows(images, classes), told: [...notes, ...remarks(images)] }
}
