import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Event } from '../../core/events.ts'
import type { Plan } from '../../core/graph/plan.ts'
import { withoutSecrets } from '../../core/secrets.ts'
import { fileOf } from '../../core/vocabulary/kind.ts'
import type { RunRecord } from '../history/record.ts'
import { type Layouts, promisedFiles, type ResultFile } from './layout.ts'

/** Its name in the folder of results, where nobody overlooks it. */
export const incompleteName = 'INCOMPLETE.txt'
const mostShown = 1000

/** What lies beside the results of a run of which a step failed: what is not there, and what only seems to be. */
export function incompleteText(
  out: string,
  {
    record,
    plan,
    layout,
    failures,
    events,
    files,
  }: {
    readonly record: RunRecord
    readonly plan: Plan
    readonly layout: Layouts
    readonly failures: readonly string[]
    readonly events: readonly Event[]
    /** What is published. */
    readonly files: readonly ResultFile[]
  },
): string {
  const failed = events.flatMap(event => (event.event === 'failed' ? [event.step] : [])).sort() // which failed first is chance
  const made = new Set(files.map(({ result, name }) => JSON.stringify([result, name])))
  const missing = promisedFiles(plan.results, layout).flatMap(({ base, ref, result, name }) => {
    if ('many' in ref.kind) return files.some(file => file.result === result) ? [] : [`${base}/`]
    return made.has(JSON.stringify([result, name])) ? [] : [`${base}${fileOf(ref.kind).extension}`]
  })
  const lines = missing.map(to => (existsSync(path.join(out, to)) ? `${to}   what lies there is of an earlier run` : to))
  return withoutSecrets(
    [
      `This folder holds only a part of what the run ${record.id} of ${record.pipeline} was to make, since steps of it failed: ${failed.slice(0, 20).join(', ')}${failed.length > 20 ? ', …' : ''}.`,
      ...[...failures]
        .sort()
        .slice(0, 5)
        .map(each => `  ${each.split('\n')[0]}`),
      '',
      'Not made, or refused by a check:',
      ...lines.slice(0, mostShown).map(line => `  ${line}`),
      ...(lines.length > mostShown ? [`  and ${lines.length - mostShown} more`] : []),
      '',
      'Take nothing of them from here. The run that makes them all removes this file.',
      '',
    ].join('\n'),
  )
}
