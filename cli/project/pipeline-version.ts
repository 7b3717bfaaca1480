import { existsSync } from 'node:fs'
import path from 'node:path'
import { readIfThere } from '../../core/files.ts'
import { jsonIn } from '../../core/store/sealed.ts'
import { findPipeline } from './catalogue.ts'
import { version } from './package.ts'

/** Version of a pipeline: Trireme's for those that come with it; of a project's own, what its package.json says, undefined where it says none. */
export async function pipelineVersion(name: string): Promise<string | undefined> {
  const { home, file } = await findPipeline(name)
  return home === 'package' ? version() : versionAbove(path.dirname(file))
}
/** Of the nearest package.json from a folder upwards. */
export function versionAbove(folder: string): string | undefined {
  const file = path.join(folder, 'package.json')
  if (!existsSync(file)) return path.dirname(folder) === folder ? undefined : versionAbove(path.dirname(folder))
  const { version }: { readonly version?: unknown } = { ...Object(jsonIn(readIfThere(file) ?? '')) }
  return typeof version === 'string' ? version : undefined
}
