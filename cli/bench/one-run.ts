import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { type AnyComparison, type ArmFolders, isCommand, type Shared } from '../../benchmarks/harness/comparison.ts'
import { type Clocks, clockFault, timed } from '../../benchmarks/harness/measure.ts'
import { prepareCaches } from '../../benchmarks/harness/page-cache.ts'
import { type Record2, type Run, run as runShape } from '../../benchmarks/harness/record.ts'
import type { Place } from '../../benchmarks/harness/rounds.ts'
import { seen, seenParts, unproved } from '../../benchmarks/harness/seen.ts'
import { shown, TriremeError } from '../../core/errors.ts'
import type { Event } from '../../core/events.ts'
import { readIfThere } from '../../core/files.ts'
import { removeTree } from '../../core/left-behind.ts'
import { jsonIn } from '../../core/store/sealed.ts'
import { writeWhole } from '../../core/store/whole-file.ts'
import { sum } from '../../core/vocabulary/quantity.ts'
import { packageRoot } from '../project/package.ts'
import { clearOwnPlace, takeOwnPlace } from './own-bucket.ts'
import type { Where } from './places.ts'
import { freshStore } from './stores.ts'
import { filesNamed } from './words.ts'

/** What all runs of a comparison share. */
export interface Bench {
  readonly spec: AnyComparison
  readonly definition: Record2['definition']
  readonly shared: Shared
  /** Arguments of arms that are of the pipeline, those of the profile among them. */
  readonly given: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly where: ReadonlyMap<string, Where>
  /** Below it each run has a folder. */
  readonly folder: string
  /** Store with what is given. */
  prepared: string | undefined
  /** Smallest step of the clock, in seconds. */
  readonly step: number
  readonly signal: AbortSignal
  readonly running: (group?: number) => void
  readonly clock: Clocks
}
export interface OneRun {
  readonly run: Run
  readonly at: ArmFolders
  /** As a pipeline told them. */
  readonly events: readonly Event[]
  /** Of this run alone. */
  readonly folder: string
}
/** A run whose time does not count, though the arm did its work: it is repeated. */
export class Uncounted extends Error {}

/**
 * Runs an arm once in a fresh folder, and in a bucket in a place of its own, of which nothing is left afterwards.
 * @throws TriremeError `STEP` where the arm failed, or does not prove that it did its work; `Uncounted`
 */
export async function runOnce(bench: Bench, place: Place, round: number, warmup: boolean): Promise<OneRun> {
  bench.signal.throwIfAborted()
  const folder = path.join(bench.folder, 'runs', `${warmup ? 'warmup' : 'round'}-${round}-${numberOf(bench, place)}`)
  await clearOwnPlace(folder, place.environment) // of a bench that was killed
  removeTree(folder)
  try {
    return await runIn(folder, bench, place, { round, warmup })
  } finally {
    await clearOwnPlace(folder, place.environment)
  }
}
async function runIn(
  folder: string,
  bench: Bench,
  place: Place,
  { round, warmup }: { readonly round: number; readonly warmup: boolean },
): Promise<OneRun> {
  const out = path.join(folder, 'out')
  mkdirSync(out, { recursive: true })
  const at: ArmFolders = { ...bench.shared, folder: out }
  const arm = bench.spec.arms[place.arm]!
  const files = { stdout: path.join(folder, 'stdout'), stderr: path.join(folder, 'stderr'), usage: path.join(folder, 'usage') }
  const words = isCommand(arm) ? undefined : await pipelineWords(bench, place, folder)
  if (isCommand(arm)) await arm.prepare?.(at)
  const launch = words ?? (isCommand(arm) ? { ...arm.command(at), cwd: out } : { argv: [], cwd: out })
  await prepareCaches(inputsOf(bench, place), place.caches)
  execFileSync('sync') // so that this arm does not wait for what the one before has still to write
  const {
    status,
    timing,
    fault: unstarted,
  } = await timed({ ...launch, ...files }, { signal: bench.signal, running: bench.running, clock: bench.clock })
  bench.signal.throwIfAborted()
  if (unstarted !== undefined) throw failed(place, `could not be started: ${unstarted}`)
  if (status !== 0) throw failed(place, `ended with status ${status}:\n${endOfLog(files.stderr, files.stdout)}`)
  const fault = clockFault(timing, bench.step)
  if (fault !== undefined) throw new Uncounted(fault)
  const events = isCommand(arm) ? [] : eventsIn(files.stdout)
  const told = isCommand(arm) ? seenParts(arm.parts?.(at) ?? {}) : seen(events, Date.parse(timing.began) / 1000)
  const lack = isCommand(arm) ? undefined : unproved(told, bench.definition.given)
  if (lack !== undefined) throw failed(place, `does not count: ${lack}.`)
  if (isCommand(arm)) asProof(place, () => arm.check(at))
  const apart = bench.where.get(place.environment)?.apart ? told : []
  const run: Run = {
    round,
    ...place,
    warmup,
    ...timing,
    cpu: Math.round((timing.cpu + sum(apart.map(event => event.cpu ?? 0))) * 1000) / 1000,
    memory: Math.max(timing.memory, ...apart.map(event => event.memory ?? 0)),
    events: told,
    quality: qualityOf(bench, place, at),
    outputs: outputsMade(bench, place, at),
  }
  const [issue] = runShape.safeParse(run).error?.issues ?? []
  if (issue) throw failed(place, `told what fits into no record: ${issue.path.join(' › ')}: ${issue.message}.`)
  return { run, at, events, folder }
}
const numberOf = ({ definition }: Bench, { arm, environment, caches }: Place) =>
  [Object.keys(definition.arms).indexOf(arm), Math.max(0, definition.environments.indexOf(environment)), caches].join('-')
