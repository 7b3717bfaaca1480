import { existsSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type AnyComparison, isCommand, type Shared } from '../../benchmarks/harness/comparison.ts'
import { machineFacts, versionOf } from '../../benchmarks/harness/machine.ts'
import { type Clocks, clocks, meter } from '../../benchmarks/harness/measure.ts'
import { definition as definitionShape, type Observed, type Record2, type Run } from '../../benchmarks/harness/record.ts'
import { definitionDigest } from '../../benchmarks/harness/record-text.ts'
import { enough, orderOf, type Place, samePlace } from '../../benchmarks/harness/rounds.ts'
import type { Dataset } from '../../core/define/dataset.ts'
import { TriremeError } from '../../core/errors.ts'
import { canonical, sha256 } from '../../core/graph/key.ts'
import { removeTree } from '../../core/left-behind.ts'
import { Store } from '../../core/store/store.ts'
import { ensureFolderOnDisk, writeWhole } from '../../core/store/whole-file.ts'
import { secondsText, sum } from '../../core/vocabulary/quantity.ts'
import type { Listed } from '../project/catalogue.ts'
import { profileArguments } from '../run/profile.ts'
import { armArguments, armsOf, commandsOf, definitionOf } from './definition.ts'
import { explained, withKept } from './faults.ts'
import { prepareGiven } from './given.ts'
import { Measured } from './journal.ts'
import { modulesOf } from './modules.ts'
import { type Bench, Leavings, type OneRun, runOnce, Uncounted } from './one-run.ts'
import { type Where, whatLacks, whereIs } from './places.ts'
import { BenchProgress } from './progress.ts'
import { toldBy } from './told.ts'

export interface BenchAsked {
  readonly environments: readonly string[] | undefined
  readonly rounds: number | undefined
  /** Seconds: no round begins that would end later. */
  readonly limit: number | undefined
  readonly quick: boolean
  readonly seed: number | undefined
  /** Folder of the store. */
  readonly store: string
  readonly code: Record2['code']
  /** Whether a tool is installed that is missing where a dataset is made. */
  readonly install: boolean
}
export interface BenchAt {
  readonly signal: AbortSignal
  readonly running: (group?: number) => void
  readonly log: (line: string) => void
  readonly clock?: Clocks
}
/** What was seen of a comparison, all of it; and the end of what is kept of it meanwhile, once the record is written. */
export interface Seen {
  readonly observed: Observed
  readonly written: () => void
}
const quickRounds = 3

