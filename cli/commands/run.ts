import type { Command } from 'commander'
import type { Asked } from '../arguments/options.ts'
import { registerVerb } from '../arguments/options.ts'

export const register = (program: Command, words: readonly string[]): Promise<void> =>
  registerVerb(program, words, { verb: 'run', about: 'run a pipeline' }, runPipeline)

async function runPipeline(asked: Asked): Promise<void> {
  if (asked.options.dryRun) return (await import('./plan.ts')).printPlan(asked)
  const started = performance.now()
  const log = (line: string) => void process.stderr.write(`${line}\n`)
  const { prepareRun } = await import('../run/prepare.ts')
  const { toolVersions } = await import('../run/versions.ts')
  const { promisedFiles } = await import('../results/layout.ts')
  const { perform } = await import('../run/execute.ts')
  const { finish } = await import('../run/finish.ts')
  const { checkOut } = await import('../results/publish.ts')
  const { damagedResults } = await import('../run/damaged-results.ts')
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
  await finish(done, { plan, layout, options, versions, seconds: (performance.now() - started) / 1000 })
}
