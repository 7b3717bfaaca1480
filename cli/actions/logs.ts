import { closeSync, createReadStream, existsSync, fstatSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { TriremeError } from '../../core/errors.ts'
import type { Event } from '../../core/events.ts'
import { folderName } from '../../core/graph/labels.ts'
import { openPlain, readBytes, readEnd } from '../../core/left-behind.ts'
import { linkedLog, logName } from '../../core/run/output-folders.ts'
import { Store } from '../../core/store/store.ts'
import { quoted } from '../../core/vocabulary/command.ts'
import { bytesText } from '../../core/vocabulary/quantity.ts'
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
  const log = openLog([`${store.workFolder(run.id)}/${folderName(step)}/${logName}`, ...own, ...linked])
  if (log === undefined) return say(last && !entry ? 'It wrote nothing to its standard error.' : 'Its log is not kept.')
  try {
    if (fstatSync(log).size === 0) say('It wrote nothing to its standard error.')
    else await sayLog(log)
  } finally {
    closeSync(log)
  }
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
/** A step that ended well has its log beside its outputs; one that failed, in the folder that was kept for a look. A link there is no log. */
function openLog(places: readonly string[]): number | undefined {
  for (const place of places) {
    const descriptor = openPlain(place)
    if (descriptor !== undefined) return descriptor
  }
  return undefined
}
/** Most bytes of a log that a terminal is given: its end. */
const onTerminal = 2 ** 20

/** Writes out a log of any size. What steers a terminal steers no file, and stays there. */
async function sayLog(log: number): Promise<void> {
  const { size } = fstatSync(log)
  if (!process.stdout.isTTY) {
    process.stdout.write('\n')
    await pipeline(createReadStream('', { fd: log, start: 0, autoClose: false }), process.stdout, { end: false }).catch(
      (cause: NodeJS.ErrnoException) => {
        if (cause.code !== 'EPIPE') throw cause // its reader has seen enough
      },
    )
    if (readBytes(log, size - 1, 1).toString() !== '\n') process.stdout.write('\n')
    return
  }
  if (size > onTerminal) say(`\nThe end of a log of ${bytesText(size)}. All of it: give the same command, and " > log.txt" after it.`)
  say(`\n${readEnd(log, onTerminal).trimEnd()}`)
}
