import type { Asked } from '../arguments/options.ts'
import { promisedFiles } from '../results/layout.ts'
import { checkOut } from '../results/publish.ts'
import { damagedResults } from '../run/damaged-results.ts'
import { perform } from '../run/execute.ts'
import { finish } from '../run/finish.ts'
import { prepareRun } from '../run/prepare.ts'
import { toolVersions } from '../run/versions.ts'

export async function runPipeline(asked: Asked): Promise<void> {
  if (asked.options.dryRun) return (await import('./plan.ts')).printPlan(asked) // how plans are printed: no run needs it
  const started = performance.now()
  const log = (line: string) => void process.stderr.write(`${line}\n`)
  const { options, pipeline } = asked
  const prepared = await prepareRun(asked, log)
  const { plan, store, environment, values } = prepared
  promisedFiles(plan.results, pipeline.spec.layout) // a name that cannot be published is told before hours of work, not after
  await checkOut(options.out)
  const versions = await toolVersions(plan, prepared, options.install)
  const layout = pipeline.spec.layout ?? {}
  const go = () => perform({ plan, store, versions, environment, options, values, out: options.out, log })
  let done = await go()
  // Ends: what was damaged has been made by the run itself the next time.
  for (;;) {
    const faults = await damagedResults(done, { plan, store, layout, options })
    if (faults.length === 0) break
    for (const fault of faults) log(fault)
    done = await go()
  }
  await finish(done, {
    plan,
    layout,
    highlights: pipeline.spec.highlights,
    options,
    versions,
    seconds: (performance.now() - started) / 1000,
  })
}