const failed = ({ arm, environment }: Place, what: string) => new TriremeError('STEP', `The arm "${arm}" in ${environment} ${what}`)
/** The command line as users have it. Tools are never installed in a time that counts. */
async function pipelineWords({ definition, given, prepared }: Bench, { arm, environment }: Place, folder: string) {
  const { cpu, gpu, stream = true } = definition.settings?.[arm] ?? {}
  const [params, store] = [path.join(folder, 'params.json'), path.join(folder, 'store')]
  writeWhole(params, JSON.stringify(given[arm]))
  freshStore(store, prepared)
  const settings = await takeOwnPlace(environment, folder)
  const limits = [...(cpu === undefined ? [] : ['--cpu', `${cpu}`]), ...(gpu === undefined ? [] : ['--gpu', `${gpu}`])]
  const places = ['--params-file', params, '--on', environment, '--store', store, '--out', path.join(folder, 'out')]
  const flags = [...limits, ...(stream ? [] : ['--no-stream']), '--no-install', '--json']
  return {
    argv: [process.execPath, path.join(packageRoot, 'dist/cli.js'), 'run', definition.pipeline!, ...places, ...flags], // an arm without a command has a pipeline
    cwd: process.cwd(),
    ...(settings !== undefined && { environment: { TRIREME_SETTINGS: settings } }),
  }
}
/** Files that an arm reads, as far as they are known: of the dataset, those that its arguments name, and what is given. */
function inputsOf({ shared, given, prepared }: Bench, { arm }: Place): readonly string[] {
  const entries =
    prepared === undefined ? [] : execFileSync('find', [path.join(prepared, 'entries'), '-type', 'f'], { encoding: 'utf8' }).split('\n')
  const all = [...Object.values(shared.files), ...filesNamed(given[arm]), ...entries]
  return [...new Set(all)].filter(file => file !== '' && existsSync(file))
}
const eventsIn = (file: string): readonly Event[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .flatMap(line => (jsonIn(line) as Event | undefined) ?? []) // written by `run --json`
function endOfLog(...files: readonly string[]): string {
  const text = files.map(file => (readIfThere(file) ?? '').trim()).find(text => text !== '')
  return text === undefined ? '(it printed nothing)' : text.split('\n').slice(-15).join('\n')
}
function asProof<T>(place: Place, act: () => T): T {
  try {
    return act()
  } catch (cause) {
    throw failed(place, `does not prove that it did its work: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}
function qualityOf({ spec, definition }: Bench, place: Place, at: ArmFolders): Readonly<Record<string, number>> & Run['quality'] {
  const own = Object.entries(spec.quality ?? {}).filter(([name]) => definition.quality[name]?.arms.includes(place.arm))
  return Object.fromEntries(
    own.map(([name, { read }]) => {
      const value = asProof(place, () => read(at))
      if (!Number.isFinite(value))
        throw failed(place, `has a ${name} of ${value}, which is no figure. Look at what reads it, and at what the arm wrote.`)
      return [name, value]
    }),
  )
}
function outputsMade({ spec }: Bench, place: Place, at: ArmFolders): Run['outputs'] {
  const { outputs: own } = spec
  const outputs: unknown = own === undefined ? {} : asProof(place, () => own.read(at))
  if (typeof outputs !== 'object' || outputs === null)
    throw failed(place, `has outputs that are ${shown(outputs)}. Have "read" give figures or digests by name.`)
  const wrong = Object.entries(outputs).find(([, value]) => typeof value !== 'string' && !Number.isFinite(value))
  if (wrong) throw failed(place, `has the output ${wrong[0]} of ${wrong[1]}, which is no figure and no digest.`)
  return { ...outputs }
}
/** Removes what runs have left once it is much: ext4 passes over every file removed in the last seconds when it makes one, so small things stay to the end. */
export class Leavings {
  #folders: string[] = []
  #bytes = 0
  add(folder: string): void {
    this.#folders.push(folder)
    this.#bytes += Number(/^\d+/.exec(execFileSync('du', ['-sk', folder], { encoding: 'utf8' }))?.[0] ?? 0) * 1024
    if (this.#bytes > 2 ** 28) this.clear()
  }
  clear(): void {
    for (const folder of this.#folders) removeTree(folder)
    this.#folders = []
    this.#bytes = 0
  }
}
