import { canonical } from './key.ts'

/** What a step's key was made of, as records hold it, with the parameters that its words came from. */
export interface RecipeOfStep {
  readonly recipe: unknown
  readonly params: Readonly<Record<string, unknown>>
}
/** One thing that differs between two recipes; undefined where one of them lacks it. */
export type Difference =
  | { readonly what: 'parameter'; readonly name: string; readonly before: unknown; readonly now: unknown }
  | { readonly what: 'word'; readonly program: string; readonly before: string; readonly now: string }
  | { readonly what: 'tool'; readonly name: string; readonly before: string | undefined; readonly now: string | undefined }
  | { readonly what: 'asset'; readonly name: string; readonly before: string | undefined; readonly now: string | undefined }
  /** Keys with the port after `#`; `item` is the number or name within a list or a group. */
  | {
      readonly what: 'input'
      readonly slot: string
      readonly item?: string
      readonly before: string | undefined
      readonly now: string | undefined
    }
  | { readonly what: 'output'; readonly name: string; readonly before: unknown; readonly now: unknown }
  | { readonly what: 'format of keys'; readonly before: unknown; readonly now: unknown }

type Recipe = Readonly<Record<string, unknown>>
const fieldsOf = (value: unknown): Recipe => (typeof value === 'object' && value !== null ? (value as Recipe) : {}) // a record read back from JSON
const equal = (a: unknown, b: unknown) => a === b || (a !== undefined && b !== undefined && canonical(a) === canonical(b))
/** What an input's key is made of, by item: a file, a list, or pairs of a name and a file. */
function itemsOf(input: unknown): ReadonlyMap<string | undefined, string> {
  if (typeof input === 'string') return new Map([[undefined, input]])
  if (!Array.isArray(input)) return new Map()
  return new Map(input.map((item, n) => (Array.isArray(item) ? [String(item[0]), String(item[1])] : [String(n + 1), String(item)])))
}
/** Everything that differs, causes before effects: a parameter comes before the word it changed. Empty when the keys are equal. */
export function differences(now: RecipeOfStep, before: RecipeOfStep): readonly Difference[] {
  const [a, b] = [fieldsOf(before.recipe), fieldsOf(now.recipe)]
  const changed = (field: string, was = fieldsOf(a[field]), is = fieldsOf(b[field])) =>
    [...new Set([...Object.keys(was), ...Object.keys(is)])].flatMap(name =>
      equal(was[name], is[name]) ? [] : [{ name, before: was[name], now: is[name] }],
    )
  const text = (value: unknown) => (value === undefined ? undefined : String(value))
  const all: Difference[] = []
  if (!equal(a.version, b.version)) all.push({ what: 'format of keys', before: a.version, now: b.version })
  // Parameters count only by the words of the command that they change: where no word changed, they make no difference.
  const words = wordsChanged(a.pipes, b.pipes)
  if (words.length > 0 || !equal(a.stdout, b.stdout))
    all.push(...changed('', before.params, now.params).map(each => ({ what: 'parameter' as const, ...each })))
  all.push(...words)
  for (const what of ['tool', 'asset'] as const)
    all.push(...changed(`${what}s`).map(each => ({ what, name: each.name, before: text(each.before), now: text(each.now) })))
  for (const { name, before, now } of changed('inputs')) {
    const [was, is] = [itemsOf(before), itemsOf(now)]
    for (const item of new Set([...was.keys(), ...is.keys()]))
      if (was.get(item) !== is.get(item))
        all.push({ what: 'input', slot: name, ...(item !== undefined && { item }), before: was.get(item), now: is.get(item) })
  }
  all.push(...changed('outputs').map(each => ({ what: 'output' as const, ...each })))
  if (words.length === 0 && !equal(a.stdout, b.stdout))
    all.push({ what: 'word', program: 'the last program', before: `> ${shortened(a.stdout)}`, now: `> ${shortened(b.stdout)}` })
  return all
}
/** The record that differs least; of several, the one that comes first. */
export function nearestRecipe<T extends RecipeOfStep>(
  now: RecipeOfStep,
  records: Iterable<T>,
): { readonly record: T; readonly differences: readonly Difference[] } | undefined {
  let best: { readonly record: T; readonly differences: readonly Difference[] } | undefined
  for (const record of records) {
    const found = differences(now, record)
    if (!best || found.length < best.differences.length) best = { record, differences: found }
  }
  return best
}

