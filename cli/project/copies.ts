import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { z } from 'zod'
import { shown, TriremeError } from '../../core/errors.ts'
import { isRecord } from '../../core/vocabulary/schema.ts'
import { didYouMean } from '../display/suggest.ts'
import { packageSteps } from './catalogue.ts'
import { copiesFolder, digest, type FileChange, present, unpacked } from './changes.ts'
import { mentions, reach, relative } from './import-closure.ts'
import { isPlace } from './inside.ts'
import { packageRoot, version } from './package.ts'

/** A file that goes into a project: where it is in the package, and where it goes, `steps/samtools/sort.ts`. */
export interface Original {
  readonly place: string
  readonly from: string
}
const note = z.object({ version: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })
const isCopied = (place: string) => /^(steps|pipelines)\//.test(place) && isPlace(place)
const lockShape = z.object({ package: z.literal('trireme-bio'), files: z.record(z.string().refine(isCopied), note) })
export type Note = z.infer<typeof note>
/** `trireme.lock.json`: which files of the project were copied, from which version, and what they held then. */
export type Lock = z.infer<typeof lockShape>
export const lockName = 'trireme.lock.json'
/** Bytes. A line a copy, so that some ten thousand have room. */
const largestLock = 2 ** 22
/** @throws TriremeError `INPUT` where it is damaged */
export function readCopiesLock(project: string): Lock {
  const file = path.join(project, lockName)
  const found = statSync(file, { throwIfNoEntry: false })
  if (!found) return { package: 'trireme-bio', files: {} }
  const damaged = (why: string, cause?: unknown) =>
    new TriremeError(
      'INPUT',
      `${lockName} is damaged: ${why}. Take it back from version control, or remove it and add the copies again with --force.`,
      { cause },
    )
  if (!found.isFile()) throw damaged('it is no ordinary file')
  if (found.size > largestLock) throw damaged(`it has ${found.size} bytes, and ${largestLock} are the most that copies need`)
  try {
    return parseLock(readFileSync(file))
  } catch (cause) {
    throw damaged(cause instanceof StrangePlace ? cause.message : 'it is not what "trireme add" writes', cause)
  }
}
class StrangePlace extends Error {}
/** @throws Error where it is none */
export function parseLock(content: Buffer): Lock {
  const read: unknown = JSON.parse(content.toString())
  const files = isRecord(read) && isRecord(read.files) ? read.files : {}
  const strange = Object.keys(files).find(place => !isCopied(place))
  if (strange !== undefined) throw new StrangePlace(`it names ${shown(strange)}, which is no path below steps/ or pipelines/`)
  return lockShape.parse(read)
}
export const lockText = (files: Lock['files']): string =>
  `${JSON.stringify({ package: 'trireme-bio', files: Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1))) }, null, 2)}\n`
export const noted = (content: Buffer): Note => ({ version: version(), sha256: digest(content) })

/** A merge needs what a copy was when it was made: it is kept in the project, under its digest, packed so that nobody takes it for code. */
const basesFolder = `${copiesFolder}/base`
const basePlace = (sha256: string) => `${basesFolder}/${sha256}.gz`
function keptBase(project: string, sha256: string): Buffer | undefined {
  const content = unpacked(present(project, basePlace(sha256)))
  return content && digest(content) === sha256 ? content : undefined
}
/** What has to be written so that the lock says this, and that bases of all its copies are there, and no others. */
export function lockChanges(project: string, files: Lock['files'], known: readonly Buffer[]): readonly FileChange[] {
  const wanted = new Set(Object.values(files).map(({ sha256 }) => sha256))
  const folder = path.join(project, basesFolder)
  const there = existsSync(folder) ? readdirSync(folder).map(name => name.replace(/\.gz$/, '')) : []
  const bases = new Map(known.map(content => [digest(content), content]))
  return [
    { place: lockName, content: Buffer.from(lockText(files)) },
    { place: `${copiesFolder}/.gitignore`, content: Buffer.from('undo/\n') },
    ...[...bases].flatMap(([sha256, content]) =>
      wanted.has(sha256) && keptBase(project, sha256) === undefined ? [{ place: basePlace(sha256), content: gzipSync(content) }] : [],
    ),
    ...there
      .filter(sha256 => /^[0-9a-f]{64}$/.test(sha256) && !wanted.has(sha256))
      .map(sha256 => ({ place: basePlace(sha256), content: undefined })),
  ]
}

