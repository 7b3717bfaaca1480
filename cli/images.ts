import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { contents } from '../containers/images.ts'
import type { Environment } from '../core/environment.ts'
import { TriremeError } from '../core/errors.ts'
import { type AskVersion, imageFor, imageVersions, readLock } from '../core/images.ts'
import type { Plan } from '../core/plan.ts'
import type { Store } from '../core/store/store.ts'
import type { Tool } from '../core/tool.ts'
import { packageRoot } from './package.ts'
import { readYaml } from './params-file.ts'

/** What the names of images stand for in an environment. @throws TriremeError `ENVIRONMENT` when its lock cannot be read */
export async function imagesIn({ name, images }: Environment): Promise<(name: string) => string> {
  const file = images.lock ?? path.join(packageRoot, 'containers', 'images.lock')
  const lock = images.lock !== undefined || existsSync(file) ? readLock(await readYaml(file, 'lock of images'), file) : {}
  return image => imageFor(image, { images, owner: `environment "${name}"`, lock, contents })
}
/** Versions of the plan's tools in the images of an environment. */
export async function versionsIn(plan: Plan, environment: Environment, store: Store): Promise<ReadonlyMap<string, string>> {
  const image = await imagesIn(environment)
  return imageVersions(plan, { images: environment.images, contents, image, ask: asker(path.join(store.root, 'images.json'), environment) })
}
const command = promisify(execFile)
/** Runs version commands in images, and remembers the answers by the image's digest: the same digest never has another version. */
function asker(memo: string, environment: Environment): AskVersion {
  let known: Promise<Record<string, string>> | undefined
  let writing = Promise.resolve()
  const engine = engineFor(environment)
  return async (reference, tool) => {
    known ??= readFile(memo, 'utf8')
      .then(JSON.parse)
      .catch(() => ({}))
    const digest = /sha256:[0-9a-f]{64}$/.exec(reference)?.[0] ?? (await digestOf(await engine(reference, tool), reference))
    const mark = JSON.stringify([digest, tool.name, tool.version.argv, tool.version.match.source])
    const before = (await known)[mark]
    if (before !== undefined) return before
    const version = await versionIn(await engine(reference, tool), reference, tool)
    Object.assign(await known, { [mark]: version })
    writing = writing.then(async () => writeFile(memo, JSON.stringify(await known, null, 1)).catch(() => {}))
    await writing
    return version
  }
}
function engineFor(environment: Environment): (reference: string, tool: Tool) => Promise<string> {
  let found: Promise<string | undefined> | undefined
  const asked = environment.target === 'container' ? environment.engine : undefined
  const engines = asked === 'podman' || asked === 'docker' ? [asked] : ['podman', 'docker']
  return async (reference, tool) => {
    found ??= (async () => {
      for (const engine of engines)
        if (
          await command(engine, ['version']).then(
            () => true,
            () => false,
          )
        )
          return engine // biome-format: one line
      return undefined
    })()
    const engine = await found
    if (engine !== undefined) return engine
    throw new TriremeError(
      'TOOL',
      `The version of ${tool.name} in ${reference} is not known, and there is no ${engines.join(' or ')} here to ask it. Say it in the settings: images: { swap: { NAME: { reference: …, versions: { ${tool.name}: VERSION } } } }.`,
    )
  }
}
/** Pulls the image where it is not here yet. */
async function digestOf(engine: string, reference: string): Promise<string> {
  const look = () => command(engine, ['image', 'inspect', '--format', '{{.Id}}', reference]).then(({ stdout }) => stdout.trim())
  try {
    return await look().catch(async () => {
      await command(engine, ['pull', '--quiet', reference])
      return look()
    })
  } catch (error) {
    throw new TriremeError('ENVIRONMENT', `The image ${reference} cannot be got by ${engine}: ${lastLine(error)}`, { cause: error })
  }
}
async function versionIn(engine: string, reference: string, tool: Tool): Promise<string> {
  const [program, ...words] = tool.version.argv
  const words0 = ['run', '--rm', '--network', 'none', '--read-only', '--env', 'LC_ALL=C', '--entrypoint', program, reference, ...words]
  // The status does not matter, since tools differ (bwa: 1); an engine that cannot run it at all says 125 to 127.
  const { text, status, error } = await command(engine, words0, { timeout: 120_000 }).then(
    ({ stdout, stderr }) => ({ text: `${stdout}\n${stderr}`, status: 0, error: undefined }),
    (error: { readonly stdout?: string; readonly stderr?: string; readonly code?: unknown }) => ({
      text: `${error.stdout ?? ''}\n${error.stderr ?? ''}`,
      status: error.code,
      error,
    }),
  )
  const version = status === 125 ? undefined : tool.version.match.exec(text)?.[1]
  if (version !== undefined) return version
  throw new TriremeError(
    'TOOL',
    `${tool.name} does not tell its version in ${reference} ("${tool.version.argv.join(' ')}" by ${engine}${error ? `: ${lastLine(error)}` : ''}). Take an image that has it, or say the version in the settings.`,
  )
}
function lastLine(error: unknown): string {
  const text = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : String(error)
  return text.trim().split('\n').at(-1) ?? ''
}
