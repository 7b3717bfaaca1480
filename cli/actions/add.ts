import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { TriremeError } from '../../core/errors.ts'
import { digest, lockName, lockText, noted, type Original, originals, readCopiesLock } from '../project/copies.ts'
import { nameLibraries, readPackageJson, toInstall } from '../project/libraries.ts'
import { packageRoot } from '../project/package.ts'

/** @throws TriremeError `USAGE` before anything is written, when a file would be lost */
export async function addCopy(name: string, project: string, force: boolean): Promise<void> {
  if (path.resolve(project) === path.resolve(packageRoot))
    throw new TriremeError(
      'USAGE',
      'This is the package itself, which has them all. Go to a project of yours; "trireme init DIR" makes one.',
    )
  const lock = readCopiesLock(project)
  readPackageJson(project) // read before anything is written
  const files = await originals(name)
  const kept = (file: Original) => {
    const there = path.join(project, file.place)
    if (!existsSync(there)) return false
    const sha256 = digest(readFileSync(there))
    return sha256 !== digest(readFileSync(file.from)) && sha256 !== lock.files[file.place]?.sha256
  }
  const lost = files.filter(kept)
  if (lost.length > 0 && !force) {
    const list = lost.map(({ place }) => `  ${place}`).join('\n')
    throw new TriremeError(
      'USAGE',
      `These files are here and hold something else, so nothing was copied:\n${list}\nMove them, or give --force to overwrite them.`,
    )
  }
  const notes: Record<string, { readonly version: string; readonly sha256: string }> = { ...lock.files }
  for (const { place, from } of files) {
    const content = readFileSync(from)
    mkdirSync(path.dirname(path.join(project, place)), { recursive: true })
    writeFileSync(path.join(project, place), content)
    notes[place] = noted(content)
  }
  writeFileSync(path.join(project, lockName), lockText(notes))
  const libraries = toInstall(
    nameLibraries(
      project,
      files.map(({ place }) => place),
    ),
  )
  const tests = files.filter(({ place }) => place.endsWith('.test.ts'))
  const next =
    tests.length > 0
      ? [
          `Try ${tests.length === 1 ? 'its test' : 'their tests'} with: npx vitest run ${tests.length <= 3 ? tests.map(({ place }) => place).join(' ') : 'steps'}`,
        ]
      : []
  process.stdout.write(
    [
      ...files.map(({ place }) => `  ${place}`),
      `${files.length} file${files.length === 1 ? '' : 's'} copied and noted in ${lockName}.`,
      ...libraries,
      ...next,
      '',
    ].join('\n'),
  )
}
