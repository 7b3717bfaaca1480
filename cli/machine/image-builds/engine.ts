import { execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { TriremeError } from '../../../core/errors.ts'

const builderCommand = promisify(execFile)

/** Podman or docker behind one interface. */
export interface ImageBuilder {
  readonly name: 'podman' | 'docker'
  /** Runs a subcommand whose output people read as it comes. */
  readonly show: (words: readonly string[]) => Promise<void>
  /** Runs a program of an image: read-only, without network, as a user that no image knows. Its status does not matter, bwa's is 1. */
  readonly ask: (image: string, argv: readonly string[]) => Promise<string>
  readonly has: (image: string) => Promise<boolean>
  readonly inspect: (image: string, format: string) => Promise<string>
  /** @returns the digest that the registry has the image by */
  readonly push: (image: string, as: string) => Promise<string>
}
/** @throws TriremeError `USAGE` or `TOOL` when there is none */
export async function findBuilder(wanted: string | undefined): Promise<ImageBuilder> {
  const names = wanted === undefined ? (['podman', 'docker'] as const) : (['podman', 'docker'] as const).filter(name => name === wanted)
  if (names.length === 0) throw new TriremeError('USAGE', `--engine takes podman or docker, got "${wanted}".`)
  for (const name of names) if (await works(name)) return engine(name)
  throw new TriremeError(
    'TOOL',
    `There is no working ${names.join(' or ')} here ("${names[0]} version" fails). Install one, or name it with --engine.`,
  )
}
const works = (name: string) =>
  builderCommand(name, ['version']).then(
    () => true,
    () => false,
  )
function engine(name: ImageBuilder['name']): ImageBuilder {
  return {
    name,
    show: words => commandText(name, words),
    ask: async (image, [program = '', ...words]) => {
      const confined = ['--rm', '--network', 'none', '--read-only', '--tmpfs', '/tmp', '--user', '12345:12345']
      const all = ['run', ...confined, '--entrypoint', program, image, ...words]
      const limits = { timeout: 300_000, maxBuffer: 64 * 2 ** 20 }
      const { stdout, stderr } = await builderCommand(name, all, limits).catch(
        (ended: { readonly stdout: string; readonly stderr: string }) => ended,
      )
      return `${stdout}\n${stderr}`
    },
    has: image =>
      builderCommand(name, ['image', 'inspect', image]).then(
        () => true,
        () => false,
      ),
    inspect: async (image, format) => (await builderCommand(name, ['image', 'inspect', '--format', format, image])).stdout.trim(),
    push: (image, as) => (name === 'podman' ? pushByPodman(image, as) : pushByDocker(image, as)),
  }
}
function commandText(name: string, words: readonly string[]): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(name, words, { stdio: ['ignore', 2, 2] })
    child.on('error', fail)
    child.on('close', status =>
      status === 0 ? done() : fail(new TriremeError('ENVIRONMENT', `"${name} ${words[0]}" ended with ${status}. Read the lines above.`)),
    )
  })
}
/** Docker takes a registry on this machine without TLS by itself; podman needs an option. */
const isHere = (reference: string) => /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?\//.test(reference)

async function pushByPodman(image: string, as: string): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'trireme-push-'))
  const file = path.join(folder, 'digest')
  try {
    await commandText('podman', ['push', ...(isHere(as) ? ['--tls-verify=false'] : []), '--digestfile', file, image, as])
    return (await readFile(file, 'utf8')).trim()
  } finally {
    await rm(folder, { recursive: true })
  }
}
async function pushByDocker(image: string, as: string): Promise<string> {
  await builderCommand('docker', ['tag', image, as])
  await commandText('docker', ['push', as])
  const { stdout } = await builderCommand('docker', ['image', 'inspect', '--format', '{{json .RepoDigests}}', as])
  const repository = as.slice(0, as.lastIndexOf(':'))
  const found = (JSON.parse(stdout) as readonly string[]).find(each => each.startsWith(`${repository}@`)) // docker's own output
  if (found === undefined) throw new TriremeError('ENVIRONMENT', `docker does not tell the digest of ${as}. Push it again.`)
  return found.split('@')[1]!
}
