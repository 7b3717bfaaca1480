import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { TriremeError } from '../../core/errors.ts'
import type { Event } from '../../core/events.ts'
import { folderName } from '../../core/graph/labels.ts'
import { linkedLog, logName } from '../../core/run/output-folders.ts'
import { Store } from '../../core/store/store.ts'
import { quoted } from '../../core/vocabulary/command.ts'
import { defaultStore, type StoreOptions } from '../arguments/options.ts'
import { columns, say } from '../display/print.ts'
import { didYouMean } from '../display/suggest.ts'
import { eventsOf, findRun, noRuns } from '../history/record.ts'

interface LoggedStep {
  readonly state: string
  readonly key: string
  readonly detail: string
  /** Label of the last step of the chain it ran in. */
  readonly group?: string
}
export async function showLog(words: string, step: string | undefined, { store: root = defaultStore() }: StoreOptions): Promise<void> {
  if (!existsSync(root)) throw noRuns(root) // looking makes no store
  const store = await Store.open(root)
  const run = await findRun(store, words)
  const steps = statesOf(await eventsOf(store, run.id))
  if (step === undefined) return say(columns([...steps].map(([label, { state, detail }]) => [label, state, detail])))
  const told = steps.get(step)
  if (!told)
    throw new TriremeError(
      'USAGE',
      `The run ${run.id} has no step "${step}".${await didYouMean(step, steps.keys())} "trireme logs ${run.id}" lists its steps.`,
    )
  const entry = await store.find(told.key)
  const maker = told.state === 'cached' && entry ? entry.record.run : run.id
  say(`${step}: ${told.state}${told.detail === '' ? '' : `, ${told.detail}`}${maker === run.id ? '' : ` from run ${maker}`}`)
  if (entry) {
    say(
      `tools: ${
        Object.entries(entry.record.tools)
          .map(([name, version]) => `${name} ${version}`)
          .join(', ') || 'none'
      }`,
    )
    for (const stages of entry.record.argv) say(`$ ${stages.map(argv => argv.map(quoted).join(' ')).join(' | ')}`)
  }
  // A step that streamed into another wrote no file: its log lies with what the last of its chain wrote.
  const last = told.group === undefined ? undefined : await store.find(steps.get(told.group)?.key ?? '')
  const linked = last && !entry ? [`${last.folder}/${linkedLog(last.record.group?.indexOf(step) ?? 0)}`] : []
  const own = entry && told.state !== 'failed' && told.state !== 'stopped' ? [`${entry.folder}/${logName}`] : []
  const log =
    (await logOf([`${store.workFolder(run.id)}/${folderName(step)}/${logName}`, ...own, ...linked])) ?? (last && !entry ? '' : undefined)
  if (!log) return say(log === undefined ? 'Its log is not kept.' : 'It wrote nothing to its standard error.')
  if (process.stdout.isTTY) return say(`\n${log.trimEnd()}`)
  process.stdout.write(`\n${log.trimEnd()}\n`) // as it is: what steers a terminal steers no file
}
function statesOf(events: readonly Event[]): ReadonlyMap<string, LoggedStep> {
  const steps = new Map<string, LoggedStep>()
  for (const event of events) {
    if (event.event === 'planned') steps.set(event.step, { state: 'waiting', key: event.key, detail: '' })
    if (event.event === 'cached') steps.set(event.step, { state: 'cached', key: event.key, detail: '' })
    if (event.event === 'started') {
      const detail = event.attempt > 1 ? `attempt ${event.attempt}` : ''
      steps.set(event.step, { state: 'running', key: event.key, detail, ...(event.group !== undefined && { group: event.group }) })
    }
    if (event.event === 'succeeded')
      steps.set(event.step, { ...steps.get(event.step), state: 'done', key: event.key, detail: `${event.seconds.toFixed(1)} s` })
    if (event.event === 'failed')
      steps.set(event.step, { state: event.cancelled ? 'stopped' : 'failed', key: event.key, detail: event.message.split('\n')[0] ?? '' })
    if (event.event === 'skipped') steps.set(event.step, { state: 'skipped', key: event.key, detail: event.reason })
  }
  return steps
}
/** A step that ended well has its log beside its outputs; one that failed, in the folder that was kept for a look. */
async function logOf(places: readonly string[]): Promise<string | undefined> {
  for (const place of places) {
    const text = await readFile(place, 'utf8').catch(() => undefined)
    if (text !== undefined) return text
  }
  return undefined
}
