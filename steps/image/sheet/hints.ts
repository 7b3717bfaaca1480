import leven from 'leven'
import { type Finder, placesOfUrl } from '../archive/places.ts'
import { partOf, quoted } from './given.ts'

/** A column that might be meant: its name, and its cells that are not empty. */
export interface Column {
  readonly name: string
  readonly cells: readonly string[]
}
/** Images that are there, and which of them a name means. */
export interface There {
  readonly places: readonly string[]
  readonly find: Finder
}
export type Role = 'image' | 'label' | 'group' | 'split'

/** What helps where a column is not there: which one is likely, by what its cells hold. */
export function columnHint(role: Role, name: string, others: readonly Column[], { places, find }: There): string {
  if (role === 'image')
    return (
      imageHint(others, find) ??
      `No other column names images that are there${places.length === 0 ? '' : `, such as "${places[0]}"`}. Add one.`
    )
  const flag = `--${role}-column`
  const fitting = others.filter(fits[role]).sort((a, b) => wordsOf(a) - wordsOf(b))
  const near = alikeIn(name, others) ?? fitting.find(each => usual[role].test(each.name)) ?? (role === 'split' ? fitting[0] : undefined)
  if (near !== undefined) return meant(near.name, role)
  if (fitting.length === 0) return `No other column has ${held[role]}. Add one${role === 'label' ? '' : `, or leave out ${flag}`}.`
  const shown = fitting.slice(0, mostShown).map(each => `"${each.name}" (${wordsOf(each).toLocaleString('en')} words)`)
  const more = fitting.length > mostShown ? `, and ${fitting.length - mostShown} more` : ''
  return `Columns of ${held[role]} are ${shown.join(', ')}${more}: say which one with ${flag} NAME.`
}
const mostShown = 8
/** The column that names most of the images that are there; undefined where none names any. */
export function imageHint(others: readonly Column[], find: Finder): string | undefined {
  const isThere = (cell: string) => [...placesOfUrl(cell), cell.replaceAll('\\', '/')].some(name => find(name).length > 0)
  const [best] = others
    .map(({ name, cells }) => ({ name, cells, there: cells.filter(isThere) }))
    .sort((a, b) => new Set(b.there).size - new Set(a.there).size)
  if (best === undefined || best.there.length === 0) return undefined
  const [there, all] = [best.there.length, best.cells.length].map(number => number.toLocaleString('en'))
  return meant(
    best.name,
    'image',
    there === all ? ', whose cells are all images that are there' : `, of whose ${all} cells ${there} are images that are there`,
  )
}
const meant = (name: string, role: Role, why = '') =>
  `Did you mean "${name}"${why}? Then give --${role}-column ${/^[\w.-]+$/.test(name) ? name : `'${name}'`}.`

type Worded = Exclude<Role, 'image'>
const shared = 'words that several images share'
const held: Readonly<Record<Worded, string>> = { label: shared, group: shared, split: 'parts, such as train and test' }
const wordsOf = ({ cells }: Column) => new Set(cells).size
const fits: Readonly<Record<Worded, (column: Column) => boolean>> = {
  label: column => wordsOf(column) >= 2 && wordsOf(column) <= column.cells.length / 2,
  group: column => wordsOf(column) >= 2 && wordsOf(column) < column.cells.length,
  split: ({ cells }) => cells.length > 0 && cells.every(cell => partOf(cell) !== undefined),
}
/** Names that people give such columns: of several that fit, the likely one. */
const usual: Readonly<Record<Worded, RegExp>> = {
  label: /^(label|class|target|diagnos|finding|categor|type|outcome|grade|cell.?type|y$)/i,
  group: /^(group|patient|subject|case|slide|plate|donor|individual|animal|well)/i,
  split: /^(split|set|part|fold|subset|partition|usage)/i,
}
const alikeIn = (name: string, others: readonly Column[]) =>
  others.find(each => each.name.toLowerCase() === name.toLowerCase()) ??
  others.find(each => leven(each.name.toLowerCase(), name.toLowerCase()) <= name.length / 3)

/** All columns that a sheet has, once, after what is wrong with them. */
export const columnsText = (header: readonly string[]): string =>
  `Its columns are ${quoted(
    header.filter(name => name !== ''),
    20,
  )}.`
