import type { Asked } from '../arguments/options.ts'
import { noteLine } from '../display/print.ts'
import { codeState } from '../results/code-state.ts'
import { checkApartFromStore, checkOut } from '../results/out-folder.ts'
import { checkPublication } from '../run/check-publication.ts'
import { damagedResults } from '../run/damaged-results.ts'
import { perform } from '../run/execute.ts'
import { finish } from '../run/finish.ts'
import { prepareRun } from '../run/prepare.ts'
import { toolVersions } from '../run/versions.ts'

export async function runPipeline(asked: Asked): Promise<void> {
  if (asked.options.dryRun) return (await import('./plan.ts')).printPlan(asked) // how plans are printed: no run needs it
  const started = performance.now()
  const { options, pipeline } = asked
  checkOut(options.out)
  checkApartFromStore(options.out, options.store)
  const prepared = await prepareRun(asked, noteLine)
  const { plan, store, environment, values, layout } = prepared
  const guard = { reads: prepared.reads, overwrite: options.overwrite ?? false }
  await checkPublication(plan, layout, options.out, guard) // what cannot be published is told before hours of work, not after
  const versions = await toolVersions(plan, prepared, options.install)
  const code = codeState()
  const go = () => perform({ plan, store, versions, environment, options, values, out: options.out, log: noteLine })
  let done = await go()
  try {
    // Ends: what was damaged has been made by the run itself the next time.
    for (;;) {
      const faults = await damagedResults(done, { plan, store, layout, options })
      if (faults.length === 0) break
      for (const fault of faults) noteLine(fault)
      done.letGo()
      done = await go()
    }
    await finish(done, {
      plan,
      layout,
      highlights: pipeline.spec.highlights,
      options,
      versions,
      store,
      environment,
      code,
      guard,
      seconds: (performance.now() - started) / 1000,
    })
  } finally {
    done.letGo()
  }
}
