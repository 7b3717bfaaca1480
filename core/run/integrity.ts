import type { Keys } from '../graph/key.ts'
import type { Ref } from '../graph/node.ts'
import type { Entry } from '../store/record.ts'
import type { Store } from '../store/store.ts'

/**
 * Checks that the files which steps are about to read are unchanged. Entries found in the store are compared with their digests once, before the
 * first step that reads them; entries of this run only if they were written to since. Damaged ones are set aside, so that their steps run again.
 */
export class Integrity {
  readonly #store: Store
  readonly #keys: Keys
  readonly #entries: Map<string, Entry>
  readonly #onDamage: (key: string, fault: string) => void
  readonly #signal: AbortSignal
  readonly #compared = new Map<Entry, Promise<string | undefined>>()
  readonly #damaged = new Set<string>()
  /** @param entries finished steps, by key: damaged ones are taken out of it. @param onDamage called for each of them. @param signal ends a comparison */
  constructor(store: Store, keys: Keys, entries: Map<string, Entry>, onDamage: (key: string, fault: string) => void, signal: AbortSignal) {
    this.#store = store
    this.#keys = keys
    this.#entries = entries
    this.#onDamage = onDamage
    this.#signal = signal
  }
  /** Marks an entry as good without reading it: this run made it. */
  trust(entry: Entry): void {
    this.#compared.set(entry, Promise.resolve(undefined))
  }
  /** Outputs that were found damaged and are not made again yet. */
  awaited(refs: readonly Ref[]): readonly Ref[] {
    return refs.filter(({ node }) => this.#damaged.has(this.#keys.of(node)) && !this.#entries.has(this.#keys.of(node)))
  }
  /** Compares outputs with their digests and sets damaged ones aside. @returns those that must be made again */
  async unsound(refs: readonly Ref[]): Promise<readonly Ref[]> {
    const faults = await Promise.all(refs.map(({ node }) => this.#fault(this.#keys.of(node))))
    return refs.filter((_, n) => faults[n] !== undefined)
  }
  async #fault(key: string): Promise<string | undefined> {
    const entry = this.#entries.get(key)
    if (!entry) return undefined // left out by its step
    const known = this.#store.untouched(entry) ? this.#compared.get(entry) : undefined
    const comparing = known ?? this.#store.fault(entry, this.#signal)
    this.#compared.set(entry, comparing)
    const fault = await comparing
    if (fault === undefined || this.#entries.get(key) !== entry) return fault
    this.#store.setAside(entry.record.key, fault)
    this.#entries.delete(key)
    this.#damaged.add(key)
    this.#onDamage(key, fault)
    return fault
  }
}
