import { existsSync } from 'node:fs'
import path from 'node:path'
import { isCommand } from '../../benchmarks/harness/comparison.ts'
import type { Place } from '../../benchmarks/harness/rounds.ts'
import { TriremeError } from '../../core/errors.ts'
import type { Event } from '../../core/events.ts'
import { keys as keysOf, versionFrom } from '../../core/graph/key.ts'
import { removeTree } from '../../core/left-behind.ts'
import { Store } from '../../core/store/store.ts'
import { writeWhole } from '../../core/store/whole-file.ts'
import { findPipeline } from '../project/catalogue.ts'
import { planWith } from '../run/prepare.ts'
import { knownVersions } from '../run/versions.ts'
import { type Bench, runOnce } from './one-run.ts'
import { storeWith } from './stores.ts'

/** Keys of the given steps in an arm's plan. */
async function givenKeys({ spec, definition, given }: Bench, { arm, environment: on }: Place, store: string): Promise<readonly string[]> {
  const { it } = await findPipeline(spec.pipeline!.spec.name) // an arm without a command has a pipeline
  const { plan, store: opened, environment } = await planWith(it, given[arm]!, { store, on, owner: `arm ${arm}` })
  const { versions } = await knownVersions(plan, opened, environment, { unpinned: true })
  const keys = keysOf(versionFrom(versions))
  return plan.nodes.flatMap(node => (node.kind === 'step' && definition.given.includes(node.step.name) ? [keys.of(node)] : []))
}
/** Names and keys of given steps that a run has made. */
function givenMade(events: readonly Event[], given: readonly string[]): readonly (readonly [name: string, key: string])[] {
  const made = new Set(events.flatMap(event => (event.event === 'succeeded' || event.event === 'cached' ? [event.key] : [])))
  return events.flatMap(event =>
    event.event === 'planned' && given.includes(event.name) && made.has(event.key) ? [[event.name, event.key] as const] : [],
  )
}
/** Runs arms once where something is given, until all that the given steps make is there, and keeps it. */
export async function prepareGiven(bench: Bench, places: readonly Place[], root: string, log: (line: string) => void): Promise<void> {
  const { given, caches } = bench.definition
  if (given.length === 0) return
  const folder = path.join(bench.folder, 'given')
  if (!existsSync(`${folder}.made`)) {
    const keys = new Map<string, string>()
    for (const place of places.filter(place => place.caches === caches[0] && !isCommand(bench.spec.arms[place.arm]!))) {
      if (keys.size > 0 && (await givenKeys(bench, place, root)).every(key => keys.has(key))) continue
      log(`Making what is given, by ${place.arm} in ${place.environment} …`)
      const { events, folder } = await runOnce(bench, place, 0, true)
      const store = path.join(folder, 'store')
      for (const [name, key] of givenMade(events, given)) {
        if (!existsSync((await Store.open(store)).entryFolder(key)))
          throw new TriremeError(
            'USAGE',
            `The comparison has "${name}" given, and the run in ${place.environment} left no result of it on this machine: results of a cluster stay in its bucket, and what goes through a pipe is not kept. Compare in environments of this machine, or leave "${name}" out of "given".`,
          )
        keys.set(key, store)
      }
    }
    removeTree(folder)
    for (const store of new Set(keys.values()))
      await storeWith(
        folder,
        store,
        [...keys].filter(([, from]) => from === store).map(([key]) => key),
      )
    writeWhole(`${folder}.made`, '')
  }
  bench.prepared = folder
}
