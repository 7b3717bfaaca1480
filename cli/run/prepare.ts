import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Environment } from '../../core/environment/settings.ts'
import { TriremeError } from '../../core/errors.ts'
import { type Plan, plan as planOf } from '../../core/graph/plan.ts'
import { toolsOf } from '../../core/host/tools.ts'
import { Store } from '../../core/store/store.ts'
import { localEnvironment } from '../../core/targets/environment.ts'
import { targetOf } from '../../core/targets/registry.ts'
import { parse } from '../../core/vocabulary/schema.ts'
import type { Tool } from '../../core/vocabulary/tool.ts'
import { checkComplete, flagsOf } from '../arguments/arguments.ts'
import type { Asked, RunFlags } from '../arguments/options.ts'
import { readParams } from '../arguments/params-file.ts'
import { placedPath, type Raw } from '../arguments/raw.ts'
import { gatheredFolder } from '../history/free-space.ts'
import { type Bound, bind } from '../inputs/bind.ts'
import { ownPrefix, useOwnTools } from '../machine/install.ts'
import { useProxies } from '../machine/proxies.ts'
import type { AnyPipeline } from '../project/catalogue.ts'
import { findEnvironment } from '../project/environments.ts'
import { withPlace } from '../project/own-code.ts'
import { type Layouts, layoutWith } from '../results/layout.ts'
import type { ReadFile } from '../results/places.ts'
import { profileArguments } from './profile.ts'

/** Everything a run needs, with every argument checked. */
export interface Prepared {
  readonly plan: Plan
  readonly store: Store
  /** Where to run; this machine unless one is named. */
  readonly environment: Environment
  /** Inputs and parameters as given, with defaults, for `pipeline_info/params.yml`. */
  readonly values: Readonly<Record<string, unknown>>
  /** Where the results of this call lie. */
  readonly layout: Layouts
  /** Every file that the run reads of the user's. */
  readonly reads: readonly ReadFile[]
  readonly log: (line: string) => void
}
/**
 * Makes the plan of a parsed command. None of its steps has run, but the dataset of its profile was made.
 * @param looking nothing runs, not for a dataset either; where there is no store, none is made
 * @param withData a dataset is made all the same, in the store
 */
