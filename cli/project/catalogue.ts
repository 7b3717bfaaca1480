import { existsSync, readFileSync } from 'node:fs'
import { readdir, realpath } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AnyComparison } from '../../benchmarks/harness/comparison.ts'
import { isComparison } from '../../benchmarks/harness/define.ts'
import type { Profile } from '../../core/define/dataset.ts'
import type { Layout } from '../../core/define/pipeline.ts'
import { TriremeError } from '../../core/errors.ts'
import type { Results } from '../../core/graph/plan.ts'
import type { InKinds, OutKinds } from '../../core/vocabulary/kind.ts'
import type { Needs } from '../../core/vocabulary/quantity.ts'
import type { Kinds } from '../../core/vocabulary/rows.ts'
import type { Schemas } from '../../core/vocabulary/schema.ts'
import type { Tool } from '../../core/vocabulary/tool.ts'
import { didYouMean } from '../display/suggest.ts'
import { loadFault, withPlace } from './own-code.ts'
import { ending, house, packageRoot } from './package.ts'

/** A pipeline as the command line uses it: called with arguments that it checks itself. */
export interface AnyPipeline {
  (given: Readonly<Record<string, unknown>>): Results
  readonly spec: {
    readonly name: string
    readonly about?: string
    readonly inputs: Kinds
    readonly params?: Schemas
    /** Its functions take the values of the pipeline's own parameters. */
    readonly layout?: Readonly<Record<string, Layout<never> | undefined>>
    readonly highlights?: Readonly<Record<string, string | Readonly<Record<string, string | undefined>> | undefined>>
    readonly steps?: readonly { readonly spec: { readonly name: string } }[]
  }
}
/** A step as `list` and `show` see it. */
export interface AnyStep {
  readonly spec: {
    readonly name: string
    readonly about?: string
    readonly edam?: readonly string[]
    readonly image: string
    readonly tools?: readonly Tool[]
    readonly inputs: InKinds
    readonly params?: Schemas
    readonly outputs: OutKinds
    readonly streams?: readonly string[]
    readonly needs: Needs | ((params: never) => Needs)
  }
}
/** Where something was found: in the package, or in the project of the working directory. */
export type Home = 'package' | 'project'
export interface Listed<T> {
  readonly name: string
  /** Its module below its room, without ending: `samtools/sort`, as `add` takes it and an import names it. */
  readonly place: string
  /** Its name in that module: `sort`. */
  readonly exported: string
  readonly home: Home
  readonly file: string
  readonly it: T
}
type Room = 'pipelines' | 'steps' | 'benchmarks'
type Any = AnyPipeline | AnyStep | AnyComparison

const isPipeline = (value: unknown): value is AnyPipeline => hasSpec(value) && 'build' in value.spec
const isStep = (value: unknown): value is AnyStep => hasSpec(value) && 'command' in value.spec
const hasSpec = (value: unknown): value is { readonly spec: object } =>
  typeof value === 'function' && 'spec' in value && typeof value.spec === 'object' && value.spec !== null

const nameOf = (it: Any): string => ('spec' in it ? it.spec.name : it.name)
const isModule = (name: string) => /\.[cm]?[jt]s$/.test(name) && !/\.(test|script|d)\.[cm]?[jt]s$/.test(name)
/** Modules of a room; of `steps/` they are one folder deeper, by tool. What lies deeper yet in the package are parts of scripts: they are not loaded. */
async function modulesIn(folder: string, room: Room, home: Home): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: room === 'steps' }).catch(() => [])
  return names
    .filter(name => isModule(name) && name.includes(path.sep) === (room === 'steps'))
    .filter(name => home === 'project' || name.split(path.sep).length <= 2)
    .sort()
    .map(name => path.join(folder, name))
}
const packageFolder = (room: Room) => path.join(house, room)
/** The project's room, unless the working directory is the package's own checkout. */
async function projectFolder(room: Room): Promise<string | undefined> {
  const folder = path.resolve(room)
  return !existsSync(folder) || (await isCheckout()) ? undefined : folder
}
/** Whether the working directory is the package's own checkout. */
export const isCheckout = async () => (await realpath(process.cwd())) === (await realpath(packageRoot))

