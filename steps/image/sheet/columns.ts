import leven from 'leven'
import { quoted } from './given.ts'

/** The columns of a sheet that mean something, by name; undefined where the sheet need not have them. */
export interface Columns {
  readonly image: string
  readonly label: string
  readonly group: string | undefined
  readonly split: string | undefined
}
type Role = keyof Columns
/** Names that people give such columns. */
const usual: Readonly<Record<Role, RegExp>> = {
  image: /^(image|file|path|img|name|url|tile|slide)|(image|file|path|url)$/i,
  label: /^(label|class|target|diagnos|categor|type|outcome|grade|cell.?type|y$)/i,
  group: /^(group|patient|subject|case|slide|plate|donor|individual|animal|well)/i,
  split: /^(split|set|part|fold|subset|partition|usage)/i,
}
/** Where each column stands, or what is wrong. Group and split may be missing where no name was given for them. */
export function placesOf(
  header: readonly string[],
  asked: Columns,
): { readonly at: Readonly<Record<Role, number>>; readonly faults: readonly string[] } {
  const faults: string[] = []
  const find = (role: Role): number => {
    const name = asked[role] ?? role
    const at = header.indexOf(name)
    if (at < 0 && asked[role] !== undefined) faults.push(lacking(header, role, name, asked))
    return at
  }
  const twice = header.filter((name, n) => name !== '' && header.indexOf(name) < n)
  if (twice.length > 0) faults.push(`The sheet has the column "${twice[0]}" twice. Remove or rename one.`)
  return { at: { image: find('image'), label: find('label'), group: find('group'), split: find('split') }, faults }
}
function lacking(header: readonly string[], role: Role, name: string, asked: Columns): string {
  const others = header.filter(each => each !== '' && !Object.entries(asked).some(([other, column]) => other !== role && column === each))
  const near =
    others.find(each => each.toLowerCase() === name.toLowerCase()) ??
    others.find(each => leven(each.toLowerCase(), name.toLowerCase()) <= name.length / 3) ??
    others.find(each => usual[role].test(each))
  const flag = `--${role}-column`
  const shown = (word: string) => (/^[\w.-]+$/.test(word) ? word : `'${word}'`)
  return `The sheet has no column "${name}". It has ${quoted(header, 20)}. ${near === undefined ? `Say which one it is with ${flag} NAME` : `Did you mean "${near}"? Then give ${flag} ${shown(near)}`}.`
}
