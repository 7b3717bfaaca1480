import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { PlanError } from '../errors.ts'

/** A file that belongs to a step's source, such as a script. Its bytes are part of the key; its name is not. */
export interface Asset {
  readonly path: string
  readonly sha256: string
}
/**
 * Declares a file beside the step: `asset(import.meta.url, './plot.py')`.
 * What it imports must be an asset of the step, too, or its content would not be in the key. Elsewhere the assets of a step lie in one
 * folder, each under the name of its slot: `colours: asset(import.meta.url, './colours.py')` is what `import colours` finds.
 * Where two steps share an asset, a change of it runs both again.
 * A name ending in `.script.mjs` is the bundle that `npm run build` makes of the `.script.ts` beside it.
 * @throws PlanError `DEFINITION` when it is first used and there is no such file
 */
export function asset(base: string, relative: string): Asset {
  const beside = fileURLToPath(new URL(relative, base))
  let known: { path: string; sha256: string } | undefined
  const look = () => {
    if (known) return known
    const found = [beside, builtFrom(beside)].find(place => place !== undefined && existsSync(place))
    if (found === undefined) {
      const remedy = beside.endsWith('.script.mjs') ? 'Build it with "npm run build".' : 'Put the file there, or correct the name.'
      throw new PlanError('DEFINITION', `There is no asset ${beside}. A step's asset is a file beside the step. ${remedy}`)
    }
    known = { path: found, sha256: createHash('sha256').update(readFileSync(found)).digest('hex') }
    return known
  }
  return {
    get path() {
      return look().path
    },
    get sha256() {
      return look().sha256
    },
  }
}
/** In a checkout the bundle of steps/TOOL/VERB.script.ts is dist/steps/TOOL/VERB.script.mjs. */
function builtFrom(beside: string): string | undefined {
  for (let dir = path.dirname(beside); dir !== path.dirname(dir); dir = path.dirname(dir))
    if (existsSync(path.join(dir, 'package.json'))) return path.join(dir, 'dist', path.relative(dir, beside))
  return undefined
}
