import path from 'node:path'
import type { Environment } from '../../core/environment/settings.ts'
import { Detached, TriremeError } from '../../core/errors.ts'
import type { Event } from '../../core/events.ts'
import { keys, versionFrom } from '../../core/graph/key.ts'
import type { Plan, Results } from '../../core/graph/plan.ts'
import type { Execution } from '../../core/run/scheduler.ts'
import type { Store } from '../../core/store/store.ts'
import { quoted } from '../../core/vocabulary/command.ts'
import { defaultStore, type RunFlags } from '../arguments/options.ts'
import { painter } from '../display/colour.ts'
import type { Display } from '../display/display.ts'
import { say } from '../display/print.ts'
import { remember } from '../history/recipes.ts'
import { findRun, newRunId, Recorder, type RunRecord } from '../history/record.ts'
import { Cancelled, onStop } from './stopping.ts'
import { runOn } from './targets.ts'

export interface Performance {
  readonly made: Execution<Results>
  readonly record: RunRecord
  readonly events: readonly Event[]
  /** Lets go of what was made: until then the run goes on, and nothing that it will publish is removed from the store. */
  readonly letGo: () => void
}
export interface Part {
  readonly plan: Plan
  readonly store: Store
  readonly versions: ReadonlyMap<string, string>
  readonly environment: Environment
  readonly options: RunFlags
  readonly values: Readonly<Record<string, unknown>>
  readonly out: string | undefined
  readonly log: (line: string) => void
}
/**
 * Runs a plan where the environment says: shows and records its events, and stops its steps when asked to. Whoever calls it lets go of what was
 * made.
 * @throws TriremeError `STEP` with the first failure, unless partial results are allowed; `Cancelled` after a signal that stops it
 */
export async function perform({ plan, store, versions, environment, options, values, out, log }: Part): Promise<Performance> {
  const run = options.attach ?? newRunId()
  const command = options.attach === undefined ? process.argv.slice(2) : (await findRun(store, run)).command
  const recorder = new Recorder(store, { id: run, pipeline: plan.name, command, arguments: values, out })
  const events: Event[] = []
  await store.begin(run)
  const letGo = () => store.end(run, false)
  const display = await displayFor(options, store)
  const stop = new AbortController()
  let status = 0
  const forget = onStop((signal, its) => {
    log(`${signal === 'SIGINT' ? 'Stopping' : `Asked to stop (${signal})`}: waiting for the running steps to end.`)
    status = its
    stop.abort()
  })
  try {
    const limits = limitsOf(options, environment)
    const made = await runOn(
      environment,
      plan,
      {
        store,
        versions,
        run,
        ...(limits.cpu !== undefined && { cpu: limits.cpu }),
        ...(limits.memory !== undefined && { memory: limits.memory }),
        ...(limits.gpu !== undefined && { gpu: limits.gpu }),
        stream: options.stream,
        ...(options.failFast && { failFast: true }),
        signal: stop.signal,
        on: event => {
          recorder.sink(event)
          if (event.event === 'damaged') drop(events, event.step)
          events.push(event)
          display.on(event)
        },
      },
      options.attach !== undefined,
    )
    display.close()
    const record = recorder.end(made.state, made.failures[0])
    remember(plan, keys(versionFrom(versions)), store, run, events)
    if (made.state === 'cancelled') throw new Cancelled(cancelledText(events), status)
    if (made.state === 'failed' && !(options.publishPartial && out !== undefined))
      throw new TriremeError('STEP', failedText(made.failures, events, record, options.store))
    return { made, record, events, letGo }
  } catch (error) {
    display.close()
    letGo()
    if (recorder.open && !(error instanceof Detached)) recorder.end('failed', error instanceof Error ? error.message : String(error))
    throw error
  } finally {
    forget()
  }
}
/** A flag takes precedence over the environment. */
export const limitsOf = ({ cpu, memory, gpu }: RunFlags, { limits }: Environment) => ({
  cpu: cpu ?? limits.cpu,
  memory: memory ?? limits.memory,
  gpu: gpu ?? limits.gpu,
})
/** A step that was reported as cached, and then found damaged, counts by its later outcome. */
function drop(events: Event[], step: string): void {
  const at = events.findIndex(event => event.event === 'cached' && event.step === step)
  if (at >= 0) events.splice(at, 1)
}
/** Live on a terminal, lines in a pipe, JSON when asked for. */
async function displayFor(options: RunFlags, store: Store): Promise<Display> {
  if (options.json) return (await import('../display/json.ts')).json(say)
  if (!process.stdout.isTTY || process.env.TERM === 'dumb')
    return (await import('../display/plain.ts')).plainDisplay(say, painter(process.stdout))
  const { expected } = await import('../history/expected.ts')
  return (await import('../display/live.ts')).live(process.stdout, await expected(store))
}
export const counted = (events: readonly Event[], what: Event['event']): number => events.filter(({ event }) => event === what).length
const stepCount = (n: number) => `${n} step${n === 1 ? '' : 's'}`

function cancelledText(events: readonly Event[]): string {
  return `Stopped. ${stepCount(counted(events, 'succeeded') + counted(events, 'cached'))} are done and kept: the same command goes on from there. Nothing was published.`
}
/** @param store as it was given: where it is not the default, the hint about logs names it */
export function failedText(failures: readonly string[], events: readonly Event[], { id }: RunRecord, store: string): string {
  const failed = events.flatMap(event => (event.event === 'failed' && !event.cancelled ? [event.step] : []))
  const stopped = events.filter(event => event.event === 'failed' && event.cancelled).length
  const skipped = events.filter(event => event.event === 'skipped' && !event.reason.startsWith('not needed')).length
  const others =
    failed.length > 1 ? `\n\n${failed.length - 1} more failed: ${failed.slice(1, 11).join(', ')}${failed.length > 11 ? ', …' : ''}.` : ''
  const kept = counted(events, 'succeeded') + counted(events, 'cached')
  return [
    `${failures[0]}${others}\n`,
    `${failed.length} of ${stepCount(counted(events, 'planned'))} failed, ${stopped > 0 ? `${stopped} ${stopped === 1 ? 'was' : 'were'} stopped, ` : ''}${skipped} could not run, ${kept} are done and kept. Nothing was published.`,
    `See all that the step wrote: trireme logs ${id} ${quoted(failed[0] ?? '')}${path.resolve(store) === path.resolve(defaultStore()) ? '' : ` --store ${quoted(store)}`}`,
    'The same command goes on from here.',
  ].join('\n')
}
