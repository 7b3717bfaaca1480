import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { TriremeError } from '../../core/errors.ts'
import type { Event } from '../../core/events.ts'
import type { Plan, Results } from '../../core/graph/plan.ts'
import { type Execution, Store } from '../../core/targets/local/index.ts'
import { scratch } from '../../core/testing.ts'
import type { Case } from './case.ts'
import type { Target } from './target.ts'

/** What a target said of one plan: events in their order, and how it ended; or why it would not begin. */
export interface Told {
  readonly plan: Plan
  readonly run: string
  readonly events: readonly Event[]
  readonly ended: Execution<Results> | TriremeError
}
/** No two runs have one id, also on a cluster that remembers those of an hour ago. */
const mark = Date.now().toString(36)
/** Runs the plans of a case one after another in a store of their own, and hands what was told to `look` while the files are there. */
export async function tell<T>(each: Case, target: Target, look: (told: readonly Told[]) => Promise<T>): Promise<T> {
  const folder = scratch()
  try {
    mkdirSync(path.join(folder, 'files'))
    const store = await Store.open(path.join(folder, 'store'))
    const told: Told[] = []
    for (const [n, plan] of each.plans({ folder: path.join(folder, 'files'), confine: target.confine }).entries()) {
      const run = `${each.name}-${n + 1}-${mark}`
      const events: Event[] = []
      const ended = await target.run(plan, { store, name: each.name, run, on: event => events.push(event) }).catch(refusal)
      told.push({ plan, run, events, ended })
    }
    return await look(told)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
function refusal(cause: unknown): TriremeError {
  if (cause instanceof TriremeError) return cause
  throw cause
}
