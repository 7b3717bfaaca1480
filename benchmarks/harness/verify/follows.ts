import { derive } from '../derive/derive.ts'
import type { Derived, Record2 } from '../record.ts'
import { entryName } from '../record-place.ts'

type Rows = readonly object[]
const lists = ['figures', 'quality', 'fits', 'claims'] as const
const texts = ['refusals', 'warnings'] as const

/** What a record says and its runs do not give, cell by cell. */
export function whatDoesNotFollow(record: Record2): readonly string[] {
  const [told, given] = [record.derived, derive(record)]
  if (JSON.stringify(told) === JSON.stringify(given)) return []
  const faults = [
    ...lists.flatMap(list => rowFaults(list, told[list], given[list])),
    ...texts.flatMap(list => textFaults(list, told, given)),
  ]
  return faults.length > 0 ? faults : ['derived: its rows are not in the order in which they follow from the runs']
}
function rowFaults(list: string, told: Rows, given: Rows): readonly string[] {
  const by = new Map(given.map(row => [entryName(row), row]))
  const names = told.map(entryName)
  const twice = names.filter((name, n) => names.indexOf(name) !== n)
  return [
    ...told.flatMap(row => {
      const [name, right] = [entryName(row), by.get(entryName(row))]
      return right ? cellFaults(row, right).map(fault => `${list} › ${name}: ${fault}`) : [`${list} › ${name}: the runs give no such row`]
    }),
    ...[...by.keys()].filter(name => !names.includes(name)).map(name => `${list} › ${name}: the runs give this row, and it is not there`),
    ...twice.map(name => `${list} › ${name}: the row is there twice`),
  ]
}
function cellFaults(told: object, given: object): readonly string[] {
  const [own, right] = [new Map(flat(told)), new Map(flat(given))]
  return [...new Set([...own.keys(), ...right.keys()])]
    .filter(cell => own.get(cell) !== right.get(cell))
    .map(cell => {
      const [is, should] = [own.get(cell), right.get(cell)]
      if (is === undefined) return `${cell} is not there, and the runs give ${should}`
      return should === undefined
        ? `${cell} ${is} is not what the runs give: there is none`
        : `${cell} ${is} is not what the runs give, ${should}`
    })
}
/** `{ wall: { value: 1, low: 0 } }` as `wall` and `wall low`. */
const flat = (value: unknown, name: readonly string[] = []): readonly (readonly [string, string])[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, each]) =>
        flat(each, key === 'value' ? name : [...name, Number.isInteger(Number(key)) ? `${Number(key) + 1}.` : key]),
      )
    : [[name.join(' '), String(value)]]
const textFaults = (list: (typeof texts)[number], told: Derived, given: Derived): readonly string[] => [
  ...told[list].filter(text => !given[list].includes(text)).map(text => `${list}: "${text}" does not follow from the runs`),
  ...given[list].filter(text => !told[list].includes(text)).map(text => `${list}: "${text}" follows from the runs, and is not there`),
]
