import path from 'node:path'
import { TriremeError } from '../../core/errors.ts'
import { targetOf } from '../../core/targets/registry.ts'
import { quoted } from '../../core/vocabulary/command.ts'
import { noteLine } from '../display/print.ts'
import { type BuildOptions, buildImages } from '../machine/image-builds/build.ts'
import { barrier } from '../project/inside.ts'

export interface ImagesOptions extends BuildOptions {
  readonly on?: string
}
/** Pushes where a registry is named, by a flag or by an environment. */
export async function buildAndPush(names: readonly string[], { on, ...options }: ImagesOptions): Promise<void> {
  const settings = on === undefined ? {} : await settingsOf(on, options.lock !== undefined)
  await buildImages(names, { ...settings, ...options }, noteLine)
}
/**
 * How an environment names images. "localhost" without a port is where an engine keeps what was built here: nothing is pushed.
 * @param named whether a flag says where the lock is
 */
async function settingsOf(on: string, named: boolean): Promise<BuildOptions> {
  const { findEnvironment } = await import('../project/environments.ts') // brings zod and YAML, which no build needs
  const environment = await findEnvironment(on)
  const { registry, prefix, tag, lock } = environment.images
  const target = await targetOf(environment)
  if (!target.images)
    throw new TriremeError(
      'ENVIRONMENT',
      `The environment "${on}" needs no images: its target is ${target.name}, processes of this machine.`,
    )
  if (registry === undefined)
    throw new TriremeError(
      'ENVIRONMENT',
      `The environment "${on}" does not say where its images are. Give it a registry to which you may push: images: { registry: registry.example.org }.`,
    )
  const outside = lock !== undefined && barrier(process.cwd(), path.relative('', lock))
  if (outside && !named)
    throw new TriremeError(
      'ENVIRONMENT',
      `The environment "${on}" has its lock at ${lock}, which ${outside}, so it is not written there unasked. If it is to be, say so: --lock ${quoted(lock)}`,
    )
  return {
    prefix,
    ...(tag !== undefined && { tag }),
    ...(lock !== undefined && { lock }),
    ...(registry !== 'localhost' && { push: registry }),
  }
}