/** Runs a comparison to its end, or goes on with one that was interrupted. What was measured is kept, whatever happens. */
export async function observe({ it: spec, file, home }: Listed<AnyComparison>, asked: BenchAsked, at: BenchAt): Promise<Seen> {
  const { quick, limit = Number.POSITIVE_INFINITY } = asked
  const clock = at.clock ?? clocks
  const until = clock.monotonic() + limit
  const environments = asked.environments ?? spec.environments ?? ['workstation']
  const store = await Store.open(asked.store)
  const { files, dataset, given: ofProfile } = await datasetOf(spec, asked, store, at.log)
  const words = {
    files,
    quick,
    shared: path.join(store.root, 'bench', `${spec.name}-shared-${sha256(canonical([modulesOf(file, home, []), quick])).slice(0, 12)}`),
  }
  await setUp(spec, words, at.log)
  const where = new Map<string, Where>()
  for (const name of environments) where.set(name, await whereIs(name))
  const here = [...where].find(([, each]) => !each.apart)?.[0] ?? 'workstation'
  if (!where.has(here) && Object.values(armsOf(spec, quick)).some(isCommand)) where.set(here, await whereIs(here))
  const rounds = asked.rounds ?? (quick ? Math.min(quickRounds, spec.runs?.most ?? quickRounds) : undefined)
  const definition = recordable(await definitionOf(spec, words, { environments, home: here, rounds }))
  const sources = modulesOf(file, home, Object.values(commandsOf(spec, words)).flat())
  const recorded = Object.fromEntries([...where].map(([name, each]) => [name, each.recorded]))
  const identity = { digest: definitionDigest(definition), sources, code: asked.code, environments: recorded, quick, seed: asked.seed }
  const measured = new Measured(
    store.root,
    spec.name,
    JSON.parse(JSON.stringify(identity)),
    asked.seed ?? Math.floor(Math.random() * 2 ** 31),
  )
  const machine = machineFacts()
  const all: readonly Place[] = definition.caches.flatMap(caches =>
    Object.entries(armsOf(spec, quick)).flatMap(([arm, how]) =>
      (isCommand(how) ? [here] : environments).map(environment => ({ arm, environment, caches })),
    ),
  )
  const unmeasured = all.flatMap(({ arm, environment, caches }) => {
    const why = whatLacks(where.get(environment)!, definition.settings?.[arm], machine) // every place has one
    return why === undefined || caches !== definition.caches[0] ? [] : [{ arm, environment, why }]
  })
  const places = all.filter(place => !unmeasured.some(({ arm, environment }) => arm === place.arm && environment === place.environment))
  for (const { arm, environment, why } of unmeasured) at.log(`Not measured: ${arm}, ${environment}: ${why}.`)
  if (places.length === 0) throw new TriremeError('RESOURCES', `Nothing of ${spec.name} can be measured here: ${unmeasured[0]?.why}.`)
  const bench: Bench = {
    ...{ spec, definition, where, shared: words, folder: measured.folder, prepared: undefined, step: machine.clock },
    given: Object.fromEntries(Object.entries(armArguments(spec, words)).map(([arm, own]) => [arm, { ...ofProfile, ...own }])),
    ...{ signal: at.signal, running: at.running, clock },
  }
  if (measured.runs.length > 0) at.log(`Going on where it was interrupted: ${measured.runs.length} runs are there.`)
  try {
    await prepareGiven(bench, places, store.root, at.log)
    await measureAll(bench, places, measured, { log: at.log, until })
  } catch (cause) {
    throw measured.runs.length > 0 ? withKept(explained(cause, store.root)) : cause
  }
  const told = measured.told
  const programs = Object.entries(spec.programs ?? {}).map(([name, argv]) => [name, versionOf(argv)])
  const observed: Observed = {
    ...{ format: 2, definition, digest: definitionDigest(definition), sources: { ...sources }, code: asked.code },
    ...(dataset && { dataset: { name: dataset.name, source: dataset.source, licence: dataset.licence, files: pins(dataset) } }),
    programs: { node: process.versions.node, ...told.programs, ...Object.fromEntries(programs) },
    images: { ...told.images },
    environments: recorded,
    ...{ machine, quick, seed: measured.seed, sessions: [...measured.sessions], runs: measured.runs, failed: measured.failed, unmeasured },
  }
  const written = () => {
    measured.remove()
    removeTree(words.shared)
    removeTree(`${words.shared}.made`)
  }
  return { observed, written }
}
/** Looked at before anything is measured, for hours perhaps. @throws TriremeError `DEFINITION` where no record could hold it */
function recordable(own: Record2['definition']): Record2['definition'] {
  const [issue] = definitionShape.safeParse(own).error?.issues ?? []
  if (issue === undefined) return own
  throw new TriremeError(
    'DEFINITION',
    `The comparison "${own.name}" does not fit into a record: ${issue.path.join(' › ')}: ${issue.message}. Nothing was measured. Correct it.`,
  )
}
const pins = ({ files }: Dataset): NonNullable<Record2['dataset']>['files'] =>
  Object.fromEntries(Object.entries(files).map(([name, { sha256, bytes }]) => [name, { sha256, ...(bytes !== undefined && { bytes }) }]))

