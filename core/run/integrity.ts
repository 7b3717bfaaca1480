import type { Keys } from '../graph/key.ts'
import type { Ref } from '../graph/node.ts'
import type { Entry } from '../store/record.ts'
import type { Store } from '../store/store.ts'

/**
 * Whether what steps are about to read is what was made. What was found in the store is compared with its digests once, before the first
 * step that reads it; what this run made, only when touched since. What is damaged is set aside, so that its step runs again.
 */
export class Integrity {
  readonly #store: Store
  readonly #keys: Keys
  readonly #entries: Map<string, Entry>
  readonly #told: (key: string, fault: string) => void
  readonly #compared = new Map<Entry, Promise<string | undefined>>()
  readonly #damaged = new Set<string>()
  /** @param entries finished steps, by key: damaged ones are taken out of it. @param told hears of them */
  constructor(store: Store, keys: Keys, entries: Map<string, Entry>, told: (key: string, fault: string) => void) {
    this.#store = store
    this.#keys = keys
    this.#entries = entries
    this.#told = told
  }
  /** An entry that this run made itself. */
  trust(entry: Entry): void {
    this.#compared.set(entry, Promise.resolve(undefined))
  }
  /** Outputs that were found damaged and are not made again yet. */
  awaited(refs: readonly Ref[]): readonly Ref[] {
    return refs.filter(({ node }) => this.#damaged.has(this.#keys.of(node)) && !this.#entries.has(this.#keys.of(node)))
  }
  /** Compares, and sets aside what is damaged. @returns the outputs that must be made again */
  async unsound(refs: readonly Ref[]): Promise<readonly Ref[]> {
    const faults = await Promise.all(refs.map(({ node }) => this.#fault(this.#keys.of(node))))
    return refs.filter((_, n) => faults[n] !== undefined)
  }
  async #fault(key: string): Promise<string | undefined> {
    const entry = this.#entries.get(key)
    if (!entry) return undefined // left out by its step
    const known = this.#store.untouched(entry) ? this.#compared.get(entry) : undefined
    const comparing = known ?? this.#store.fault(entry)
    this.#compared.set(entry, comparing)
    const fault = await comparing
    if (fault === undefined || this.#entries.get(key) !== entry) return fault
    this.#store.setAside(entry.record.key, fault)
    this.#entries.delete(key)
    this.#damaged.add(key)
    this.#told(key, fault)
    return fault
  }
}
