import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { chosen, compare, lockName, lockText, noted, readCopiesLock, withAllTheyNeed } from '../project/copies.ts'
import { nameLibraries, readPackageJson, toInstall } from '../project/libraries.ts'
import { version } from '../project/package.ts'

export async function upgrade(name: string | undefined, project: string): Promise<void> {
  readPackageJson(project) // read before anything is written
  const lock = readCopiesLock(project)
  const copies = compare(project, await chosen(lock, name))
  const notes: Record<string, { readonly version: string; readonly sha256: string }> = { ...lock.files }
  const lines: string[] = []
  for (const { place, state, upstream } of copies) {
    if (upstream === undefined) lines.push(`${place}: the package no longer has it; yours is left as it is`)
    else if (state === 'changed upstream') {
      writeFileSync(path.join(project, place), upstream)
      notes[place] = noted(upstream)
      lines.push(`${place}: upgraded`)
    } else if (state === 'changed by both') {
      writeFileSync(path.join(project, `${place}.new`), upstream)
      lines.push(`${place}: conflict, changed by you and upstream. The new one is ${place}.new: merge the two and remove it`)
      notes[place] = noted(upstream) // from here on it counts as changed by you
    } else if (state === 'unchanged') notes[place] = noted(upstream)
  }
  const upgraded = copies.filter(({ state }) => state === 'changed upstream').map(({ place }) => place)
  for (const { place, from } of withAllTheyNeed(upgraded)) {
    const file = path.join(project, place)
    if (place in notes || existsSync(file)) continue
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, readFileSync(from))
    notes[place] = noted(readFileSync(from))
    lines.push(`${place}: new, an upgraded file imports it`)
  }
  writeFileSync(path.join(project, lockName), lockText(notes))
  const here = Object.keys(notes).filter(place => existsSync(path.join(project, place)))
  lines.push(...toInstall(nameLibraries(project, here)))
  const said = lines.length > 0 ? lines : [`Nothing to do: the package is at ${version()}, and it has nothing newer.`]
  process.stdout.write(`${said.join('\n')}\n`)
}
