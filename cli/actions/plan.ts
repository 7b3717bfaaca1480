import { TriremeError } from '../../core/errors.ts'
import { keys, versionFrom } from '../../core/graph/key.ts'
import { text } from '../../core/targets/text.ts'
import type { Asked } from '../arguments/options.ts'
import { noteLine, print } from '../display/print.ts'
import { cachedSteps } from '../history/recipes.ts'
import { checkPublication } from '../run/check-publication.ts'
import { limitsOf } from '../run/execute.ts'
import { prepareRun } from '../run/prepare.ts'
import { joinsIn } from '../run/targets.ts'
import { knownVersions } from '../run/versions.ts'

/** Prints the plan: to stdout, so that it can be kept and compared. */
export async function printPlan(asked: Asked): Promise<void> {
  const { options } = asked
  const { plan, store, environment, layout, reads } = await prepareRun(asked, noteLine, { looking: true })
  const guard = { reads, overwrite: options.overwrite ?? false }
  const refusal = await checkPublication(plan, layout, options.out, guard).catch((error: unknown) => {
    if (error instanceof TriremeError && error.code === 'STORE') return error.message
    throw error
  })
  const { versions, unfit } = await knownVersions(plan, store, environment)
  const there = await cachedSteps(plan.nodes, keys(versionFrom(versions)), store)
  const { memory } = limitsOf(options, environment)
  const joining = { stream: options.stream, joins: await joinsIn(environment), ...(memory !== undefined && { memory }) }
  print(process.stdout, text(plan, { versions, there, keys: options.keys === true, ...joining }))
  if (refusal !== undefined) noteLine(`A run would be refused. ${refusal}`)
  if (unfit.length > 0)
    noteLine(`Not installed in a version that fits: ${unfit.join(', ')}. "trireme run" installs them; "trireme doctor" says more.`)
}
