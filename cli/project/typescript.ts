import { createRequire } from 'node:module'
import { ownCache } from '../../core/host/own-folder.ts'

/**
 * Loads a project's own TypeScript. Packages are imported as they are, not through the loader: so that the project's
 * steps and this command line share one copy of the library, and zod is not transformed anew (it alone would take a second).
 * What was transformed is kept on disk and run the next time: where nobody else can write, or not at all. Left to itself jiti keeps it in
 * a folder of /tmp, whoever made that.
 */
export function typescript(): (file: string) => Promise<object> {
  // Required, not imported: Node searches an imported CommonJS file for its exports first, which for jiti takes three times as long as all else.
  const { createJiti } = createRequire(import.meta.url)('jiti') as typeof import('jiti') // the same package
  const fsCache = ownCache('jiti') ?? false
  const jiti = createJiti(import.meta.url, { nativeModules: ['trireme-bio', 'zod'], interopDefault: false, fsCache })
  return file => jiti.import(file)
}
