import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** Folder whose `pipelines/` and `steps/` this very code belongs to: `dist` when compiled, the checkout when run from source. */
export const house: string = fileURLToPath(new URL('../..', import.meta.url))
/** Whether the package's modules are compiled. */
export const ending: '.js' | '.ts' = import.meta.url.endsWith('.js') ? '.js' : '.ts'
/** Folder with the package.json: above `dist` when compiled. */
export const packageRoot: string = existsSync(path.join(house, 'package.json')) ? house : path.join(house, '..')
/** Version of the package. */
export const version = (): string => JSON.parse(readFileSync(path.join(packageRoot, 'package.json'), 'utf8')).version
