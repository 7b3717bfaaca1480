import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** What a module names in its text. */
export interface Mentions {
  /** As written: './roles.ts', 'trireme-bio/kinds', 'node:fs'. */
  readonly imports: readonly string[]
  /** Files that `asset(import.meta.url, …)` names. */
  readonly assets: readonly string[]
}
// The text is read, not run: no compiler is installed with the package, and loading a file to copy it would run its author's code.
const importing =
  /(?:^|[\n;}])\s*(?:import|export)\b[^'"`=()]*?\bfrom\s*['"]([^'"\n]+)['"]|(?:^|[\n;])\s*import\s*['"]([^'"\n]+)['"]|(?:^|\n)\/\/\/ <reference path="([^"\n]+)"|\bimport\(\s*['"]([^'"\n]+)['"]\s*\)|\bcreateRequire\d*\([\w.]+\)\(\s*['"]([^'"\n]+)['"]\s*\)/g
const naming = /\basset\(\s*import\.meta\.url,\s*['"]([^'"\n]+)['"]/g
export function mentions(text: string): Mentions {
  const imports = [...text.matchAll(importing)].map(match => match.slice(1).find(word => word !== undefined) ?? '')
  return { imports: [...new Set(imports)], assets: [...new Set([...text.matchAll(naming)].map(match => match[1] ?? ''))] }
}
/**
 * The files themselves and every file that they import, directly or not.
 * @param resolve the file that an import stands for, or undefined for one that is not followed; relative ones are resolved by default
 */
export function reach(
  files: readonly string[],
  resolve: (imported: string, from: string) => string | undefined = relative,
): readonly string[] {
  const found = new Set<string>()
  const open = [...files]
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (found.has(file) || !existsSync(file)) continue
    found.add(file)
    for (const imported of mentions(readFileSync(file, 'utf8')).imports) {
      const next = resolve(imported, file)
      if (next !== undefined) open.push(next)
    }
  }
  return [...found].sort()
}
export const relative = (imported: string, from: string): string | undefined =>
  imported.startsWith('.') ? path.resolve(path.dirname(from), imported) : undefined
