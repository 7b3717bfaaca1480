import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { contents } from '../../../containers/images.ts'
import { readImageLock } from '../../../core/environment/images.ts'
import { shown, TriremeError } from '../../../core/errors.ts'
import { ensureFolder } from '../../../core/files.ts'
import { ownCacheOrTemporary } from '../../../core/host/own-folder.ts'
import { writeWhole } from '../../../core/store/whole-file.ts'
import { didYouMean } from '../../display/suggest.ts'
import { barrier } from '../../project/inside.ts'
import { packageRoot, version } from '../../project/package.ts'
import { checkContents } from './check.ts'
import { findBuilder, type ImageBuilder } from './engine.ts'
import { billOf, inventory } from './materials.ts'

const containers = path.join(packageRoot, 'containers')
/** Where locks and bills of materials are written, unless an option says otherwise: the project, or containers/ in the checkout of the package itself. */
const ownFolder = () => (path.relative(packageRoot, '') === '' ? containers : process.cwd())
/** Build context for the engine: a copy of containers/ with npm's packages, kept so that they are fetched once. The package's own folder may be read-only. */
const contextFolder = () => ownCacheOrTemporary(path.join('images', version()))

export interface BuildOptions {
  readonly engine?: string | undefined
  readonly base?: string | undefined
  readonly prefix?: string | undefined
  readonly tag?: string | undefined
  /** Registry to push to; without it nothing is pushed. */
  readonly push?: string | undefined
  readonly lock?: string | undefined
  readonly sbom?: string | undefined
  readonly source?: string | undefined
  readonly isolation?: string | undefined
  /** Builds nothing. */
  readonly check?: boolean | undefined
}
interface BuildSettings extends BuildOptions {
  readonly prefix: string
  readonly tag: string
  readonly lock: string
  readonly sbom: string
}
/** Builds images, checks the versions of their tools, writes their bills of materials, and pushes them if a registry is named. */
export async function buildImages(named: readonly string[], options: BuildOptions, say: (line: string) => void): Promise<void> {
  const unknown = named.find(name => !Object.hasOwn(contents, name))
  if (unknown !== undefined) {
    const known = Object.keys(contents)
    throw new TriremeError(
      'USAGE',
      `There is no image ${shown(unknown)}.${await didYouMean(unknown, known)} There are: ${known.join(', ')}.`,
    )
  }
  const settings: BuildSettings = {
    ...options,
    prefix: options.prefix ?? 'trireme',
    tag: options.tag ?? version(),
    lock: options.lock ?? path.join(ownFolder(), 'images.lock'),
    sbom: options.sbom ?? path.join(ownFolder(), 'sbom'),
  }
  const names = named.length > 0 ? named : Object.keys(contents).filter(name => name !== 'training-cuda')
  refuseLinks([
    ...(options.push !== undefined && options.lock === undefined ? ['images.lock'] : []),
    ...(options.sbom === undefined ? names.map(billName).map(name => `sbom/${name}`) : []),
  ])
  const engine = await findBuilder(settings.engine)
  for (const name of names) {
    const image = `localhost/${[settings.prefix, name].filter(Boolean).join('/')}:${settings.tag}`
    if (!settings.check) await build(engine, name, image, settings)
    else if (!(await engine.has(image)))
      throw new TriremeError('ENVIRONMENT', `There is no image ${image} here. Build it: the same command without --check.`)
    await checkContents(engine, name, image)
    await bill(engine, name, image, settings)
    const held = Object.keys(contents[name as keyof typeof contents]).join(', ') // checked above
    say(`${name}: ${image}, ${megabytes(await engine.inspect(image, '{{.Size}}'))}; versions of ${held} are right`)
    if (settings.push !== undefined) say(`${name}: ${await push(engine, name, image, settings.push, settings)}`)
  }
  if (settings.push !== undefined) say(`Digests are in ${path.relative('', settings.lock)}: keep it, since runs take images by them.`)
}
/** Names that nobody gave are looked at: a project of somebody else's may have links there. */
function refuseLinks(places: readonly string[]): void {
  const barred = places.flatMap(place => {
    const why = barrier(ownFolder(), place)
    return why === undefined ? [] : [`  ${place} ${why}`]
  })
  if (barred.length > 0)
    throw new TriremeError(
      'USAGE',
      `These files are not to be written, so nothing was built:\n${barred.join('\n')}\nRemove the links, or say where else with --lock and --sbom.`,
    )
}
const billName = (image: string) => `${image}.spdx.json`
const megabytes = (bytes: string) => `${Math.round(Number(bytes) / 1e6)} MB`

