import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
/** The two compilers that users have: the native one, and the last of the JavaScript line. */
export const compilers = [
  { name: 'TypeScript 7', program: path.join(root, 'node_modules/typescript/bin/tsc') },
  { name: 'TypeScript 5.9', program: path.join(root, 'node_modules/typescript-5/bin/tsc') },
] as const

/** What a compiler prints for a project. The status says nothing here: it is 1 or 2 wherever there is an error. */
export function compile(program: string, project: string, ...options: string[]): string {
  const { stdout, stderr, error } = spawnSync(process.execPath, [program, '-p', project, '--pretty', 'false', ...options], {
    encoding: 'utf8',
  })
  if (error) throw error
  return stdout + stderr
}
