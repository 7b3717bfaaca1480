import path from 'node:path'
import type { Plan } from '../../core/graph/plan.ts'
import type { Store } from '../../core/store/store.ts'
import type { RunFlags } from '../arguments/options.ts'
import { type Layouts, publications } from '../results/layout.ts'
import { unpublished } from '../results/publish.ts'
import type { Performance } from './execute.ts'

/**
 * Compares entries of earlier runs with their digests before they are copied out, and removes damaged ones, so that the steps run
 * again. Entries of this run were digested a moment ago; results that are published already are not read.
 * @returns what was damaged, in words
 */
export async function damagedResults(
  { made, record }: Performance,
  { plan, store, layout, options }: { readonly plan: Plan; readonly store: Store; readonly layout: Layouts; readonly options: RunFlags },
): Promise<readonly string[]> {
  const entries = [...made.entries.values()].filter(entry => entry.record.run !== record.id)
  const digests = new Map(
    entries.flatMap(entry =>
      Object.values(entry.record.outputs)
        .flat()
        .map(({ name, sha256 }) => [path.join(entry.folder, name), { entry, sha256 }] as const),
    ),
  )
  const pairs = publications(plan.results, made.results, layout).filter(({ from }) => digests.has(from))
  const fresh = unpublished(options.out, pairs, { link: options.link ?? false, digest: file => digests.get(file)?.sha256 })
  const faults: string[] = []
  for (const entry of new Set(fresh.flatMap(({ from }) => digests.get(from)?.entry ?? []))) {
    const fault = await store.fault(entry)
    if (fault === undefined) continue
    store.setAside(entry.record.key, fault)
    faults.push(`${entry.record.label}: ${fault}. It is made again.`)
  }
  return faults
}