async function build(
  engine: ImageBuilder,
  name: string,
  image: string,
  { tag, source = '', base, isolation }: BuildSettings,
): Promise<void> {
  const context = contextFolder()
  const text = readFileSync(path.join(containers, name, 'Dockerfile'), 'utf8')
  cpSync(containers, context, { recursive: true })
  for (const folder of ['node', 'imaging']) if (text.includes(`COPY ${folder}/`)) packagesIn(path.join(context, folder))
  const labels = { version: tag, ...(source !== '' && { source }), 'base.name': base ?? /^ARG BASE=(.*)$/m.exec(text)?.[1] ?? '' }
  await engine.show([
    'build',
    ...(engine.name === 'podman' && isolation !== undefined ? ['--isolation', isolation] : []),
    ...(base === undefined ? [] : ['--build-arg', `BASE=${base}`]),
    ...Object.entries(labels).flatMap(([label, value]) => ['--label', `org.opencontainers.image.${label}=${value}`]),
    ...['--platform', 'linux/amd64', '--tag', image, '--file', path.join(context, name, 'Dockerfile'), context],
  ])
}
/** npm compares what it brings with the digests in package-lock.json. What is there already stays. */
function packagesIn(folder: string): void {
  const wanted = readFileSync(path.join(folder, 'package-lock.json'), 'utf8')
  const mark = path.join(folder, 'node_modules', 'from')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return
  const npm = process.env.npm_execpath
  const [program, first] = npm?.endsWith('npm-cli.js') ? [process.execPath, [npm]] : ['npm', []]
  const platform = ['--os', 'linux', '--cpu', 'x64', '--libc', 'glibc']
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'error']
  try {
    execFileSync(program, [...first, 'ci', ...platform, ...quiet], { cwd: folder, stdio: ['ignore', 2, 2] })
  } catch (cause) {
    throw new TriremeError('ENVIRONMENT', `npm could not fetch the packages of ${folder}. Read the lines above, and try again.`, { cause })
  }
  writeWhole(mark, wanted)
}
async function bill(engine: ImageBuilder, name: string, image: string, { tag, sbom }: BuildSettings): Promise<void> {
  const [id = '', created = '', licence = ''] = (
    await engine.inspect(image, '{{.Id}}\t{{json .Created}}\t{{index .Config.Labels "org.opencontainers.image.licenses"}}')
  ).split('\t')
  const subject = { name: `trireme-${name}`, version: tag, id, created: created.replaceAll('"', ''), licence }
  ensureFolder(sbom)
  writeWhole(path.join(sbom, billName(name)), `${JSON.stringify(billOf(subject, await engine.ask(image, inventory)), null, 1)}\n`)
}
/** Names that were not pushed this time stay in the lock. @returns repository and digest */
async function push(
  engine: ImageBuilder,
  name: string,
  image: string,
  registry: string,
  { prefix, tag, lock }: BuildSettings,
): Promise<string> {
  const repository = [registry.replace(/\/+$/, ''), prefix, name].filter(Boolean).join('/')
  const locked = `${repository}@${await engine.push(image, `${repository}:${tag}`)}`
  const { readYaml } = await import('../../project/yaml-file.ts') // brings YAML, which no build needs
  const before = existsSync(lock) ? readImageLock(await readYaml(lock, 'lock of images'), lock) : {}
  const after = Object.entries({ ...before, [name]: locked }).sort(([a], [b]) => (a < b ? -1 : 1))
  writeWhole(lock, `${JSON.stringify(Object.fromEntries(after), null, 2)}\n`)
  return locked
}
