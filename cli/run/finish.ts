import path from 'node:path'
import type { Environment } from '../../core/environment/settings.ts'
import { TriremeError } from '../../core/errors.ts'
import type { Plan } from '../../core/graph/plan.ts'
import type { Entry } from '../../core/store/record.ts'
import type { Store } from '../../core/store/store.ts'
import { targetOf } from '../../core/targets/registry.ts'
import { bytesText, secondsText } from '../../core/vocabulary/quantity.ts'
import type { RunFlags } from '../arguments/options.ts'
import { painter } from '../display/colour.ts'
import { noteLine, print } from '../display/print.ts'
import type { AnyPipeline } from '../project/catalogue.ts'
import { pipelineVersion } from '../project/pipeline-version.ts'
import type { CodeState } from '../results/code-state.ts'
import { noticeLines, resultLines } from '../results/ending.ts'
import { incompleteName, incompleteText } from '../results/incomplete.ts'
import { type Layouts, publications } from '../results/layout.ts'
import { infoFiles } from '../results/pipeline-info.ts'
import type { Guard } from '../results/places.ts'
import { publish, publishInfo, publishing } from '../results/publish.ts'
import { counted, failedText, type Performance } from './execute.ts'
import { stoppable } from './stopping.ts'

/** Publishes the results of a run, and prints its summary. */
export async function finish(
  { made, record, events }: Performance,
  {
    plan,
    layout,
    highlights,
    options,
    seconds,
    versions,
    store,
    environment,
    code,
    guard,
  }: {
    readonly plan: Plan
    readonly layout: Layouts
    readonly highlights: AnyPipeline['spec']['highlights']
    readonly options: RunFlags
    readonly seconds: number
    readonly versions: ReadonlyMap<string, string>
    readonly store: Store
    readonly environment: Environment
    /** As it was when the run started. */
    readonly code: Promise<CodeState>
    readonly guard: Guard
  },
): Promise<void> {
  const { out, link = false, json } = options
  const pairs = publications(plan.results, made.results, layout)
  const around = { store, environment, code: await code, linked: (await targetOf(environment)).images !== undefined, files: pairs }
  const version = await pipelineVersion(record.pipeline)
  const failed = made.state === 'failed'
  const incomplete = failed ? incompleteText(out, { record, plan, layout, failures: made.failures, events, files: pairs }) : undefined
  const published = await stoppable(
    signal =>
      publishing(out, { signal, log: noteLine }, async () => {
        const published = await publish(out, pairs, { link, digests: digestsOf(made.entries.values()), guard, signal, incomplete })
        const ended = { record, entries: made.entries, events, plan, versions, published, pipelineVersion: version }
        await publishInfo(out, infoFiles(ended, around), guard, { complete: !failed })
        return published
      }),
    `Stopped before all results were in ${out}. All steps are done and kept: the same command publishes them.`,
  )
  if (failed)
    throw new TriremeError(
      'STEP',
      `${failedText(made.failures, events, record, options.store).replace('Nothing was published.', `What was made is in ${out}, and what is missing there is told in ${path.join(out, incompleteName)}.`)}`,
    )
  const [ran, cached] = [counted(events, 'succeeded'), counted(events, 'cached')]
  const bytes = published.files.reduce((sum, file) => sum + file.bytes, 0)
  const stream = json ? process.stderr : process.stdout
  const paint = painter(stream)
  const lines = [
    `${paint('green', 'Done')} in ${secondsText(seconds)}: ${ran === 0 ? 'nothing had to run' : `${ran} step${ran === 1 ? '' : 's'} ran`}, ${cached} cached. Run ${record.id}.`,
    `Results: ${out}${path.sep} (${published.files.length} files, ${bytesText(bytes)})`,
    ...resultLines(out, pairs, highlights).map(line => `  ${line}`),
    ...(published.stale.length > 0
      ? [
          published.stale.length === 1
            ? `One file of an earlier run is still there: ${published.stale[0]}.`
            : `${published.stale.length} files of an earlier run are still there, such as ${published.stale[0]}.`,
        ]
      : []),
    ...(await noticeLines(out, pairs, paint)),
  ]
  print(stream, `${lines.join('\n')}\n`)
}
function digestsOf(entries: Iterable<Entry>): ReadonlyMap<string, string> {
  const files = [...entries].flatMap(({ folder, record }) =>
    Object.values(record.outputs)
      .flat()
      .map(file => [path.join(folder, file.name), file.sha256] as const),
  )
  return new Map(files)
}
