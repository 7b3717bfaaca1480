import type { Command } from 'commander'
import type { Copy } from '../project/copies.ts'

export function register(program: Command): void {
  program
    .command('diff [name]')
    .description('compare copies with the ones they came from')
    .action(async (name: string | undefined) => diff(name, process.cwd()))
}
export async function diff(name: string | undefined, project: string): Promise<void> {
  const { chosen, compare, readCopiesLock } = await import('../project/copies.ts')
  const copies = compare(project, await chosen(readCopiesLock(project), name))
  const width = Math.max(...copies.map(({ state }) => state.length))
  const lines = copies.map(({ state, place }) => `${state.padEnd(width)}  ${place}`)
  const changes = await Promise.all(copies.filter(({ here, upstream }) => here && upstream && !here.equals(upstream)).map(lineByLine))
  process.stdout.write([...lines, ...changes.map(text => `\n${text.trimEnd()}`), ''].join('\n'))
}
/** From the package's file to the project's, as diff -u prints it; nothing where the system has no diff. */
async function lineByLine({ place, here, upstream }: Copy): Promise<string> {
  const { mkdtempSync, rmSync, writeFileSync } = await import('node:fs')
  const { spawnSync } = await import('node:child_process')
  const path = await import('node:path')
  const os = await import('node:os')
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-diff-'))
  const [theirs, yours] = [path.join(folder, 'theirs'), path.join(folder, 'yours')]
  writeFileSync(theirs, upstream ?? '')
  writeFileSync(yours, here ?? '')
  const { stdout } = spawnSync('diff', ['-u', '--label', `trireme-bio/${place}`, '--label', place, theirs, yours], { encoding: 'utf8' })
  rmSync(folder, { recursive: true })
  return stdout ?? ''
}
