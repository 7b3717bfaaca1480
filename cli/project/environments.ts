import { existsSync, readdirSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { stringify } from 'yaml'
import type { Environment } from '../../core/environment/settings.ts'
import { shown, TriremeError } from '../../core/errors.ts'
import { readEnvironment } from '../../core/targets/environment.ts'
import { addTarget, targetOf, targetsThatCan } from '../../core/targets/registry.ts'
import { type Capability, type Capable, can, type Target } from '../../core/targets/target.ts'
import { isRecord } from '../../core/vocabulary/schema.ts'
import { didYouMean } from '../display/suggest.ts'
import type { Home } from './catalogue.ts'
import { house } from './package.ts'
import { readYaml } from './yaml-file.ts'

interface ProjectSettings {
  readonly file: string
  readonly home: Home
  readonly settings: unknown
}
export interface ListedEnvironment {
  readonly home: Home
  readonly environment: Environment
}
const builtIn = path.join(house, 'environments')

/** Files of the package's environments by name, one each; read only when one is asked for. */
const ofPackage = (): Readonly<Record<string, string>> =>
  Object.fromEntries(readdirSync(builtIn).flatMap(name => (name.endsWith('.yaml') ? [[name.slice(0, -5), path.join(builtIn, name)]] : [])))

/** The project's settings files: there should be one at most. */
export const settingsFiles = (): readonly string[] =>
  ['ts', 'mjs', 'js', 'yaml', 'yml', 'json'].map(ending => `trireme.config.${ending}`).filter(name => existsSync(name))

/**
 * The environments of the project's settings file, and of one that `TRIREME_SETTINGS` names, which come first. Targets that they export are added to
 * the registry.
 * @throws TriremeError `ENVIRONMENT` when the project has two files, or one holds no environments
 */
async function ofProject(): Promise<Readonly<Record<string, ProjectSettings>>> {
  const files = settingsFiles()
  if (files.length > 1) throw new TriremeError('ENVIRONMENT', `There are ${files.join(' and ')}. Keep one of them.`)
  const all = [...files, ...(process.env.TRIREME_SETTINGS ? [process.env.TRIREME_SETTINGS] : [])]
  return Object.assign({}, ...(await Promise.all(all.map(settingsIn))))
}
async function settingsIn(file: string): Promise<Readonly<Record<string, ProjectSettings>>> {
  const held = /\.[mj]?[jt]s$/.test(file) ? await ofModule(path.resolve(file)) : await readYaml(file, 'settings file')
  const environments = isRecord(held) ? (held.environments === null ? {} : held.environments) : undefined
  if (!isRecord(environments))
    throw new TriremeError(
      'ENVIRONMENT',
      `${file} has no "environments". Write ${/s$/.test(file) ? "export const environments = { NAME: { target: 'local' } }" : 'environments: { NAME: { target: local } }'}; docs/reference/environments.md has more.`,
    )
  return Object.fromEntries(Object.entries(environments).map(([name, settings]) => [name, { file, home: 'project', settings }]))
}
/** @throws TriremeError `ENVIRONMENT` for what is no target, `DEFINITION` for a name that is taken */
function addTargets(targets: unknown, file: string): void {
  const all: readonly unknown[] = Array.isArray(targets) ? targets : [undefined]
  for (const each of all) {
    if (!isTarget(each))
      throw new TriremeError(
        'ENVIRONMENT',
        `${path.relative('', file)} exports "targets", which is no list of targets: each has name, settings, joins and run. Write export const targets: readonly Target[] = [ … ]; docs/reference/library.md has more.`,
      )
    try {
      addTarget(each)
    } catch (cause) {
      if (!(cause instanceof TriremeError)) throw cause
      throw new TriremeError(cause.code, `${path.relative('', file)}: ${cause.message}`, { cause })
    }
  }
}
const isTarget = (value: unknown): value is Target =>
  isRecord(value) &&
  typeof value.name === 'string' &&
  isRecord(value.settings) &&
  typeof value.settings.safeParse === 'function' &&
  typeof value.joins === 'function' &&
  typeof value.run === 'function'
/** Adds the project's own targets to the registry, for a command that asks targets without an environment. */
export const useOwnTargets = async (): Promise<void> => void (await ofProject())

async function ofModule(file: string): Promise<unknown> {
  const { load } = await import('./catalogue.ts')
  const module = await load(file, 'project')
  const held = isRecord(module.default) ? module.default : module
  if (held.targets !== undefined) addTargets(held.targets, file)
  return held
}

/** Every environment; a project's own come first, and hide the package's of the same name. */
export async function environments(): Promise<readonly ListedEnvironment[]> {
  const own = await ofProject()
  const theirs = Object.entries(ofPackage()).filter(([name]) => !Object.hasOwn(own, name))
  const packaged = await Promise.all(
    theirs.map(async ([name, file]) => [name, { file, home: 'package', settings: await readYaml(file, 'environment') }] as const),
  )
  const all = [...Object.entries(own), ...packaged]
  return Promise.all(all.map(async ([name, found]) => ({ home: found.home, environment: await readSettings(name, found) })))
}
/** An environment by name. @throws TriremeError `ENVIRONMENT` with the nearest name when there is none, and when its settings are at fault */
export async function findEnvironment(name: string): Promise<Environment> {
  const own = await ofProject()
  if (Object.hasOwn(own, name)) return readSettings(name, own[name]!)
  const packaged = ofPackage()
  const file = Object.hasOwn(packaged, name) ? packaged[name] : undefined
  if (file !== undefined) return readSettings(name, { file, home: 'package', settings: await readYaml(file, 'environment') })
  const known = [...Object.keys(own), ...Object.keys(packaged).filter(each => !Object.hasOwn(own, each))]
  throw new TriremeError(
    'ENVIRONMENT',
    `There is no environment ${shown(name)}.${await didYouMean(name, known)} There are: ${known.join(', ')}. Your own stand in trireme.config.yaml or trireme.config.ts; docs/reference/environments.md says how.`,
  )
}
/**
 * An environment whose target has a capability that not all targets have.
 * @throws TriremeError `ENVIRONMENT` when it cannot, with the targets that can
 */
export async function environmentThatCan<C extends Capability>(
  name: string,
  capability: C,
): Promise<{ readonly environment: Environment; readonly target: Capable<C> }> {
  const environment = await findEnvironment(name)
  const target = await targetOf(environment)
  if (can(target, capability)) return { environment, target }
  throw new TriremeError(
    'ENVIRONMENT',
    `The environment "${name}" ${lacking[capability]}: its target is ${target.name}. Name one whose target is ${(await targetsThatCan(capability)).map(({ name }) => name).join(' or ')}; "trireme list --environments" shows them.`,
  )
}
/** What is said of a target without the capability. */
const lacking: Readonly<Record<Capability, string>> = {
  compile: 'cannot be compiled for',
  attach: 'has no runs that go on without their client',
  examine: 'has nothing that "doctor --on" could look at',
  setup: 'needs no setting up',
}
/**
 * A settings file with an environment whose objects lie in a folder of its bucket, where nothing is yet.
 * @returns undefined where the environment has no bucket
 */
export async function withOwnBucket(name: string, folder: string): Promise<string | undefined> {
  const environment = await findEnvironment(name)
  const packaged = ofPackage()[name]
  const { file, settings } = (await ofProject())[name] ?? { file: packaged!, settings: await readYaml(packaged!, 'environment') } // one of the two has it
  if (!('bucket' in environment) || !isRecord(settings) || !isRecord(settings.bucket)) return undefined
  const { paths = [] } = await targetOf(environment)
  const absolute = (place: unknown) =>
    typeof place === 'string' ? path.resolve(path.dirname(file), place.replace(/^~(?=\/)/, os.homedir())) : place
  const placed = Object.entries(settings).map(([key, value]) => [key, paths.includes(key) ? absolute(value) : value])
  const { images } = settings
  const { prefix } = environment.bucket as { readonly prefix: string } // with its default
  const own = {
    ...Object.fromEntries(placed),
    ...(isRecord(images) && { images: { ...images, ...(images.lock !== undefined && { lock: absolute(images.lock) }) } }),
    bucket: { ...settings.bucket, prefix: [prefix, folder].filter(Boolean).join('/') },
  }
  return stringify({ environments: { [name]: own } }, { lineWidth: 0 })
}
/**
 * An environment as YAML to copy into a project's trireme.config.yaml: the package's with its comments, a project's own as its settings stand.
 * Undefined where there is none of that name.
 */
export async function environmentText(name: string): Promise<string | undefined> {
  const [own, packaged] = [await ofProject(), ofPackage()]
  const found = Object.hasOwn(own, name) ? own[name]! : undefined
  const file = found ? undefined : Object.hasOwn(packaged, name) ? packaged[name] : undefined
  if (!found && file === undefined) return undefined
  if (found) await readSettings(name, found) // what is at fault may be a secret: it is told, not shown
  const text = found ? stringify(found.settings, { lineWidth: 0 }) : readFileSync(file!, 'utf8') // one of the two, as asked above
  const indented = text.trimEnd().replace(/^(?=.)/gm, '    ')
  const from = found ? `of ${found.file}` : 'of the package; copy it into your trireme.config.yaml, under a name of your own'
  return `# Environment ${name}, ${from}\nenvironments:\n  ${name}:\n${indented}`
}
/** Names of the project's own environments, their settings unread. */
export const ownEnvironmentNames = async (): Promise<readonly string[]> => Object.keys(await ofProject())
/** Names of all environments, their settings unread. */
export const environmentNames = async (): Promise<readonly string[]> => [
  ...new Set([...Object.keys(await ofProject()), ...Object.keys(ofPackage())]),
]

/** Paths in it start at its own folder, whatever the working directory will be. */
async function readSettings(name: string, { file, settings }: ProjectSettings): Promise<Environment> {
  const environment = await readEnvironment(name, settings, path.relative('', file))
  const { paths = [] } = await targetOf(environment)
  const at = (place: string) => path.resolve(path.dirname(file), place.replace(/^~(?=\/)/, os.homedir()))
  const own = Object.entries(environment).flatMap(([setting, value]) =>
    paths.includes(setting) && typeof value === 'string' ? [[setting, at(value)] as const] : [],
  )
  const { lock } = environment.images
  return { ...environment, ...Object.fromEntries(own), images: { ...environment.images, ...(lock !== undefined && { lock: at(lock) }) } }
}
