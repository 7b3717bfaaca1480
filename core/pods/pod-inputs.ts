/** What a pod takes from outside into one folder, `/w/from/<mount>/`. */
export type PodInput =
  | { readonly from: 'entry'; readonly key: string; readonly files: Map<string, boolean>; record: 'needed' | 'optional' }
  /** A user's files that go together, such as the two of a pair. */
  | { readonly from: 'source'; readonly sha256: readonly string[] }
  /** Results of the branches of an `each`. */
  | { readonly from: 'gather'; readonly key: string }
  /** One item of a list, in a branch; `files` by suffix. */
  | { readonly from: 'item'; readonly key: string; readonly port: string; readonly suffixes: Set<string>; readonly optional: boolean }

/** The inputs of a pod: each gets a mount, a short name such as `a`, in the order in which they are first asked for. */
export class PodInputs {
  readonly mounts = new Map<string, PodInput>()
  readonly #names = new Map<string, string>()
  /** A file of an entry, or with `file` undefined its record alone. @returns the mount */
  entry(key: string, file: string | undefined, optional: boolean): string {
    const mount = this.#mount(key, () => ({ from: 'entry', key, files: new Map(), record: 'optional' }))
    const input = this.mounts.get(mount)!
    if (input.from !== 'entry') return mount
    if (!optional) input.record = 'needed'
    if (file !== undefined) input.files.set(file, (input.files.get(file) ?? true) && optional)
    return mount
  }
  source(sha256: readonly string[]): string {
    return this.#mount(`source ${sha256.join()}`, () => ({ from: 'source', sha256: [...new Set(sha256)] }))
  }
  gather(key: string): string {
    return this.#mount(`gather ${key}`, () => ({ from: 'gather', key }))
  }
  item(key: string, port: string, suffixes: readonly string[]): string {
    const mount = this.#mount(`item ${key}#${port}`, () => ({ from: 'item', key, port, suffixes: new Set(), optional: false }))
    const input = this.mounts.get(mount)!
    if (input.from === 'item') for (const suffix of suffixes) input.suffixes.add(suffix)
    return mount
  }
  #mount(what: string, make: () => PodInput): string {
    const known = this.#names.get(what)
    if (known !== undefined) return known
    const mount = mountName(this.#names.size)
    this.#names.set(what, mount)
    this.mounts.set(mount, make())
    return mount
  }
}
/** a, b, c … z, aa … without the names of other parameters, and without y, n, no and on, which YAML 1.1 takes for truth values. */
const alphabet = 'abcdefghjlmpqrstuvxz'
export function mountName(n: number): string {
  const rest = Math.floor(n / alphabet.length)
  return (rest > 0 ? mountName(rest - 1) : '') + alphabet[n % alphabet.length]
}
