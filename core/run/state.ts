import { type Happening, type Sink, stamped } from '../events.ts'
import type { Keys } from '../graph/key.ts'
import { labels } from '../graph/labels.ts'
import type { Node, StepNode } from '../graph/node.ts'
import type { Share } from './allocator.ts'
import type { Member } from './attempt.ts'

/** Tells what happens in a run, each step by the name people know it by. */
export class Telling {
  readonly tell: (happening: Happening) => void
  readonly #keys: Keys
  readonly #labels = new Map<string, string>()
  constructor(sink: Sink, keys: Keys) {
    this.tell = stamped(sink)
    this.#keys = keys
  }
  /** Gives names to steps. @param several steps whose names stand in other bodies of `each`, too */
  name(nodes: readonly Node[], several?: ReadonlySet<string>): void {
    for (const [node, label] of labels(nodes, this.#keys, several)) this.#labels.set(this.#keys.of(node), label)
  }
  label(key: string): string {
    return this.#labels.get(key) ?? 'each'
  }
  planned(nodes: readonly Node[], granted: (node: StepNode) => Share): void {
    const steps = new Map(nodes.flatMap(node => (node.kind === 'step' ? [[this.#keys.of(node), node] as const] : [])))
    for (const [key, node] of steps) {
      const { cpu, memory } = granted(node)
      this.tell({ event: 'planned', step: this.label(key), key, name: node.step.name, cpu, memory })
    }
  }
  cached(key: string): void {
    this.tell({ event: 'cached', step: this.label(key), key })
  }
  damaged(key: string, reason: string): void {
    this.tell({ event: 'damaged', step: this.label(key), key, reason })
  }
  skipped(key: string, reason: string): void {
    this.tell({ event: 'skipped', step: this.label(key), key, reason })
  }
  /** An attempt began: at one step, or at several that are joined. */
  started(members: readonly Member[], keys: readonly string[], attempt: number): void {
    const group = members.length > 1 && { group: members.at(-1)!.label }
    for (const [n, { label, cpu, memory }] of members.entries())
      this.tell({ event: 'started', step: label, key: keys[n]!, attempt, cpu, memory, ...group })
  }
}
