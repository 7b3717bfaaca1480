import { readFileSync } from 'node:fs'
import path from 'node:path'
import { TriremeError } from '../../core/errors.ts'
import { say } from '../display/print.ts'
import { digest, present, refuseUnfinished, writeTogether } from '../project/changes.ts'
import { lockChanges, lockName, noted, originals, readCopiesLock } from '../project/copies.ts'
import { nameLibraries, readPackageJson, toInstall } from '../project/libraries.ts'
import { packageRoot } from '../project/package.ts'

/** @throws TriremeError `USAGE` before anything is written, when a file would be lost */
export async function addCopy(name: string, project: string, force: boolean): Promise<void> {
  if (path.resolve(project) === path.resolve(packageRoot))
    throw new TriremeError(
      'USAGE',
      'This is the package itself, which has them all. Go to a project of yours; "trireme init DIR" makes one.',
    )
  refuseUnfinished(project)
  const lock = readCopiesLock(project)
  readPackageJson(project) // read before anything is written
  const files = (await originals(name)).map(({ place, from }) => ({ place, content: readFileSync(from) }))
  const lost = files.filter(({ place, content }) => {
    const here = present(project, place)
    return here !== undefined && !here.equals(content) && digest(here) !== lock.files[place]?.sha256
  })
  if (lost.length > 0 && !force) {
    const list = lost.map(({ place }) => `  ${place}`).join('\n')
    throw new TriremeError(
      'USAGE',
      `These files are here and hold something else, so nothing was copied:\n${list}\nMove them, or give --force to overwrite them.`,
    )
  }
  const notes = { ...lock.files, ...Object.fromEntries(files.map(({ place, content }) => [place, noted(content)])) }
  const libraries = nameLibraries(project, files)
  const bases = files.map(({ content }) => content)
  writeTogether(project, [...files, ...lockChanges(project, notes, bases), ...libraries.changes], { keep: lost.length > 0 })
  const tests = files.filter(({ place }) => place.endsWith('.test.ts'))
  const next =
    tests.length > 0
      ? [
          `Try ${tests.length === 1 ? 'its test' : 'their tests'} with: npx vitest run ${tests.length <= 3 ? tests.map(({ place }) => place).join(' ') : 'steps'}`,
        ]
      : []
  say(
    [
      ...files.map(({ place }) => `  ${place}`),
      `${files.length} file${files.length === 1 ? '' : 's'} copied and noted in ${lockName}.`,
      ...(lost.length > 0 ? ['To have back what was overwritten: trireme upgrade --undo'] : []),
      ...toInstall(libraries.added),
      ...next,
    ].join('\n'),
  )
}
