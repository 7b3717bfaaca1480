import { jsonIn } from '../../core/store/sealed.ts'

/** Fields by which an entry of a record's lists is known. */
const identifying = ['quality', 'law', 'measure', 'what', 'arm', 'environment', 'caches'] as const

/** An entry of a list in words: `training · resnet18 · workstation · warm`; a run with its round. */
export function entryName(entry: object): string {
  const told = entry as Readonly<Record<string, unknown>> // any object has string keys
  const names = identifying.flatMap(name => (typeof told[name] === 'string' ? told[name] : []))
  return [...(typeof told.round === 'number' ? [`round ${told.round}`] : []), ...names].join(' · ')
}
/** Where in a record something lies, by the path to it: `figures › training · resnet18 · workstation · warm › wall`. */
export function placeOf(value: unknown, path: readonly PropertyKey[]): string {
  const words: string[] = []
  let at: unknown = value
  for (const part of path) {
    at = typeof at === 'object' && at !== null ? Reflect.get(at, part) : undefined
    const named = typeof part === 'number' && typeof at === 'object' && at !== null ? entryName(at) : ''
    words.push(named === '' ? (typeof part === 'number' ? `${part + 1}.` : String(part)) : named)
  }
  return (words[0] === 'derived' && words.length > 1 ? words.slice(1) : words).join(' › ')
}
const text = /"(?:[^"\\]|\\.)*"/.source
const opening = new RegExp(`^ *(${text}): [[{]$`)
const fieldOf = new RegExp(`^ *(${text}):`)
const pairs = new RegExp(`(${text}):(${text}|\\d+)`, 'g')
/** What a line of a record's text is, which holds a field, an entry of a list, or the begin or end of either. */
export function lineShape(line: string): { readonly opens?: string; readonly field?: string; readonly brackets: boolean } {
  const [opens, field] = [opening.exec(line)?.[1], fieldOf.exec(line)?.[1]].map(name => name && String(jsonIn(name)))
  return { ...(opens && { opens }), ...(field && { field }), brackets: /^ *[[\]{}]*,?$/.test(line) }
}
const margin = (line: string) => line.length - line.trimStart().length
/** Where in a record a line of its text lies: its list, and what of the entry's name can still be read. */
export function placeOfLine(lines: readonly string[], n: number): string {
  const line = lines[n] ?? ''
  const around = lines.slice(0, n).findLast(each => lineShape(each).opens !== undefined && margin(each) < margin(line))
  const section = around && lineShape(around).opens
  const entry: Record<string, unknown> = {}
  for (const [, name = '', value = ''] of line.matchAll(pairs)) entry[String(jsonIn(name))] ??= jsonIn(value)
  const own = /^ +\{/.test(line) ? entryName(entry) : lineShape(line).field
  return [section, own].filter(Boolean).join(' › ')
}
