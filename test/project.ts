import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../cli/project/package.ts'
import { scratch } from '../core/testing.ts'

/** The command line as users have it, built. */
export const cli = path.join(packageRoot, 'dist', 'cli.js')
if (!existsSync(cli)) throw new Error('There is no dist/cli.js. Build it with "npm run build".')

/** A new project that the package is installed in, with these files of its own. */
export function projectWith(files: Readonly<Record<string, string>> = {}): string {
  const folder = scratch()
  for (const [name, content] of Object.entries({ 'package.json': '{ "name": "mine", "type": "module" }', ...files })) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), content)
  }
  mkdirSync(path.join(folder, 'node_modules'))
  symlinkSync(packageRoot, path.join(folder, 'node_modules', 'trireme-bio'))
  symlinkSync(path.join(packageRoot, 'node_modules', 'zod'), path.join(folder, 'node_modules', 'zod'))
  return folder
}
/** Without a store that the surroundings name. */
export const environment = { ...process.env, TRIREME_STORE: '' }
export function trireme(cwd: string, ...argv: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...argv], { cwd, encoding: 'utf8', env: environment })
  return { status, stdout, stderr }
}
