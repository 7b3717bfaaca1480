import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { TriremeError } from '../../core/errors.ts'
import type { Event } from '../../core/events.ts'
import { plan } from '../../core/index.ts'
import { Store } from '../../core/store/store.ts'
import { given } from '../../core/testing.ts'
import { onArgo } from '../conformance/on-argo.ts'
import { preface } from './attacks.ts'
import { branches, chain, list, printed, reading, retry, single, teed, text } from './pipelines.ts'
import type { Target } from './targets.ts'

const unavailable = await onArgo.unavailable()
const ways = { branches, chain, list, printed, reading, retry, single, teed }
const refusal = (cause: unknown): TriremeError => {
  if (cause instanceof TriremeError) return cause
  throw cause
}
/** No two runs have one id, also on a cluster that remembers those of an hour ago. */
const mark = Date.now().toString(36)
let runs = 0
/** A real cluster, the one of the conformance suite. What is not on this machine cannot be looked at there: messages, results and what lies here are. */
export const onCluster: Target = {
  name: 'argo',
  unavailable,
  enclosed: true,
  run: async (world, { script, way = 'single', ends }) => {
    const n = ++runs
    const file = path.join(world.folder, `attack-${n}.txt`)
    writeFileSync(file, preface(world) + script)
    const { made } = ways[way]({ attack: given('attack', text, file), from: given('from', text, world.input) })
    const store = await Store.open(world.store)
    const said: string[] = []
    const stop = new AbortController()
    const timer = ends === 'held' ? setTimeout(() => stop.abort(), 60_000) : undefined
    const place = {
      ...{ store, name: `hostile-${mark}`, run: `hostile-${mark}-${n}`, signal: stop.signal },
      on: (event: Event) => said.push(JSON.stringify(event)),
    }
    const ended = await onArgo.run(plan(way, { made }), place).catch(refusal)
    clearTimeout(timer)
    const failures = ended instanceof TriremeError ? [ended.message] : ended.failures
    const found = ended instanceof TriremeError ? undefined : ended.results.made
    const published = found !== undefined && 'path' in found && typeof found.path === 'string' ? found.path : undefined
    return {
      status: failures.length > 0 ? 1 : 0,
      hung: false,
      said: [...said, ...failures].join('\n'),
      made: published === undefined ? undefined : readFileSync(published, 'utf8'),
      kept: [path.join(world.store, 'entries')],
    }
  },
}
