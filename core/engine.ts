import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { TriremeError } from './errors.ts'

const command = promisify(execFile)

/** Podman before docker: it needs no service, and no rights that root alone has. */
export type ImageEngine = 'podman' | 'docker'
/** The first that works here; undefined when none does. */
export async function findImageEngine(among: readonly ImageEngine[] = ['podman', 'docker']): Promise<ImageEngine | undefined> {
  for (const engine of among) {
    const works = await command(engine, ['version']).then(
      () => true,
      () => false,
    )
    if (works) return engine
  }
  return undefined
}
/** A registry on this machine speaks without TLS: docker knows that by itself, podman has to be told. */
const isHere = (reference: string) => /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?\//.test(reference)

/**
 * Sees to it that an image is here, and says which it is: the id that the engine knows its content by.
 * @throws TriremeError `ENVIRONMENT` when it cannot be got, with the registry's reason and what helps
 */
export async function pulled(engine: ImageEngine, reference: string): Promise<string> {
  const look = () => command(engine, ['image', 'inspect', '--format', '{{.Id}}', reference]).then(({ stdout }) => stdout.trim())
  try {
    return await look()
  } catch {
    // not here yet
  }
  try {
    await command(engine, ['pull', '--quiet', ...(engine === 'podman' && isHere(reference) ? ['--tls-verify=false'] : []), reference])
    return await look()
  } catch (error) {
    const reason = lastLine(error)
    throw new TriremeError(
      'ENVIRONMENT',
      `The image ${reference} cannot be got: ${reason.replace(/\.?$/, '.')} ${remedy(reason, engine, reference)}`,
      {
        cause: error,
      },
    )
  }
}
function remedy(reason: string, engine: ImageEngine, reference: string): string {
  const host = reference.split('/')[0]
  if (/unauthorized|authentication required|denied|forbidden/i.test(reason))
    return `The registry wants to know who asks: "${engine} login ${host}".`
  if (/manifest unknown|not found|name unknown/i.test(reason))
    return 'Check its name and digest; one of our own is pushed by "npm run images -- --push REGISTRY".'
  if (/x509|certificate|HTTP response to HTTPS/i.test(reason))
    return `The registry's certificate is not trusted here: add it to those of ${engine}.`
  return `Check that ${host} can be reached from here.`
}
/** What a program that failed said last. */
export function lastLine(error: unknown): string {
  const text = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : String(error)
  return (text.trim().split('\n').at(-1) ?? '').replace(/^(Error|Error response from daemon): /, '')
}
