import { existsSync, readdirSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { readEnvironment } from '../../core/environment/read.ts'
import type { ArgoEnvironment, Environment } from '../../core/environment/settings.ts'
import { shown, TriremeError } from '../../core/errors.ts'
import { didYouMean } from '../display/suggest.ts'
import type { Home } from './catalogue.ts'
import { house } from './package.ts'
import { readYaml } from './yaml-file.ts'

interface Settings {
  readonly file: string
  readonly home: Home
  readonly settings: unknown
}
export interface ListedEnvironment {
  readonly home: Home
  readonly environment: Environment
}
const builtIn = path.join(house, 'environments')

/** Of the package by name, one file each; not looked into until one is asked for. */
const ofPackage = (): Readonly<Record<string, string>> =>
  Object.fromEntries(readdirSync(builtIn).flatMap(name => (name.endsWith('.yaml') ? [[name.slice(0, -5), path.join(builtIn, name)]] : [])))

/** The project's settings file. @throws TriremeError `ENVIRONMENT` when there are two, or it holds no environments */
async function ofProject(): Promise<Readonly<Record<string, Settings>>> {
  const files = ['ts', 'mjs', 'js', 'yaml', 'yml', 'json'].map(ending => `trireme.config.${ending}`).filter(name => existsSync(name))
  const [file] = files
  if (file === undefined) return {}
  if (files.length > 1) throw new TriremeError('ENVIRONMENT', `There are ${files.join(' and ')}. Keep one of them.`)
  const held = /\.[mj]?[jt]s$/.test(file) ? await ofModule(path.resolve(file)) : await readYaml(file, 'settings file')
  const environments = isRecord(held) ? (held.environments === null ? {} : held.environments) : undefined
  if (!isRecord(environments))
    throw new TriremeError(
      'ENVIRONMENT',
      `${file} has no "environments". Write ${/s$/.test(file) ? "export const environments = { NAME: { target: 'local' } }" : 'environments: { NAME: { target: local } }'}; docs/reference/environments.md has more.`,
    )
  return Object.fromEntries(Object.entries(environments).map(([name, settings]) => [name, { file, home: 'project', settings }]))
}
async function ofModule(file: string): Promise<unknown> {
  const { load } = await import('./catalogue.ts')
  const module = await load(file, 'project')
  return isRecord(module.default) ? module.default : module
}
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Every environment; a project's own come first, and hide the package's of the same name. */
export async function environments(): Promise<readonly ListedEnvironment[]> {
  const own = await ofProject()
  const theirs = Object.entries(ofPackage()).filter(([name]) => !Object.hasOwn(own, name))
  const packaged = await Promise.all(
    theirs.map(async ([name, file]) => [name, { file, home: 'package', settings: await readYaml(file, 'environment') }] as const),
  )
  return [...Object.entries(own), ...packaged].map(([name, found]) => ({ home: found.home, environment: read(name, found) }))
}
/** An environment by name. @throws TriremeError `ENVIRONMENT` with the nearest name when there is none, and when its settings are at fault */
export async function findEnvironment(name: string): Promise<Environment> {
  const own = await ofProject()
  if (Object.hasOwn(own, name)) return read(name, own[name]!)
  const packaged = ofPackage()
  const file = Object.hasOwn(packaged, name) ? packaged[name] : undefined
  if (file !== undefined) return read(name, { file, home: 'package', settings: await readYaml(file, 'environment') })
  const known = [...Object.keys(own), ...Object.keys(packaged).filter(each => !Object.hasOwn(own, each))]
  throw new TriremeError(
    'ENVIRONMENT',
    `There is no environment ${shown(name)}.${await didYouMean(name, known)} There are: ${known.join(', ')}. Your own stand in trireme.config.yaml or trireme.config.ts; docs/reference/environments.md says how.`,
  )
}
/** One that is a cluster. @throws TriremeError `ENVIRONMENT` when it is none */
export async function argoEnvironment(name: string): Promise<ArgoEnvironment> {
  const environment = await findEnvironment(name)
  if (environment.target === 'argo') return environment
  throw new TriremeError(
    'ENVIRONMENT',
    `The environment "${name}" is no cluster: its target is ${environment.target}. Name one whose target is argo.`,
  )
}
/** Paths in it start at its own folder, whatever the working directory will be. */
function read(name: string, { file, settings }: Settings): Environment {
  const environment = readEnvironment(name, settings, path.relative('', file))
  const at = (place: string) => path.resolve(path.dirname(file), place.replace(/^~(?=\/)/, os.homedir()))
  const { lock } = environment.images
  const images = { ...environment.images, ...(lock !== undefined && { lock: at(lock) }) }
  if (environment.target !== 'argo' || environment.kubeconfig === undefined) return { ...environment, images }
  return { ...environment, images, kubeconfig: at(environment.kubeconfig) }
}
