import path from 'node:path'
import { plan, type Results } from 'trireme-bio'
import { type LocalOptions, readyTools, runLocally, Store } from 'trireme-bio/local'

let runs = 0
/** Runs a plan whose every step must succeed, in the store of a folder. @throws Error naming the first step that failed */
export async function runPlan<O extends Results>(folder: string, results: O, options: Partial<LocalOptions> = {}) {
  const store = await Store.open(folder)
  const whole = plan('of-a-comparison', results)
  const versions = await readyTools(whole, path.join(store.root, 'tools.json'))
  const made = await runLocally(whole, { store, versions, run: `made-${process.pid}-${++runs}`, ...options })
  if (made.failures[0] !== undefined) throw new Error(made.failures[0])
  return made.results
}
