import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { contents } from '../../containers/images.ts'
import { type Engine, engines } from '../../core/environment/engines.ts'
import { type AskVersion, imageFor, imageVersions, readImageLock } from '../../core/environment/images.ts'
import type { Environment } from '../../core/environment/settings.ts'
import { TriremeError } from '../../core/errors.ts'
import type { Plan } from '../../core/graph/plan.ts'
import { toldIn } from '../../core/host/version-ask.ts'
import { rememberedVersions, rememberVersions } from '../../core/host/versions-memo.ts'
import type { Store } from '../../core/store/store.ts'
import { isFile, programCommand } from '../../core/targets/container/command.ts'
import { ask, findEngine, readyImage } from '../../core/targets/container/engine.ts'
import { targetOf } from '../../core/targets/registry.ts'
import type { Tool } from '../../core/vocabulary/tool.ts'
import { packageRoot, version } from '../project/package.ts'
import { readYaml } from '../project/yaml-file.ts'

export interface ImageOptions {
  /** Images that were not pushed yet are named by their tag, for a manifest that is read and not run. @default false: they are refused */
  readonly unpinned?: boolean
}
/** The images that names stand for in an environment; where steps run without images, the names themselves. @throws TriremeError `ENVIRONMENT` when its lock cannot be read */
export async function imagesIn(environment: Environment, { unpinned = false }: ImageOptions = {}): Promise<(name: string) => string> {
  const { name, images } = environment
  const { images: use } = await targetOf(environment)
  if (!use) return image => image
  const alone = Object.values(images.swap).find(({ reference }) => isFile(reference))
  if (alone && !use.files)
    throw new TriremeError(
      'ENVIRONMENT',
      `The environment "${name}" has the image ${alone.reference}, a file of this machine, which apptainer alone can run. Name one in a registry that the cluster can reach.`,
    )
  const file = images.lock ?? [path.resolve('images.lock'), path.join(packageRoot, 'containers', 'images.lock')].find(existsSync)
  const lock = file !== undefined ? readImageLock(await readYaml(file, 'lock of images'), file) : {}
  const instead = unpinned ? version() : undefined // as the build tags them
  return image => imageFor(image, { images, environment: name, lock, contents, instead })
}
/** Versions of the plan's tools in the images of an environment. */
export async function versionsIn(
  plan: Plan,
  environment: Environment,
  store: Store,
  options: ImageOptions = {},
): Promise<ReadonlyMap<string, string>> {
  const image = await imagesIn(environment, options)
  return imageVersions(plan, { images: environment.images, contents, image, ask: asker(path.join(store.root, 'images.json'), environment) })
}
/** Runs version commands in images, and remembers the answers by the image's digest: the same digest never has another version. */
function asker(memo: string, environment: Environment): AskVersion {
  let known: Record<string, string> | undefined
  let found: Promise<Engine> | undefined
  return async (reference, tool) => {
    known ??= rememberedVersions(memo)
    const engine = () => (found ??= engineFor(environment, reference, tool)) // looked for only when a version is not known yet
    const digest = /sha256:[0-9a-f]{64}$/.exec(reference)?.[0] ?? (await idOf(await engine(), reference))
    if (digest === undefined) return versionIn(await engine(), reference, tool)
    const mark = JSON.stringify([digest, tool.name, tool.version.argv, tool.version.match.source])
    const before = known[mark]
    if (before !== undefined) return before
    const version = await versionIn(await engine(), reference, tool)
    known[mark] = version
    rememberVersions(memo, known)
    return version
  }
}
/** The engine that the environment names; for a cluster, and where none is named, the first that is installed here. */
async function engineFor(environment: Environment, reference: string, tool: Tool): Promise<Engine> {
  const { images } = await targetOf(environment)
  try {
    return findEngine(images?.engine?.(environment))
  } catch (cause) {
    throw new TriremeError(
      'TOOL',
      `The version of ${tool.name} in ${reference} is not known, and there is no ${engines.slice(0, -1).join(', ')} or ${engines.at(-1)} here to ask it. Say it in the settings: images: { swap: { NAME: { reference: …, versions: { ${tool.name}: VERSION } } } }.`,
      { cause },
    )
  }
}
/** What identifies an image's content: its id, or a file's size and time; undefined for a folder, which may change, and where apptainer has no id. */
async function idOf(engine: Engine, reference: string): Promise<string | undefined> {
  await readyImage(engine, reference)
  if (engine !== 'apptainer') return (await ask([engine, 'image', 'inspect', '--format', '{{.Id}}', reference])).stdout.trim()
  const file = isFile(reference) ? await stat(reference) : undefined
  return file?.isFile() ? `${reference} ${file.size} ${file.mtimeMs}` : undefined
}
/** The status does not matter, since tools differ (bwa: 1); 125 is an engine that cannot start the image at all. */
async function versionIn(engine: Engine, reference: string, tool: Tool): Promise<string> {
  await readyImage(engine, reference)
  const { status, stdout, stderr } = await ask(programCommand(engine, reference, tool.version.argv))
  const { version, lacks } = toldIn(status === 125 ? '' : `${stdout}\n${stderr}`, tool.version)
  if (version !== undefined) return version
  if (lacks !== undefined) throw new TriremeError('TOOL', `${tool.name} in ${reference}: ${lacks}`)
  const asked = tool.version.argv.map(word => (word.length > 200 ? '…' : word)).join(' ') // a program of many lines is no help
  const why = status === 0 ? '' : `: ${stderr.trim().split('\n').at(-1)}`
  throw new TriremeError(
    'TOOL',
    `${tool.name} does not tell its version in ${reference} ("${asked}"${why}). Take an image that has it, or say the version in the settings.`,
  )
}
