import type { Command } from 'commander'
import { type Asked, registerVerb } from '../arguments/options.ts'

export const register = (program: Command, words: readonly string[]): Promise<void> =>
  registerVerb(program, words, { verb: 'plan', about: 'print every step that a run would take, and what is cached' }, printPlan)

/** Prints the plan: to stdout, so that it can be kept and compared. */
export async function printPlan(asked: Asked): Promise<void> {
  const log = (line: string) => void process.stderr.write(`${line}\n`)
  const { prepareRun } = await import('../run/prepare.ts')
  const { knownVersions } = await import('../run/versions.ts')
  const { joinsIn } = await import('../run/targets.ts')
  const { limitsOf } = await import('../run/execute.ts')
  const { promisedFiles } = await import('../results/layout.ts')
  const { keys } = await import('../../core/graph/key.ts')
  const { text } = await import('../../core/targets/text.ts')
  const { pipeline, options } = asked
  const { plan, store, environment } = await prepareRun(asked, log, { looking: true })
  promisedFiles(plan.results, pipeline.spec.layout)
  const { versions, unfit } = await knownVersions(plan, store, environment)
  const { of } = keys(tool => versions.get(tool) ?? 'unknown')
  const wanted = [...new Set(plan.nodes.flatMap(node => (node.kind === 'step' ? [of(node)] : [])))]
  const there = new Set<string>()
  for (const key of wanted) if (await store.find(key)) there.add(key)
  const { memory } = limitsOf(options, environment)
  const joining = { stream: options.stream, joins: await joinsIn(environment), ...(memory !== undefined && { memory }) }
  process.stdout.write(text(plan, { versions, there, keys: options.keys === true, ...joining }))
  if (unfit.length > 0)
    log(`Not installed in a version that fits: ${unfit.join(', ')}. "trireme run" installs them; "trireme doctor" says more.`)
}
