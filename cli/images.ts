import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { contents } from '../containers/images.ts'
import type { Environment } from '../core/environment.ts'
import { TriremeError } from '../core/errors.ts'
import { type AskVersion, imageFor, imageVersions, readLock } from '../core/images.ts'
import type { Plan } from '../core/plan.ts'
import type { Store } from '../core/store/store.ts'
import { ask, findEngine, readyImage } from '../core/targets/container/engine.ts'
import type { Tool } from '../core/tool.ts'
import { packageRoot } from './package.ts'
import { readYaml } from './params-file.ts'

/** What the names of images stand for in an environment. @throws TriremeError `ENVIRONMENT` when its lock cannot be read */
export async function imagesIn({ name, images }: Environment): Promise<(name: string) => string> {
  const file = images.lock ?? [path.resolve('images.lock'), path.join(packageRoot, 'containers', 'images.lock')].find(existsSync)
  const lock = file !== undefined ? readLock(await readYaml(file, 'lock of images'), file) : {}
  return image => imageFor(image, { images, environment: name, lock, contents })
}
/** Versions of the plan's tools in the images of an environment. */
export async function versionsIn(plan: Plan, environment: Environment, store: Store): Promise<ReadonlyMap<string, string>> {
  const image = await imagesIn(environment)
  return imageVersions(plan, { images: environment.images, contents, image, ask: asker(path.join(store.root, 'images.json'), environment) })
}
/** Runs version commands in images, and remembers the answers by the image's digest: the same digest never has another version. */
function asker(memo: string, environment: Environment): AskVersion {
  let known: Promise<Record<string, string>> | undefined
  let writing = Promise.resolve()
  return async (reference, tool) => {
    known ??= readFile(memo, 'utf8')
      .then(JSON.parse)
      .catch(() => ({}))
    const digest = /sha256:[0-9a-f]{64}$/.exec(reference)?.[0] ?? (await idOf(engineFor(environment, reference, tool), reference))
    const mark = JSON.stringify([digest, tool.name, tool.version.argv, tool.version.match.source])
    const before = (await known)[mark]
    if (before !== undefined) return before
    const version = await versionIn(engineFor(environment, reference, tool), reference, tool)
    Object.assign(await known, { [mark]: version })
    writing = writing.then(async () => writeFile(memo, JSON.stringify(await known, null, 1)).catch(() => {}))
    await writing
    return version
  }
}
/** Podman or docker, whose images have ids and can be asked. */
function engineFor(environment: Environment, reference: string, tool: Tool): 'podman' | 'docker' {
  const asked = environment.target === 'container' ? environment.engine : undefined
  for (const engine of asked === 'podman' || asked === 'docker' ? [asked] : (['podman', 'docker'] as const))
    if (isHere(engine)) return engine
  throw new TriremeError(
    'TOOL',
    `The version of ${tool.name} in ${reference} is not known, and there is no podman or docker here to ask it. Say it in the settings: images: { swap: { NAME: { reference: …, versions: { ${tool.name}: VERSION } } } }.`,
  )
}
function isHere(engine: 'podman' | 'docker'): boolean {
  try {
    return findEngine(engine) === engine
  } catch {
    return false
  }
}
async function idOf(engine: 'podman' | 'docker', reference: string): Promise<string> {
  await readyImage(engine, reference)
  return (await ask([engine, 'image', 'inspect', '--format', '{{.Id}}', reference])).stdout.trim()
}
/** The status does not matter, since tools differ (bwa: 1); 125 is an engine that cannot start the image at all. */
async function versionIn(engine: 'podman' | 'docker', reference: string, tool: Tool): Promise<string> {
  await readyImage(engine, reference)
  const [program, ...words] = tool.version.argv
  const confined = ['--rm', '--network', 'none', '--read-only', '--env', 'LC_ALL=C', '--entrypoint', program]
  const { status, stdout, stderr } = await ask([engine, 'run', ...confined, reference, ...words])
  const version = status === 125 ? undefined : tool.version.match.exec(`${stdout}\n${stderr}`)?.[1]
  if (version !== undefined) return version
  const why = status === 0 ? '' : `: ${stderr.trim().split('\n').at(-1)}`
  throw new TriremeError(
    'TOOL',
    `${tool.name} does not tell its version in ${reference} ("${tool.version.argv.join(' ')}"${why}). Take an image that has it, or say the version in the settings.`,
  )
}
