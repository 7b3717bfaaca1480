/** What a pod takes from outside under one letter: `/w/from/<letter>/`. */
export type PodInput =
  | { readonly from: 'entry'; readonly key: string; readonly files: Map<string, boolean>; record: 'needed' | 'optional' }
  /** A user's files that go together, such as the two of a pair. */
  | { readonly from: 'source'; readonly sha256: readonly string[] }
  /** Results of the branches of an `each`. */
  | { readonly from: 'gather'; readonly key: string }
  /** One item of a list, in a branch; `files` by suffix. */
  | { readonly from: 'item'; readonly key: string; readonly port: string; readonly suffixes: Set<string>; readonly optional: boolean }

/** Letters of what a pod takes, in the order it is first asked for. */
export class PodInputs {
  readonly parcels = new Map<string, PodInput>()
  readonly #letters = new Map<string, string>()
  /** A file of an entry, or with `file` undefined its record alone. @returns the letter */
  entry(key: string, file: string | undefined, optional: boolean): string {
    const letter = this.#letter(key, () => ({ from: 'entry', key, files: new Map(), record: 'optional' }))
    const parcel = this.parcels.get(letter)!
    if (parcel.from !== 'entry') return letter
    if (!optional) parcel.record = 'needed'
    if (file !== undefined) parcel.files.set(file, (parcel.files.get(file) ?? true) && optional)
    return letter
  }
  source(sha256: readonly string[]): string {
    return this.#letter(`source ${sha256.join()}`, () => ({ from: 'source', sha256: [...new Set(sha256)] }))
  }
  gather(key: string): string {
    return this.#letter(`gather ${key}`, () => ({ from: 'gather', key }))
  }
  item(key: string, port: string, suffixes: readonly string[]): string {
    const letter = this.#letter(`item ${key}#${port}`, () => ({ from: 'item', key, port, suffixes: new Set(), optional: false }))
    const parcel = this.parcels.get(letter)!
    if (parcel.from === 'item') for (const suffix of suffixes) parcel.suffixes.add(suffix)
    return letter
  }
  #letter(what: string, make: () => PodInput): string {
    const known = this.#letters.get(what)
    if (known !== undefined) return known
    const letter = letterOf(this.#letters.size)
    this.#letters.set(what, letter)
    this.parcels.set(letter, make())
    return letter
  }
}
/** a, b, c … z, aa … without the names of other parameters, and without y, n, no and on, which YAML 1.1 takes for truth values. */
const alphabet = 'abcdefghjlmpqrstuvxz'
export function letterOf(n: number): string {
  const rest = Math.floor(n / alphabet.length)
  return (rest > 0 ? letterOf(rest - 1) : '') + alphabet[n % alphabet.length]
}