let loader: Promise<(file: string) => Promise<object>> | undefined
/** The package's modules are compiled; a project's own TypeScript goes through a loader, which is only started for it. */
export async function load(file: string, home: Home): Promise<Readonly<Record<string, unknown>>> {
  if (home === 'package' || /\.m?js$/.test(file)) return import(pathToFileURL(file).href)
  loader ??= import('./typescript.ts').then(({ typescript }) => typescript())
  try {
    return { ...(await (await loader)(file)) }
  } catch (cause) {
    if (!(cause instanceof Error)) throw new TriremeError('DEFINITION', `${path.relative('', file)} cannot be loaded: ${cause}`, { cause })
    if (/^(TriremeError|PlanError)$/.test(cause.name)) throw withPlace(cause)
    const places = await packagePlaces()
    const { nearest } = await import('../../core/vocabulary/nearest.ts') // what it needs is loaded for those who mistype
    throw new TriremeError(
      'DEFINITION',
      loadFault(file, cause, place => nearest(place, places)),
      { cause },
    )
  }
}
/** Modules of the package as imports name them: `steps/samtools/sort`. */
async function packagePlaces(): Promise<readonly string[]> {
  const rooms = await Promise.all(
    (['steps', 'pipelines'] as const).map(async room =>
      (await modulesIn(packageFolder(room), room, 'package')).map(file => `${room}/${modulePlace(packageFolder(room), file)}`),
    ),
  )
  return rooms.flat()
}
const modulePlace = (folder: string, file: string) =>
  path
    .relative(folder, file)
    .replace(/\.[cm]?[jt]s$/, '')
    .split(path.sep)
    .join('/')
async function inHome<T extends Any>(room: Room, home: Home, wanted: (value: unknown) => value is T): Promise<readonly Listed<T>[]> {
  const folder = home === 'package' ? packageFolder(room) : await projectFolder(room)
  if (folder === undefined) return []
  const files = await modulesIn(folder, room, home)
  const modules = await Promise.all(files.map(async file => ({ file, exports: await load(file, home) })))
  const found = modules.flatMap(({ file, exports }) =>
    Object.entries(exports).flatMap(([exported, it]) =>
      wanted(it) ? [{ name: nameOf(it), place: modulePlace(folder, file), exported, home, file, it }] : [],
    ),
  )
  return [...new Map(found.map(each => [each.it, each])).values()]
}
/** All of a sort. A project's own come first, and hide those of the package with the same name. */
async function all<T extends Any>(room: Room, wanted: (value: unknown) => value is T): Promise<readonly Listed<T>[]> {
  const own = await inHome(room, 'project', wanted)
  const theirs = await inHome(room, 'package', wanted)
  const names = new Set(own.map(({ name }) => name))
  return [...own, ...theirs.filter(({ name }) => !names.has(name))]
}
export const pipelines = (): Promise<readonly Listed<AnyPipeline>[]> => all('pipelines', isPipeline)
export const steps = (): Promise<readonly Listed<AnyStep>[]> => all('steps', isStep)
export const comparisons = (): Promise<readonly Listed<AnyComparison>[]> => all('benchmarks', isComparison)
/** Pipelines and steps of the package, also where a project has some of the same name. */
export const packageSteps = (): Promise<readonly Listed<AnyStep>[]> => inHome('steps', 'package', isStep)

type Profiles = Readonly<Record<string, Readonly<Record<string, Profile>>>>
/** Profiles of a pipeline by name: the package's, and those of the project's `profiles.ts`, which come first. */
export async function profilesOf(pipeline: string): Promise<Readonly<Record<string, Profile>>> {
  const { profiles } = await import('../../datasets/profiles.ts')
  const own = (await inProject())[pipeline]
  return { ...(Object.hasOwn(profiles, pipeline) ? profiles[pipeline] : {}), ...own }
}
/** The project's own profiles, where it has some. */
export const profilesFile = (): string | undefined =>
  ['profiles', 'pipelines/profiles'].flatMap(name => ['.ts', '.js', '.mjs'].map(end => path.resolve(name + end))).find(existsSync)
async function inProject(): Promise<Profiles> {
  if (await isCheckout()) return {}
  const file = profilesFile()
  if (file === undefined) return {}
  const { profiles } = await load(file, 'project')
  if (typeof profiles === 'object' && profiles !== null) return profiles as Profiles // a record, as its own type check says
  throw new TriremeError(
    'DEFINITION',
    `${path.relative('', file)} exports no "profiles". Write: export const profiles = { PIPELINE: { NAME: { about: '…', arguments: () => ({ … }) } } }`,
  )
}

/**
 * A pipeline by name. One of the package is in the file of that name, so no other is loaded.
 * @throws TriremeError `USAGE` with the nearest name when there is none
 */
