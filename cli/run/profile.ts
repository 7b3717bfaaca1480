import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type { Dataset, Profile } from '../../core/define/dataset.ts'
import { TriremeError } from '../../core/errors.ts'
import type { Store } from '../../core/store/store.ts'
import { localEnvironment } from '../../core/targets/environment.ts'
import type { RunFlags } from '../arguments/options.ts'
import type { Raw } from '../arguments/raw.ts'
import { didYouMean } from '../display/suggest.ts'
import { concurrently } from '../inputs/concurrently.ts'
import { profilesOf } from '../project/catalogue.ts'
import { publications } from '../results/layout.ts'
import { perform } from './execute.ts'
import { toolVersions } from './versions.ts'

interface ProfileContext {
  /** Opens the store. Called only when a dataset is to be made. */
  readonly store: () => Promise<Store>
  readonly options: RunFlags
  readonly log: (line: string) => void
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
/**
 * Arguments from a profile. Files of its dataset that do not travel with the package are made first, in the same store, so that they are
 * there the next time; every file it uses is compared with its pinned digest.
 */
export async function profileArguments(pipelineName: string, name: string, at: ProfileContext): Promise<Raw> {
  const profile = await findProfile(pipelineName, name)
  const files: Record<string, string> = {}
  const { dataset } = profile
  for (const [file, { path }] of Object.entries(dataset?.files ?? {})) if (path !== undefined) files[file] = path
  const used = new Set<string>()
  const watched = new Proxy(files, { get: (target, file) => (typeof file === 'string' && used.add(file) ? target[file] : undefined) })
  profile.arguments(watched)
  const absent = [...used].filter(file => files[file] === undefined && dataset?.files[file] !== undefined)
  if (dataset && absent.length > 0) Object.assign(files, await make(dataset, at))
  if (dataset) await verifyDataset(dataset, Object.fromEntries(Object.entries(files).filter(([file]) => used.has(file))))
  const values = Object.entries(profile.arguments(files))
  return Object.fromEntries(values.map(([key, value]) => [key, { value, words: `profile ${name}, ${key}`, folder: process.cwd() }]))
}
/** Runs the plan that makes a dataset; its results are laid out under the names of the dataset's files. */
async function make(dataset: Dataset, { store: open, options, log }: ProfileContext): Promise<Readonly<Record<string, string>>> {
  if (!dataset.make)
    throw new TriremeError('INPUT', `The dataset "${dataset.name}" is not here and cannot be made. Get it from: ${dataset.source}.`)
  const plan = dataset.make()
  const store = await open()
  const environment = await localEnvironment()
  const versions = await toolVersions(plan, { store, log, environment }, options.install)
  log(`Dataset ${dataset.name}: ${dataset.title}.`)
  const { made } = await perform({ plan, store, versions, environment, options, log, values: {}, out: undefined })
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