export async function prepareRun(
  asked: Asked,
  log: (line: string) => void,
  { looking = false, withData = false }: { readonly looking?: boolean; readonly withData?: boolean } = {},
): Promise<Prepared> {
  const { pipeline, flags, given, options } = asked
  const { spec } = pipeline
  const known = [...Object.keys(spec.inputs), ...Object.keys(spec.params ?? {})]
  const written = options.paramsFile === undefined ? {} : await readParams(options.paramsFile, known, spec.name)
  const environment = await (options.on === undefined ? localEnvironment() : findEnvironment(options.on))
  let opened: Promise<Store> | undefined
  const open = () => {
    opened ??= Store.open(options.store)
    return opened
  }
  const openToLook = () => {
    opened ??= isStore(options.store) ? open() : emptyStore()
    return opened
  }
  if (!looking) await open() // so that a store that cannot be written is reported before files are read
  useOwnTools(ownPrefix())
  const { raw: ready, unmade } =
    options.profile === undefined
      ? { raw: {}, unmade: new Map<string, string>() }
      : await profileArguments(spec.name, options.profile, {
          store: looking && !withData ? openToLook : open,
          looking: looking && !withData,
          options,
          log,
          laterTools: () => toolsOfRun(asked, environment),
        })
  const store = await (looking ? openToLook() : open())
  const raw: Raw = { ...defaultsOf(environment, pipeline), ...ready, ...written, ...given }
  checkComplete(flags, raw, spec.name)
  const values = valuesOf(pipeline, raw) // before files are read, so that a wrong parameter is reported at once
  for (const [name, kind] of Object.entries(spec.inputs))
    if ('rows' in kind && unmade.has(String(raw[name]?.value)))
      throw new TriremeError(
        'INPUT',
        `What ${spec.name} does depends on ${path.basename(String(raw[name]?.value))}, which is not made yet: a run of the profile ${options.profile} makes it first. After that the plan is known.`,
      )
  const digest = async (file: string) => unmade.get(file) ?? store.sources.of(file)
  const gathering = { folder: path.join(store.root, gatheredFolder), tell: log, online: useProxies }
  const bound = await bind(pipeline, raw, { of: digest, unmade: file => unmade.has(file), gathering })
  for (const note of bound.notes) log(note)
  const plan = planOf(
    spec.name,
    located(() => pipeline(bound.args), bound),
  )
  return {
    plan,
    store,
    environment,
    values,
    layout: layoutWith(spec.layout, values),
    reads: readFiles(plan, pipeline, raw, options.paramsFile),
    log,
  }
}
/** The plan of a pipeline with values as the arms of a comparison give them. Nothing runs. @param owner whose values they are, for messages */
export function planWith(
  pipeline: AnyPipeline,
  values: Readonly<Record<string, unknown>>,
  { owner, ...options }: Pick<RunFlags, 'store' | 'profile' | 'on'> & { readonly owner: string },
): Promise<Prepared> {
  const given = Object.entries(values).map(([name, value]) => [name, { value, words: `${owner}, ${name}`, folder: process.cwd() }] as const)
  const asked = { pipeline, flags: flagsOf(pipeline), given: Object.fromEntries(given), operands: [] }
  return prepareRun({ ...asked, options: { out: 'results', install: false, stream: true, ...options } }, () => {}, { looking: true })
}
/** Tools of this machine that a run asks for, as far as they are known before the dataset of its profile is made. */
async function toolsOfRun(asked: Asked, environment: Environment): Promise<readonly Tool[]> {
  if ((await targetOf(environment)).images) return []
  try {
    return toolsOf((await prepareRun(asked, () => {}, { looking: true })).plan)
  } catch {
    return [] // what is wrong is told when the dataset is there
  }
}
function readFiles(plan: Plan, { spec }: Asked['pipeline'], raw: Raw, paramsFile: string | undefined): readonly ReadFile[] {
  const sheets = Object.entries(spec.inputs).flatMap(([name, kind]): readonly ReadFile[] => {
    const given = raw[name]
    return 'rows' in kind && typeof given?.value === 'string' ? [{ file: placedPath(given.value, given), words: `the sheet ${name}` }] : []
  })
  const sources = plan.nodes.flatMap(node =>
    node.kind === 'source' ? Object.values(node.files).map(({ url }) => ({ file: url, words: `the input ${node.name}` })) : [],
  )
  return [
    ...sheets,
    ...sources,
    ...(paramsFile === undefined ? [] : [{ file: paramsFile, words: 'the params file', renewed: true as const }]),
  ]
}
/** Parameters from the environment's settings for neural networks, where the pipeline has them and nothing else sets them. */
function defaultsOf({ name, device, threads }: Environment, { spec }: Asked['pipeline']): Raw {
  const given = Object.entries({ device, threads }).filter(([param, value]) => value !== undefined && spec.params?.[param] !== undefined)
  const words = (param: string) => `environment ${name}, ${param}`
  return Object.fromEntries(given.map(([param, value]) => [param, { value, words: words(param), folder: process.cwd() }]))
}
/** Whether a store is there to be looked at; what cannot be read counts as one, so that opening it says why. */
function isStore(folder: string): boolean {
  try {
    return readdirSync(folder).includes('format')
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code !== 'ENOENT'
  }
}
/** A temporary store in place of one that does not exist; removed when this process ends. */
async function emptyStore(): Promise<Store> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return Store.open(folder)
}
/** A pipeline's errors name rows by number; for a sheet they are turned into line numbers. */
function located<T>(build: () => T, { sheets }: Bound): T {
  try {
    return build()
  } catch (error) {
    const [among, ...others] = Object.values(sheets)
    if (!among || others.length > 0 || !isOfRows(error)) throw withPlace(error)
    throw new TriremeError(error.code, `${among(error.rows)}: ${error.fault}`, { cause: error })
  }
}
/** Recognised by its properties, not by its class: a project's own pipelines may have loaded the library a second time. */
const isOfRows = (error: unknown): error is TriremeError =>
  error instanceof Error && 'rows' in error && Array.isArray(error.rows) && error.rows.length > 0
function valuesOf({ spec }: Asked['pipeline'], raw: Raw): Readonly<Record<string, unknown>> {
  const inputs = Object.keys(spec.inputs).flatMap(name =>
    raw[name] === undefined ? [] : [[name, absoluteFile(raw[name].value, raw[name].folder)] as const],
  )
  const given = Object.fromEntries(Object.entries(raw).map(([name, { value }]) => [name, value]))
  const params = parse(`pipeline "${spec.name}"`, spec.params ?? {}, given)
  return { ...Object.fromEntries(inputs), ...Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined)) }
}
/** Makes paths absolute, so that they hold in another working directory. */
function absoluteFile(value: unknown, folder: string): unknown {
  if (typeof value === 'string') return value.includes('=') || value.includes(',') ? value : path.resolve(folder, value)
  return Array.isArray(value) && value.every(each => typeof each === 'string') ? value.map(each => absoluteFile(each, folder)) : value
}
