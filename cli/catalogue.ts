import { existsSync } from 'node:fs'
import { readdir, realpath } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { TriremeError } from '../core/errors.ts'
import type { InKinds, Kinds, OutKinds } from '../core/kind.ts'
import type { Layout, Results } from '../core/pipeline.ts'
import type { Needs } from '../core/quantity.ts'
import type { Schemas } from '../core/schema.ts'
import type { Tool } from '../core/tool.ts'
import { ending, house, packageRoot } from './package.ts'
import { didYouMean } from './suggest.ts'

/** A pipeline as the command line uses it: called with arguments that it checks itself. */
export interface AnyPipeline {
  (given: Readonly<Record<string, unknown>>): Results
  readonly spec: {
    readonly name: string
    readonly about?: string
    readonly inputs: Kinds
    readonly params?: Schemas
    readonly layout?: Readonly<Record<string, Layout | undefined>>
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
  readonly home: Home
  readonly file: string
  readonly it: T
}
type Room = 'pipelines' | 'steps'

const isPipeline = (value: unknown): value is AnyPipeline => hasSpec(value) && 'build' in value.spec
const isStep = (value: unknown): value is AnyStep => hasSpec(value) && 'command' in value.spec
const hasSpec = (value: unknown): value is { readonly spec: object } =>
  typeof value === 'function' && 'spec' in value && typeof value.spec === 'object' && value.spec !== null

const isModule = (name: string) => /\.[cm]?[jt]s$/.test(name) && !/\.(test|script|d)\.[cm]?[jt]s$/.test(name)
/** Modules of a room: pipelines lie in it, steps one folder deeper, by tool. */
async function modulesIn(folder: string, room: Room): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: room === 'steps' }).catch(() => [])
  return names
    .filter(name => isModule(name) && name.includes(path.sep) === (room === 'steps'))
    .sort()
    .map(name => path.join(folder, name))
}
const packageFolder = (room: Room) => path.join(house, room)
/** The project's room, unless the working directory is the package's own checkout. */
async function projectFolder(room: Room): Promise<string | undefined> {
  const folder = path.resolve(room)
  if (!existsSync(folder) || (await realpath(process.cwd())) === (await realpath(packageRoot))) return undefined
  return folder
}

let loader: Promise<(file: string) => Promise<object>> | undefined
/** The package's modules are compiled; a project's own TypeScript goes through a small loader, which is only started for it. */
async function load(file: string, home: Home): Promise<Readonly<Record<string, unknown>>> {
  if (home === 'package' || /\.m?js$/.test(file)) return import(pathToFileURL(file).href)
  loader ??= import('./typescript.ts').then(({ typescript }) => typescript())
  try {
    return { ...(await (await loader)(file)) }
  } catch (cause) {
    if (cause instanceof Error && /^(TriremeError|PlanError)$/.test(cause.name)) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new TriremeError(
      'DEFINITION',
      `${path.relative('', file)} cannot be loaded: ${reason}\nCorrect the file, or move it out of ${path.relative('', path.dirname(file))}/.`,
      { cause },
    )
  }
}
async function inHome<T extends AnyPipeline | AnyStep>(
  room: Room,
  home: Home,
  wanted: (value: unknown) => value is T,
): Promise<readonly Listed<T>[]> {
  const folder = home === 'package' ? packageFolder(room) : await projectFolder(room)
  if (folder === undefined) return []
  const files = await modulesIn(folder, room)
  const modules = await Promise.all(files.map(async file => ({ file, exports: await load(file, home) })))
  const found = modules.flatMap(({ file, exports }) =>
    Object.values(exports)
      .filter(wanted)
      .map(it => ({ name: it.spec.name, home, file, it })),
  )
  return [...new Map(found.map(each => [each.it, each])).values()]
}
/** Everything there is; a project's own come first, and hide the package's of the same name. */
async function all<T extends AnyPipeline | AnyStep>(room: Room, wanted: (value: unknown) => value is T): Promise<readonly Listed<T>[]> {
  const own = await inHome(room, 'project', wanted)
  const theirs = await inHome(room, 'package', wanted)
  const names = new Set(own.map(({ name }) => name))
  return [...own, ...theirs.filter(({ name }) => !names.has(name))]
}
export const pipelines = (): Promise<readonly Listed<AnyPipeline>[]> => all('pipelines', isPipeline)
export const steps = (): Promise<readonly Listed<AnyStep>[]> => all('steps', isStep)

/**
 * A pipeline by name. One of the package is in the file of that name, so no other is loaded.
 * @throws TriremeError `USAGE` with the nearest name when there is none
 */
export async function findPipeline(name: string): Promise<Listed<AnyPipeline>> {
  const own = (await inHome('pipelines', 'project', isPipeline)).find(each => each.name === name)
  if (own) return own
  const file = path.join(packageFolder('pipelines'), `${name}${ending}`)
  if (/^[a-z][a-z0-9-]*$/.test(name) && existsSync(file)) {
    const it = Object.values(await load(file, 'package'))
      .filter(isPipeline)
      .find(each => each.spec.name === name)
    if (it) return { name, home: 'package', file, it }
  }
  const known = (await pipelines()).map(each => each.name)
  throw new TriremeError(
    'USAGE',
    `There is no pipeline "${name}".${await didYouMean(name, known)} ${known.length > 0 ? `There are: ${known.join(', ')}.` : 'There is none at all.'}`,
  )
}
/** A pipeline or step by name, for `show`. @throws TriremeError `USAGE` with the nearest name when there is none */
export async function findAny(name: string): Promise<Listed<AnyPipeline | AnyStep>> {
  const known = [...(await pipelines()), ...(await steps())]
  const found = known.find(each => each.name === name)
  if (found) return found
  const hint = await didYouMean(
    name,
    known.map(each => each.name),
  )
  throw new TriremeError('USAGE', `There is no pipeline or step "${name}".${hint} "trireme list" names them all.`)
}
