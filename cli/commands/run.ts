import type { Command } from 'commander'
import type { Asked } from '../options.ts'
import { registerVerb } from '../options.ts'

export const register = (program: Command, words: readonly string[]): Promise<void> =>
  registerVerb(program, words, { verb: 'run', about: 'run a pipeline' }, run)

async function run(asked: Asked): Promise<void> {
  if (asked.options.dryRun) return (await import('./plan.ts')).print(asked)
  const started = performance.now()
  const log = (line: string) => void process.stderr.write(`${line}\n`)
  const { prepare } = await import('../prepare.ts')
  const { toolVersions } = await import('../versions.ts')
  const { promisedFiles } = await import('../layout.ts')
  const { perform } = await import('../perform.ts')
  const { finish } = await import('../finish.ts')
  const { options, pipeline } = asked
  const prepared = await prepare(asked, log)
  const { plan, store, values } = prepared
  promisedFiles(plan.results, pipeline.spec.layout) // a name that cannot be published is told before hours of work, not after
  const versions = await toolVersions(plan, prepared, options.install)
  const done = await perform({ plan, store, versions, options, values, out: options.out, log })
  await finish(done, { plan, layout: pipeline.spec.layout ?? {}, options, versions, seconds: (performance.now() - started) / 1000 })
}