/** Files of the profile's dataset, made or compared with their pins, and the arguments that it gives the pipeline. */
export async function datasetOf(
  spec: AnyComparison,
  { quick, install }: Pick<BenchAsked, 'quick' | 'install'>,
  store: Store,
  log: (line: string) => void,
) {
  const profile = (quick ? spec.quick?.profile : undefined) ?? spec.profile
  if (profile === undefined || !spec.pipeline) return { files: {}, dataset: undefined, given: {} }
  const options = { out: '', store: store.root, install, stream: true }
  const made = await profileArguments(spec.pipeline.spec.name, profile, {
    store: async () => store,
    looking: false,
    options,
    log,
    laterTools: async () => [],
  })
  return {
    files: made.files,
    dataset: made.dataset,
    given: Object.fromEntries(Object.entries(made.raw).map(([name, { value }]) => [name, value])),
  }
}
/** Once: a mark beside the folder says that it is whole. */
export async function setUp({ setup }: AnyComparison, shared: Shared, log: (line: string) => void): Promise<void> {
  const mark = `${shared.shared}.made`
  if (existsSync(mark) && existsSync(shared.shared)) return
  removeTree(shared.shared)
  ensureFolderOnDisk(shared.shared)
  await setup?.({ ...shared, log })
  writeWhole(mark, '')
}
/** All rounds, in the order that the seed gives; what is there already is not done again. */
async function measureAll(
  bench: Bench,
  places: readonly Place[],
  measured: Measured,
  { log, until }: { readonly log: (line: string) => void; readonly until: number },
): Promise<void> {
  const { definition } = bench
  const progress = new BenchProgress(definition, places, measured.runs, log)
  const leavings = new Leavings()
  const [began, load, usage] = [new Date(), os.loadavg()[0] ?? 0, meter()]
  const session = () => ({
    began: began.toISOString(),
    ended: new Date().toISOString(),
    load: { before: load, after: os.loadavg()[0] ?? 0 },
    usage: usage(),
  })
  const now = bench.clock.monotonic
  let longest = Math.max(0, ...measured.runs.map(({ round }) => sum(measured.runs.flatMap(run => (run.round === round ? run.wall : [])))))
  const once = ({ arm }: Place) => definition.settings?.[arm]?.once === true
  const round = async (n: number, warmup: boolean) => {
    for (const place of orderOf(places, measured.seed, n, warmup)) {
      if (once(place) && (warmup || n > 0)) continue
      if (measured.runs.some(run => samePlace(run, place) && run.round === n && run.warmup === warmup)) continue
      progress.begins(place, n, warmup)
      const outcome = await counted(place, n, warmup)
      const told = await toldBy(outcome, bench.where.get(place.environment)!) // every place has one
      measured.add({ run: outcome.run, session: session(), ...(told && { told }) })
      leavings.add(outcome.folder)
      progress.ended(outcome.run)
    }
  }
  const counted = async (place: Place, n: number, warmup: boolean): Promise<OneRun> => {
    for (let attempt = 1; ; attempt++)
      try {
        return await runOnce(bench, place, n, warmup)
      } catch (cause) {
        if (!(cause instanceof Uncounted)) throw cause
        measured.add({ failed: { round: n, ...place, why: cause.message }, session: session() })
        progress.line(`${place.arm}, ${place.environment}: does not count, since ${cause.message}.`)
        if (attempt === 3)
          throw new TriremeError('STEP', `The arm "${place.arm}" in ${place.environment} did not count three times: ${cause.message}.`)
      }
  }
  try {
    for (let n = 0; n < definition.warmups; n++) await round(n, true)
    for (let n = 0; n === 0 || !enough(definition, measured.runs, n); n++) {
      if (n > 0 && now() + longest > until) {
        progress.line(`Ended by --limit after ${n} ${n === 1 ? 'round' : 'rounds'}: another takes ${secondsText(longest)}.`)
        break
      }
      const from = now()
      await round(n, false)
      longest = Math.max(longest, now() - from)
      if (n === 0) checkMeasures(definition, measured.runs)
    }
    leavings.clear()
  } finally {
    progress.close()
  }
}
/** @throws TriremeError `DEFINITION` for a measure that no arm has a step of: its rows would be missing without a word */
function checkMeasures({ measures }: Record2['definition'], runs: readonly Run[]): void {
  const ran = new Set(runs.flatMap(({ events }) => events.flatMap(({ event, name }) => (event === 'planned' ? (name ?? []) : []))))
  for (const [measure, steps] of Object.entries(measures))
    if (!steps.some(step => ran.has(step)))
      throw new TriremeError(
        'DEFINITION',
        `No arm ran a step of the measure "${measure}": ${steps.join(', ')}. Those that ran: ${[...ran].sort().join(', ') || 'none'}.`,
      )
}
