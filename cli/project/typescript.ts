import { createRequire } from 'node:module'

/**
 * Loads a project's own TypeScript. Packages are imported as they are, not through the loader: so that the project's
 * steps and this command line share one copy of the library, and zod is not transformed anew (it alone would take a second).
 * What was transformed is kept on disk by jiti, and read there the next time.
 */
export function typescript(): (file: string) => Promise<object> {
  // Required, not imported: Node searches an imported CommonJS file for its exports first, which for jiti takes three times as long as all else.
  const { createJiti } = createRequire(import.meta.url)('jiti') as typeof import('jiti') // the same package
  const jiti = createJiti(import.meta.url, { nativeModules: ['trireme-bio', 'zod'], interopDefault: false })
  return file => jiti.import(file)
}
