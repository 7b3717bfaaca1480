import path from 'node:path'
import { type AnyComparison, isCommand } from '../../benchmarks/harness/comparison.ts'
import { machineFacts } from '../../benchmarks/harness/machine.ts'
import { clocks } from '../../benchmarks/harness/measure.ts'
import type { Run } from '../../benchmarks/harness/record.ts'
import { TriremeError } from '../../core/errors.ts'
import { Store } from '../../core/store/store.ts'
import { didYouMean } from '../display/suggest.ts'
import { findComparison } from '../project/catalogue.ts'
import { armArguments, armsOf, definitionOf } from './definition.ts'
import { prepareGiven } from './given.ts'
import { type Bench, runOnce, Uncounted } from './one-run.ts'
import { whereIs } from './places.ts'
import { datasetOf, setUp } from './session.ts'

// A gate runs each of its two builds by the build's own command line in the build's own folder, so that nothing of the one reaches the other. Each is a process, which
// does the work once whenever the gate says so, over the channel that Node opens to a forked process, and ends when that is closed.

export interface SideOptions {
  readonly arm?: string
  readonly quick?: boolean
  /** Has the datasets. */
  readonly store: string
  /** For what the runs leave. */
  readonly scratch: string
}
/** What a gate asks of a side. */
export interface RoundAsked {
  readonly round: number
  readonly warmup: boolean
}
export interface Ready {
  readonly arm: string
  readonly tolerance: number
  /** Whether the comparison names outputs. */
  readonly outputs: boolean
}
export type SideAnswer = { readonly ready: Ready } | { readonly run: Run } | { readonly fault: string }

export async function serveSide(name: string, options: SideOptions): Promise<void> {
  if (process.send === undefined)
    throw new TriremeError('USAGE', '"trireme bench side" is what "trireme bench gate" starts for each of its two builds.')
  const closed = new AbortController()
  const answer = (message: SideAnswer) => void (process.connected && process.send?.(message))
  const told = (cause: unknown) => answer({ fault: cause instanceof Error ? cause.message : String(cause) })
  const end = () => closed.abort(new TriremeError('CANCELLED', ''))
  for (const asks of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(asks, end)
  process.on('disconnect', end)
  const side = await sideOf(name, options, closed.signal).catch(told)
  if (side === undefined) return process.disconnect?.()
  process.on('message', (asked: RoundAsked) => void side.run(asked).then(run => answer({ run }), told))
  answer({ ready: side.ready })
}
async function sideOf(name: string, { arm: asked, quick = false, store: root, scratch }: SideOptions, signal: AbortSignal) {
  const { it: spec } = await findComparison(name)
  const arm = await armOf(spec, asked, quick)
  const log = () => {}
  const store = await Store.open(root)
  const { files, given } = await datasetOf(spec, { quick, install: true }, store, log)
  const shared = { files, quick, shared: path.join(scratch, 'shared') }
  await setUp(spec, shared, log)
  const [environment = 'workstation'] = spec.environments ?? []
  const definition = await definitionOf(spec, shared, { environments: [environment], home: environment, rounds: undefined })
  const place = { arm, environment, caches: definition.caches[0]! } // a definition has one
  const bench: Bench = {
    ...{ spec, definition, shared, folder: scratch, prepared: undefined, step: machineFacts().clock },
    where: new Map([[environment, await whereIs(environment)]]),
    given: Object.fromEntries(Object.entries(armArguments(spec, shared)).map(([arm, own]) => [arm, { ...given, ...own }])),
    ...{ signal, running: () => {}, clock: clocks },
  }
  if (!isCommand(spec.arms[arm]!)) await prepareGiven(bench, [place], root, log)
  const { outputs } = definition
  const run = async ({ round, warmup }: RoundAsked): Promise<Run> => {
    for (let attempt = 1; ; attempt++)
      try {
        return (await runOnce(bench, place, round, warmup)).run
      } catch (cause) {
        if (!(cause instanceof Uncounted) || attempt === 3) throw cause
      }
  }
  return { run, ready: { arm, tolerance: outputs?.tolerance ?? 0, outputs: outputs !== undefined } }
}
/** The first arm, unless another is asked for: one is what a gate judges. */
async function armOf(spec: AnyComparison, asked: string | undefined, quick: boolean): Promise<string> {
  const names = Object.keys(armsOf(spec, quick))
  if (asked === undefined) return names[0]! // a comparison has one
  if (names.includes(asked)) return asked
  throw new TriremeError('USAGE', `"${spec.name}" has no arm "${asked}".${await didYouMean(asked, names)} There are: ${names.join(', ')}.`)
}