export async function findPipeline(name: string): Promise<Listed<AnyPipeline>> {
  const own = ownOf('pipelines', name, await inHome('pipelines', 'project', isPipeline))
  if (own) return own
  const hidden = await notExported(name)
  if (hidden !== undefined) throw new TriremeError('USAGE', hidden)
  const theirs = await inPackage('pipelines', name, isPipeline)
  if (theirs) return theirs
  const otherwise = await calledOtherwise(name)
  if (otherwise !== undefined) throw new TriremeError('USAGE', otherwise)
  const known = (await pipelines()).map(each => each.name)
  const step = (await steps()).find(each => isCalled(each, name))
  if (step)
    throw new TriremeError(
      'USAGE',
      `"${name}" is a step; only pipelines run. "trireme show ${name}" says how to import it into one. Pipelines are: ${known.join(', ')}.`,
    )
  throw new TriremeError(
    'USAGE',
    `There is no pipeline "${name}".${await didYouMean(name, known)} ${known.length > 0 ? `There are: ${known.join(', ')}.` : 'There is none at all.'}`,
  )
}
/** The one of a name that the project has. @throws TriremeError `DEFINITION` when it has two */
function ownOf<T extends Any>(sort: string, name: string, all: readonly Listed<T>[]): Listed<T> | undefined {
  const [own, other] = all.filter(each => each.name === name)
  if (!own || !other) return own
  const at = ({ exported, file }: Listed<unknown>) => `${exported} in ${path.relative('', file)}`
  throw new TriremeError('DEFINITION', `Two ${sort} are called "${name}": ${at(own)}, and ${at(other)}. Give one of them another name.`)
}
/** One of the package that is in the file of its name, so that no other is loaded. */
async function inPackage<T extends Any>(room: Room, name: string, wanted: (value: unknown) => value is T): Promise<Listed<T> | undefined> {
  const file = path.join(packageFolder(room), `${name}${ending}`)
  if (!/^[a-z][a-z0-9-]*$/.test(name) || !existsSync(file)) return undefined
  const found = Object.entries(await load(file, 'package')).flatMap(([exported, it]) =>
    wanted(it) && nameOf(it) === name ? [{ name, place: name, exported, home: 'package' as const, file, it }] : [],
  )
  return found[0]
}
/**
 * A comparison by name, which need not be that of its file.
 * @throws TriremeError `USAGE` with the nearest name when there is none
 */
export async function findComparison(name: string): Promise<Listed<AnyComparison>> {
  const own = ownOf('comparisons', name, await inHome('benchmarks', 'project', isComparison))
  const found = own ?? (await inPackage('benchmarks', name, isComparison))
  if (found) return found
  const known = await comparisons()
  const other = known.find(each => each.name === name)
  if (other) return other
  const names = known.map(each => each.name)
  throw new TriremeError('USAGE', `There is no comparison "${name}".${await didYouMean(name, names)} There are: ${names.join(', ')}.`)
}
const textOfPipeline = /(?:^|\n)\s*(?:(?:const|let|var)\s+(\w+)\s*=\s*)?pipeline\(\s*\{[^{}]*?\bname:\s*(['"`])([^'"`]*)\2/g
/** A pipeline that a file of the project makes and keeps to itself. */
async function notExported(name: string): Promise<string | undefined> {
  const folder = await projectFolder('pipelines')
  for (const file of folder === undefined ? [] : await modulesIn(folder, 'pipelines', 'project')) {
    const own = [...readFileSync(file, 'utf8').matchAll(textOfPipeline)].find(([, , , called]) => called === name)
    if (own)
      return `${path.relative('', file)} makes the pipeline "${name}", but does not export it. Write: export const ${own[1] ?? identifier(name)} = pipeline({ … })`
  }
  return undefined
}
/** A file of the project that has the name in place of its pipeline. */
async function calledOtherwise(name: string): Promise<string | undefined> {
  const folder = await projectFolder('pipelines')
  const file = folder && (await modulesIn(folder, 'pipelines', 'project')).find(file => modulePlace(folder, file) === name)
  if (file === undefined || file === '') return undefined
  const names = Object.values(await load(file, 'project'))
    .filter(isPipeline)
    .map(({ spec }) => `"${spec.name}"`)
  return names.length === 0
    ? `${path.relative('', file)} exports no pipeline. Write: export const ${identifier(name)} = pipeline({ name: '${name}', … })`
    : `The pipeline of ${path.relative('', file)} is called ${names.join(' or ')}: it goes by its own name, not by its file's. Run it by that, or change it.`
}
const identifier = (name: string) => name.replace(/[^A-Za-z0-9]+(\w)/g, (_, letter: string) => letter.toUpperCase())
/** By its own name, else by its module: `samtools-sort` and `samtools/sort` are one. */
const isCalled = ({ name, place }: Listed<unknown>, words: string) => name === words || (place.includes('/') && place === words)
/**
 * Pipelines and steps by name, for `show`: several where a module has several.
 * @param others names that could have been meant as well: of environments
 * @throws TriremeError `USAGE` with the nearest name when there is none
 */
export async function findAny(name: string, others: readonly string[] = []): Promise<readonly Listed<AnyPipeline | AnyStep>[]> {
  const known = [...(await pipelines()), ...(await steps())]
  const named = known.find(each => each.name === name)
  const found = named ? [named] : known.filter(each => isCalled(each, name))
  if (found.length > 0) return found
  const hint = await didYouMean(name, [...known.flatMap(each => [each.name, ...(each.place.includes('/') ? [each.place] : [])]), ...others])
  throw new TriremeError(
    'USAGE',
    `There is no pipeline, step or environment "${name}".${hint} "trireme list" and "trireme list --environments" name them all.`,
  )
}
