import { TriremeError } from '../../core/errors.ts'
import type { Asked } from '../arguments/options.ts'
import { painter } from '../display/colour.ts'
import { noteLine, say } from '../display/print.ts'
import { environmentThatCan } from '../project/environments.ts'
import { writeCompiled } from '../results/compiled.ts'
import { prepareRun } from '../run/prepare.ts'
import { destinationOf } from '../run/targets.ts'
import { knownVersions } from '../run/versions.ts'

export async function compilePlan(asked: Asked): Promise<void> {
  const { output, as, on, stream } = asked.options
  if (on === undefined || output === undefined)
    throw new TriremeError(
      'USAGE',
      `compile takes --on with the name of an environment and -o with a folder: trireme compile ${asked.pipeline.spec.name} --on ENVIRONMENT -o DIR.`,
    )
  const { target } = await environmentThatCan(on, 'compile')
  const { forms } = target.compile
  const form = as ?? forms[0]
  if (!forms.includes(form)) throw new TriremeError('USAGE', `--as takes ${forms.join(' or ')}, got ${JSON.stringify(form)}.`)
  const { plan, store, environment } = await prepareRun(asked, noteLine, { looking: true, withData: true })
  const destination = await destinationOf(environment, { unpinned: true })
  const { versions } = await knownVersions(plan, store, environment, { unpinned: true })
  const compiled = await target.compile.write(plan, { ...destination, versions, stream, form })
  await writeCompiled(output, compiled, noteLine)
  say([...compiled.manifests.keys()].map(name => `${output}/${name}`).join('\n'))
  const paint = painter(process.stderr)
  for (const line of compiled.warnings ?? []) noteLine(paint('yellow', `Warning: ${line}`))
  for (const line of compiled.howTo(output)) noteLine(line)
}
