import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type { Dataset, Profile } from '../../core/define/dataset.ts'
import { TriremeError } from '../../core/errors.ts'
import { keys as keysOf, versionFrom } from '../../core/graph/key.ts'
import { stepsByKey } from '../../core/graph/walk.ts'
import { StepOutputs } from '../../core/run/step-outputs.ts'
import type { Store } from '../../core/store/store.ts'
import { localEnvironment } from '../../core/targets/environment.ts'
import { outlooks } from '../../core/targets/text.ts'
import type { Tool } from '../../core/vocabulary/tool.ts'
import type { RunFlags } from '../arguments/options.ts'
import type { Raw } from '../arguments/raw.ts'
import { didYouMean } from '../display/suggest.ts'
import { branchesOf, expanded } from '../history/recipes.ts'
import { concurrently } from '../inputs/concurrently.ts'
import { profilesOf } from '../project/catalogue.ts'
import { publications } from '../results/layout.ts'
import { perform } from './execute.ts'
import { knownVersions, toolVersions } from './versions.ts'

interface ProfileContext {
  /** Opens the store. Called only when a dataset is to be made, or looked for. */
  readonly store: () => Promise<Store>
  /** Nothing may run: a dataset that is not there is told, not made. */
  readonly looking: boolean
  readonly options: RunFlags
  readonly log: (line: string) => void
  /** Tools of this machine that the pipeline itself will ask for, as far as they are known before its dataset is there. */
  readonly laterTools: () => Promise<readonly Tool[]>
}
/** A profile by name. @throws TriremeError `USAGE` with the nearest name when the pipeline has none such */
export async function findProfile(pipeline: string, name: string): Promise<Profile> {
  const own = await profilesOf(pipeline)
  if (Object.hasOwn(own, name)) return own[name]!
  const names = Object.keys(own)
  throw new TriremeError(
    'USAGE',
    `The pipeline "${pipeline}" has no profile "${name}".${await didYouMean(name, names)} ${names.length > 0 ? `Its profiles: ${names.join(', ')}.` : 'It has none.'}`,
  )
}
export interface ProfileArguments {
  readonly raw: Raw
  /** Digests of files that the profile uses and that are not made yet, by the paths that stand for them. Of what is compressed it is none that any file has. */
  readonly unmade: ReadonlyMap<string, string>
  readonly dataset: Dataset | undefined
  /** Paths of the dataset's files by name. */
  readonly files: Readonly<Record<string, string>>
}
/**
 * Arguments from a profile. Files of its dataset that do not travel with the package are made first, in the same store, so that they are
 * there the next time; every file it uses is compared with its pinned digest.
 */