const isTest = (file: string) => file.endsWith('.test.ts')
const isCopiedModule = (file: string) => file.endsWith('.ts') && !/\.(test|script|d)\.ts$/.test(file)
/** The modules that hold a step or pipeline, as `add` names them: `samtools/sort`, `variant-calling`. */
export function names(): readonly string[] {
  const steps = path.join(packageRoot, 'steps')
  const tools = readdirSync(steps, { withFileTypes: true }).filter(entry => entry.isDirectory())
  const verbs = tools.flatMap(({ name }) =>
    readdirSync(path.join(steps, name))
      .filter(isCopiedModule)
      .map(file => `${name}/${file.slice(0, -3)}`),
  )
  const room = path.join(packageRoot, 'pipelines')
  const pipelines = readdirSync(room).filter(
    file => isCopiedModule(file) && /\bpipeline\(/.test(readFileSync(path.join(room, file), 'utf8')),
  )
  return [...verbs, ...pipelines.map(file => file.slice(0, -3))].sort()
}
/**
 * The files that a name stands for: the step or pipeline, all it imports by relative path, their tests and their assets.
 * What it imports by package name stays in the package.
 * @throws TriremeError `USAGE` with the nearest name when the package has none such
 */
export async function originals(name: string): Promise<readonly Original[]> {
  const words = name.replace(/^(steps|pipelines)\//, '').replace(/\.ts$/, '')
  const known = names()
  const plain = known.includes(words) ? words : ((await packageSteps()).find(step => step.name === words)?.place ?? words)
  if (!known.includes(plain)) {
    const hint = await didYouMean(plain, known)
    throw new TriremeError('USAGE', `There is no step or pipeline "${name}" in the package.${hint || ` There are: ${known.join(', ')}.`}`)
  }
  const room = plain.includes('/') ? 'steps' : 'pipelines'
  return withAllTheyNeed([`${room}/${plain}.ts`])
}
/** Files of the package with all that they import by relative path, their tests and their assets. */
export function withAllTheyNeed(places: readonly string[]): readonly Original[] {
  const modules = reach(places.map(place => path.join(packageRoot, place))).filter(inRooms)
  const tests = modules.map(file => file.replace(/\.ts$/, '.test.ts')).filter(file => existsSync(file) && reach([file]).every(stands))
  const files = [...new Set(reach([...modules, ...tests]))]
  const all = [...files.map(original), ...files.filter(file => !isTest(file)).flatMap(assets)]
  const byPlace = new Map(all.map(each => [each.place, each])) // two steps may share an asset
  return [...byPlace.values()].sort((a, b) => (a.place < b.place ? -1 : 1))
}
/** Whether a file of these rooms has there all that it imports by relative path. What only a checkout has is no part of an installed package. */
const stands = (file: string): boolean =>
  inRooms(file) && mentions(readFileSync(file, 'utf8')).imports.every(imported => inRooms(relative(imported, file) ?? file))
const inRooms = (file: string): boolean => /^(steps|pipelines)[\\/]/.test(path.relative(packageRoot, file))
const original = (file: string): Original => ({ place: path.relative(packageRoot, file).split(path.sep).join('/'), from: file })
/** A bundled script comes from dist/: it holds all it needs, and no project has to bundle it anew. */
function assets(file: string): readonly Original[] {
  return mentions(readFileSync(file, 'utf8')).assets.map(asset => {
    const beside = relative(asset, file) ?? file // an asset's name is relative by its definition
    const { place } = original(beside)
    return { place, from: existsSync(beside) ? beside : path.join(packageRoot, 'dist', place) }
  })
}

/** How a copy compares with what it was copied from, and with what the package has now. */
export type State = 'unchanged' | 'changed by you' | 'changed upstream' | 'changed by both' | 'removed by you' | 'gone upstream'
export interface Copy {
  readonly place: string
  readonly state: State
  readonly note: Note
  /** What the package has now; undefined where it is gone. */
  readonly upstream: Buffer | undefined
  readonly here: Buffer | undefined
  /** What it was when it was copied; undefined where nobody kept it. */
  readonly base: Buffer | undefined
}
/** Where the package has the file of a copy now. */
function upstreamOf(place: string): Buffer | undefined {
  const from = [path.join(packageRoot, place), path.join(packageRoot, 'dist', place)].find(file => existsSync(file))
  return from === undefined ? undefined : readFileSync(from)
}
/** Compares three versions of each file in the lock: as copied, here, and in the package. Where both changed to the same, it counts as unchanged. */
export function compare(project: string, files: Lock['files']): readonly Copy[] {
  return Object.entries(files).map(([place, note]): Copy => {
    const file = path.join(project, place)
    const here = statSync(file, { throwIfNoEntry: false })?.isFile() ? readFileSync(file) : undefined
    const upstream = upstreamOf(place)
    const asCopied = (content: Buffer | undefined) => content !== undefined && digest(content) === note.sha256
    const base = asCopied(here) ? here : asCopied(upstream) ? upstream : keptBase(project, note.sha256)
    const all = { place, note, here, upstream, base }
    if (upstream === undefined) return { ...all, state: 'gone upstream' }
    if (here === undefined) return { ...all, state: 'removed by you' }
    if (here.equals(upstream)) return { ...all, state: 'unchanged' }
    const [yours, theirs] = [!asCopied(here), !asCopied(upstream)]
    return { ...all, state: yours && theirs ? 'changed by both' : yours ? 'changed by you' : 'changed upstream' }
  })
}
/** The files of the lock that a name of `diff` or `upgrade` stands for: a path, a step or pipeline, or all. @throws TriremeError `USAGE` */
export async function chosen(lock: Lock, name: string | undefined): Promise<Lock['files']> {
  if (Object.keys(lock.files).length === 0)
    throw new TriremeError(
      'USAGE',
      `There are no copies here: no ${lockName} names any. Go to the project's folder, or copy something with "trireme add NAME".`,
    )
  if (name === undefined) return lock.files
  const path = name.replace(/^\.\//, '')
  const places = Object.hasOwn(lock.files, path) ? [path] : (await originals(name)).map(({ place }) => place)
  const files = Object.fromEntries(Object.entries(lock.files).filter(([place]) => places.includes(place)))
  if (Object.keys(files).length > 0) return files
  throw new TriremeError(
    'USAGE',
    `"${name}" was not copied into this project. Copy it with "trireme add ${name}", or name one of: ${Object.keys(lock.files).join(', ')}.`,
  )
}
