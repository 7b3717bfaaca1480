import path from 'node:path'
import { z } from 'zod'
import type { Event } from '../../core/events.ts'
import type { Keys } from '../../core/graph/key.ts'
import { labels } from '../../core/graph/labels.ts'
import type { EachNode, Node } from '../../core/graph/node.ts'
import type { Plan } from '../../core/graph/plan.ts'
import { type Branch, branchOf } from '../../core/graph/walk.ts'
import { redacted } from '../../core/secrets.ts'
import { readLines, sealedLine } from '../../core/store/sealed.ts'
import type { Store } from '../../core/store/store.ts'
import { writeWhole } from '../../core/store/whole-file.ts'
import { fileOf } from '../../core/vocabulary/kind.ts'

/** An entry that was made and its recipe: enough to say why it would be made again. */
export interface Remembered {
  readonly key: string
  /** Name of the step; empty for a user's file. */
  readonly step: string
  readonly label: string
  readonly recipe: unknown
  readonly params: Readonly<Record<string, unknown>>
  readonly run: string
  readonly started: string
}
const rememberedSchema: z.ZodType<Remembered> = z.object({
  key: z.string().regex(/^[0-9a-f]{64}$/),
  step: z.string(),
  label: z.string(),
  recipe: z.unknown(),
  params: z.record(z.string(), z.unknown()),
  run: z.string(),
  started: z.string(),
})
/** The branches of an `each`, once its list is written; undefined before. */
export function branchesOf(node: EachNode, keys: Keys, store: Store): readonly Branch[] | undefined {
  const { list } = node
  const files = list.node.kind === 'step' ? store.look(keys.of(list.node))?.record.outputs[list.port] : undefined
  const { extension } = fileOf(list.kind)
  return files?.filter(({ name }) => name.endsWith(extension)).map(({ name }) => branchOf(node, path.basename(name)))
}
/** The plan's nodes, and those of every `each` whose list is written. */
export function expanded(plan: Plan, keys: Keys, store: Store): readonly Node[] {
  const inner = plan.nodes.flatMap(node => (node.kind === 'each' ? (branchesOf(node, keys, store) ?? []) : []))
  return [...new Set([...plan.nodes, ...inner.flatMap(({ nodes }) => nodes)])]
}
/** Keys of the steps that the store has. */
export async function cachedSteps(nodes: readonly Node[], keys: Keys, store: Store): Promise<ReadonlySet<string>> {
  const there = new Set<string>()
  for (const key of new Set(nodes.flatMap(node => (node.kind === 'step' ? [keys.of(node)] : [])))) if (await store.find(key)) there.add(key)
  return there
}
const file = (store: Store, run: string) => path.join(store.runFolder(run), 'recipes.jsonl')
/** Keeps what the store itself does not: recipes of steps whose outputs went through a pipe, and names of the user's files. */
export function remember(plan: Plan, keys: Keys, store: Store, run: string, events: readonly Event[]): void {
  const ran = new Set(events.flatMap(event => (event.event === 'succeeded' ? [event.key] : [])))
  if (ran.size === 0) return
  const nodes = expanded(plan, keys, store)
  const names = labels(nodes, keys)
  const lines = nodes.flatMap((node): readonly Remembered[] => {
    const common = { key: keys.of(node), recipe: keys.recipe(node), run, started: events[0]?.at ?? '' }
    if (node.kind === 'source')
      return [
        {
          ...common,
          step: '',
          label: Object.values(node.files)
            .map(({ url }) => path.basename(url))
            .join(', '),
          params: {},
        },
      ]
    if (node.kind !== 'step' || !ran.has(common.key) || store.look(common.key)) return []
    return [{ ...common, step: node.step.name, label: names.get(node) ?? node.step.name, params: node.params }]
  })
  writeWhole(file(store, run), lines.map(line => sealedLine(redacted(line))).join(''))
}
/** All entries of this store and of its runs' records, the latest first, each key once. */
export async function remembered(store: Store, runs: readonly string[]): Promise<ReadonlyMap<string, Remembered>> {
  const all: Remembered[] = []
  for await (const { record } of store.entries()) {
    const { key, step, label, recipe, params, run, started } = record
    all.push({ key, step, label, recipe, params, run, started })
  }
  for (const run of runs) all.push(...readLines(file(store, run)).flatMap(line => rememberedSchema.safeParse(line).data ?? []))
  all.sort((a, b) => (a.started < b.started ? 1 : -1))
  return new Map(all.reverse().map(each => [each.key, each]))
}
