import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type Copy, chosen, compare, readCopiesLock } from '../project/copies.ts'

export async function diff(name: string | undefined, project: string): Promise<void> {
  const copies = compare(project, await chosen(readCopiesLock(project), name))
  const width = Math.max(...copies.map(({ state }) => state.length))
  const lines = copies.map(({ state, place }) => `${state.padEnd(width)}  ${place}`)
  const changes = await Promise.all(copies.filter(({ here, upstream }) => here && upstream && !here.equals(upstream)).map(lineByLine))
  process.stdout.write([...lines, ...changes.map(text => `\n${text.trimEnd()}`), ''].join('\n'))
}
/** From the package's file to the project's, as diff -u prints it; nothing where the system has no diff. */
async function lineByLine({ place, here, upstream }: Copy): Promise<string> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-diff-'))
  const [theirs, yours] = [path.join(folder, 'theirs'), path.join(folder, 'yours')]
  writeFileSync(theirs, upstream ?? '')
  writeFileSync(yours, here ?? '')
  const { stdout } = spawnSync('diff', ['-u', '--label', `trireme-bio/${place}`, '--label', place, theirs, yours], { encoding: 'utf8' })
  rmSync(folder, { recursive: true })
  return stdout ?? ''
}