export async function profileArguments(pipelineName: string, name: string, at: ProfileContext): Promise<ProfileArguments> {
  const profile = await findProfile(pipelineName, name)
  const files: Record<string, string> = {}
  const { dataset } = profile
  for (const [file, { path: place }] of Object.entries(dataset?.files ?? {})) if (place !== undefined) files[file] = place
  const used = new Set<string>()
  const watched = new Proxy(files, { get: (target, file) => (typeof file === 'string' && used.add(file) ? target[file] : undefined) })
  profile.arguments(watched)
  const absent = [...used].filter(file => files[file] === undefined && dataset?.files[file] !== undefined)
  const unmade = new Map<string, string>()
  if (dataset && absent.length > 0) {
    const made = at.looking ? await lookFor(dataset, at) : await make(dataset, at)
    if (made) Object.assign(files, made)
    else
      for (const [file, { sha256 }] of Object.entries(dataset.files)) {
        if (files[file] !== undefined) continue
        files[file] = path.resolve(`unmade ${dataset.name}`, file)
        unmade.set(files[file], file.endsWith('.gz') ? createHash('sha256').update(`unmade ${sha256}`).digest('hex') : sha256)
      }
  }
  const there = ([file, place]: readonly [string, string]) => used.has(file) && !unmade.has(place)
  if (dataset) await verifyDataset(dataset, Object.fromEntries(Object.entries(files).filter(there)))
  const values = Object.entries(profile.arguments(files))
  const raw = values.map(([key, value]) => [key, { value, words: `profile ${name}, ${key}`, folder: process.cwd() }] as const)
  return { raw: Object.fromEntries(raw), unmade, dataset, files }
}
/** The files of a dataset where an earlier run has made them; else it is told how a run will. */
async function lookFor(dataset: Dataset, { store: open, log }: ProfileContext): Promise<Readonly<Record<string, string>> | undefined> {
  if (!dataset.make) throw notMakable(dataset)
  const plan = dataset.make()
  const store = await open()
  const { versions } = await knownVersions(plan, store, await localEnvironment())
  const keys = keysOf(versionFrom(versions))
  const nodes = expanded(plan, keys, store)
  const outputs = new StepOutputs(keys)
  const there = new Set<string>()
  for (const [key] of stepsByKey(nodes, keys)) {
    const entry = await store.find(key)
    if (entry) outputs.entries.set(key, entry)
    if (entry) there.add(key)
  }
  for (const node of plan.nodes) {
    const branches = node.kind === 'each' ? branchesOf(node, keys, store) : undefined
    if (branches) outputs.branches.set(keys.of(node), branches)
  }
  const results = Object.fromEntries(Object.entries(plan.results).map(([result, given]) => [result, outputs.result(given)]))
  const found = Object.fromEntries(publications(plan.results, results).map(({ from, to }) => [to, from]))
  if (Object.keys(dataset.files).every(file => dataset.files[file]?.path !== undefined || found[file] !== undefined)) return found
  const left = [...outlooks(plan, keys, there).values()].filter(state => state === 'will run').length
  log(
    `The dataset "${dataset.name}" is not in this store. A run makes it first: ${left} step${left === 1 ? '' : 's'} of the plan ${plan.name}, with tools of this machine. What follows is planned as if it were there; of the steps that read its compressed files it is not known whether they are cached.`,
  )
  return undefined
}
const notMakable = ({ name, source }: Dataset) =>
  new TriremeError('INPUT', `The dataset "${name}" is not here and cannot be made. Get it from: ${source}.`)
/** Runs the plan that makes a dataset; its results are laid out under the names of the dataset's files. */
async function make(
  dataset: Dataset,
  { store: open, options, log, laterTools }: ProfileContext,
): Promise<Readonly<Record<string, string>>> {
  if (!dataset.make) throw notMakable(dataset)
  const plan = dataset.make()
  const store = await open()
  const environment = await localEnvironment()
  const versions = await toolVersions(plan, { store, log, environment, others: await laterTools() }, options.install)
  log(`Dataset ${dataset.name}: ${dataset.title}.`)
  const { made, letGo } = await perform({ plan, store, versions, environment, options, log, values: {}, out: undefined })
  letGo()
  const pairs = publications(plan.results, made.results)
  return Object.fromEntries(pairs.map(({ from, to }) => [to, from]))
}
/** @throws TriremeError `INPUT` naming the files whose content is not the pinned one */
async function verifyDataset(dataset: Dataset, files: Readonly<Record<string, string>>): Promise<void> {
  const digests = await concurrently(Object.entries(files), 4, async ([name, file]) => ({
    name,
    ...(await contentDigest(file, name.endsWith('.gz'))),
  }))
  const wrong = digests.filter(({ name, sha256 }) => dataset.files[name] !== undefined && dataset.files[name].sha256 !== sha256)
  if (wrong.length === 0) return
  const lines = wrong.map(({ name, sha256, bytes }) => `  ${name}: ${sha256}, ${bytes} bytes; right is ${dataset.files[name]!.sha256}`)
  throw new TriremeError(
    'INPUT',
    `Of the dataset "${dataset.name}" ${wrong.length === 1 ? 'one file is' : `${wrong.length} files are`} not what is pinned:\n${lines.join('\n')}\nAnother version of a tool that makes it may be the cause: see "trireme doctor". A damaged file is found by "trireme verify" and then made again.`,
  )
}
/** Of the uncompressed content, since compressors differ by version. */
async function contentDigest(file: string, compressed: boolean): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash('sha256')
  let bytes = 0
  const count = async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      bytes += chunk.length
      hash.update(chunk)
    }
  }
  if ((await stat(file)).size > 0)
    await (compressed ? pipeline(createReadStream(file), createGunzip(), count) : pipeline(createReadStream(file), count))
  return { sha256: hash.digest('hex'), bytes }
}
