import { createJiti } from 'jiti'

/**
 * Loads a project's own TypeScript. Packages are imported as they are, not through the loader: so that the project's
 * steps and this command line share one copy of the library, and zod is not transformed anew (it alone would take a second).
 */
export function typescript(): (file: string) => Promise<object> {
  const jiti = createJiti(import.meta.url, { nativeModules: ['trireme-bio', 'zod'], interopDefault: false })
  return file => jiti.import(file)
}