/** Runs of words that differ, by program: `-T 30` before, `-T 40` now. */
function wordsChanged(before: unknown, now: unknown): readonly Difference[] {
  const [was, is] = [stagesOf(before), stagesOf(now)]
  return Array.from({ length: Math.max(was.length, is.length) }, (_, n) => n).flatMap(n => {
    const [a = [], b = []] = [was[n], is[n]]
    return stretches(a, b).map(({ before, now }) => ({
      what: 'word' as const,
      program: b[0] ?? a[0] ?? '',
      before: before.join(' '),
      now: now.join(' '),
    }))
  })
}
const stagesOf = (pipes: unknown): readonly (readonly string[])[] =>
  Array.isArray(pipes) ? pipes.flat(1).map(argv => (Array.isArray(argv) ? argv.flat().flatMap(withLines).map(shortened) : [])) : []
/** Lines of a file of words differ one by one, like words. */
const withLines = (word: unknown): readonly unknown[] => {
  const { lines } = fieldsOf(word)
  return Array.isArray(lines) ? ['<lines:', ...lines, '>'] : [word]
}
/** A word as people read it: slots and grants in angle brackets. */
function shortened(word: unknown): string {
  if (typeof word !== 'object' || word === null) return String(word)
  const { slot, part, key, list, granted, level, glued } = fieldsOf(word)
  if (Array.isArray(glued)) return glued.map(shortened).join('')
  if (slot !== undefined) return `<${[slot, key, part].filter(name => name !== undefined).join('.')}>`
  if (list !== undefined) return `<${list}...>`
  if (granted !== undefined) return `<${granted}>`
  if (level !== undefined) return `<level ${level}>`
  return canonical(word)
}
interface Stretch {
  readonly before: readonly string[]
  readonly now: readonly string[]
}
/** Comparisons that are made at most: all would be as many as the product of two lengths, which for the words of 10,000 samples is billions. */
const mostCompared = 2 ** 23
/**
 * What lies between the common beginning and end of two lists, cut further where a middle part is alike. Words before a changed value are
 * kept for context. Where too much lies between, the words that only one of them has.
 */
function stretches(a: readonly string[], b: readonly string[]): readonly Stretch[] {
  let from = 0
  while (from < a.length && from < b.length && a[from] === b[from]) from++
  let [aEnd, bEnd] = [a.length, b.length]
  while (aEnd > from && bEnd > from && a[aEnd - 1] === b[bEnd - 1]) {
    aEnd--
    bEnd--
  }
  const [was, is] = [a.slice(from, aEnd), b.slice(from, bEnd)]
  if (was.length === 0 && is.length === 0) return []
  if (was.length * is.length > mostCompared) return [{ before: only(was, is), now: only(is, was) }]
  return alignedStretches(was, is, a[from - 1])
}
function only(words: readonly string[], others: readonly string[]): readonly string[] {
  const known = new Set(others)
  return words.filter(word => !known.has(word))
}
/** @param first the word before both */
function alignedStretches(a: readonly string[], b: readonly string[], first: string | undefined): readonly Stretch[] {
  const length = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1))
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      length[i]![j] = a[i] === b[j] ? length[i + 1]![j + 1]! + 1 : Math.max(length[i + 1]![j]!, length[i]![j + 1]!)
  const found: { before: string[]; now: string[] }[] = []
  let open: { before: string[]; now: string[] } | undefined
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      open = undefined
      i++
      j++
      continue
    }
    if (!open) {
      const last = i === 0 ? first : a[i - 1]
      const flag = last?.startsWith('-') ? [last] : []
      open = { before: [...flag], now: [...flag] }
      found.push(open)
    }
    if (j >= b.length || (i < a.length && length[i + 1]![j]! >= length[i]![j + 1]!)) open.before.push(a[i++]!)
    else open.now.push(b[j++]!)
  }
  return found
}
