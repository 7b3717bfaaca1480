import { refuse } from '../../script.ts'
import { columnHint, columnsText, type Role, type There } from './hints.ts'

/** The columns of a sheet that mean something, by name; undefined where the sheet need not have them. */
export interface Columns {
  readonly image: string
  readonly label: string
  readonly group: string | undefined
  readonly split: string | undefined
}
/**
 * Where each column stands. Group and split may be missing where no name was given for them.
 * @param rows cells of the sheet's rows, and `there` the images that are there: they show which column is likely meant
 * @throws Fault with all columns that are not there
 */
export function placesOf(
  header: readonly string[],
  asked: Columns,
  rows: readonly (readonly string[])[],
  there: There,
): Readonly<Record<Role, number>> {
  const faults: string[] = []
  const find = (role: Role): number => {
    const name = asked[role] ?? role
    const at = header.indexOf(name)
    if (at < 0 && asked[role] !== undefined) {
      const taken = (column: string) => Object.entries(asked).some(([other, own]) => other !== role && own === column)
      const others = header.flatMap((own, n) =>
        own === '' || taken(own) ? [] : [{ name: own, cells: rows.map(cells => cells[n] ?? '').filter(cell => cell !== '') }],
      )
      faults.push(`The sheet has no column "${name}". ${columnHint(role, name, others, there)}`)
    }
    return at
  }
  const at = { image: find('image'), label: find('label'), group: find('group'), split: find('split') }
  const twice = header.find((name, n) => name !== '' && header.indexOf(name) < n)
  if (twice !== undefined) faults.push(`The sheet has the column "${twice}" twice. Remove or rename one.`)
  refuse('The sheet', faults, columnsText(header))
  return at
}
