import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { TriremeError } from '../../core/errors.ts'
import { mentions, reach, relative } from '../project/import-closure.ts'
import { packageRoot } from '../project/package.ts'
import type { ArchivedFile } from './archive.ts'
import { filesBelow, goesAlong, libraryFolder, libraryOf, withDependencies } from './libraries.ts'

/** What is asked to go along. */
export interface WhatToBundle {
  /** Modules of the project that are loaded, and files of it that are read. */
  readonly own: readonly string[]
  /** Modules of the package that are loaded, beside the command line: `benchmarks/idr-speedup`. */
  readonly modules: readonly string[]
  /** Libraries that are loaded otherwise than by an `import`. */
  readonly libraries: readonly string[]
  /** Whether a run there speaks to a cluster. */
  readonly cluster: boolean
}
const compiled = path.join(packageRoot, 'dist')
const packageJson = path.join(packageRoot, 'package.json')
/** Where the package lies below the bundle's project, as where it was installed. */
export const packagePlace = 'node_modules/trireme-bio'
/** Of the command line `bench` is called, and by it `run`, and only what speaks to a cluster needs the clients of clusters and object stores. */
const otherCommands = /^cli\/commands\/(?!(bench|run)\.)/
const clusterClients = /^core\/(kubernetes|bucket|targets\/argo)\//

/** Loads the project's TypeScript, and is named among the libraries where there is any. */
const ofTypeScript = 'jiti'

/** Files of the bundle's project, with the package and its libraries below `node_modules`. @throws TriremeError where one is not to be had */
export function contents({ own, modules, libraries, cluster }: WhatToBundle): readonly ArchivedFile[] {
  const { resolve } = createRequire(packageJson)
  const needed = new Map(libraries.map(name => [name, libraryFolder(name, packageJson)]))
  const leftOut = (file: string) => {
    const place = path.relative(compiled, file)
    return otherCommands.test(place) || (!cluster && clusterClients.test(place))
  }
  const follow = (imported: string, from: string): string | undefined => {
    if (imported.startsWith('node:')) return undefined
    const file = /^trireme-bio(\/|$)/.test(imported) ? resolve(imported) : relative(imported, from)
    if (file !== undefined) return leftOut(file) ? undefined : file
    const name = libraryOf(imported)
    if (name !== ofTypeScript && !needed.has(name)) needed.set(name, libraryFolder(name, from))
    return undefined
  }
  const entries = ['cli', ...modules].map(place => path.join(compiled, `${place}.js`))
  const reached = reach([...entries, ...own.filter(isCode)], follow).filter(file => !isBelow(compiled, file))
  const project = [...new Set([...own, ...reached, ...reached.flatMap(assetsOf)])]
  const inPackage = [...filesBelow(compiled).map(name => `dist/${name}`), 'package.json', 'LICENSE'].filter(name => !/\.d\.ts$/.test(name))
  return [
    ...project.map(file => at(placeInProject(file), file)),
    ...inPackage.map(name => at(`${packagePlace}/${name}`, path.join(packageRoot, name))),
    ...[...withDependencies(needed)].flatMap(([place, folder]) =>
      filesBelow(folder)
        .filter(goesAlong)
        .map(name => at(`${place}/${name}`, path.join(folder, name))),
    ),
  ]
}
const isCode = (file: string) => /\.[cm]?[jt]s$/.test(file)
const isBelow = (folder: string, file: string) => file.startsWith(folder + path.sep)
/** Files that belong to the steps of a module of the project. */
const assetsOf = (module: string) => mentions(readFileSync(module, 'utf8')).assets.map(name => path.resolve(path.dirname(module), name))

function at(place: string, file: string): ArchivedFile {
  try {
    return { place, content: readFileSync(file) }
  } catch (cause) {
    throw new TriremeError('INPUT', `${file} is to go into the bundle, and cannot be read: ${(cause as Error).message}.`, { cause })
  }
}
function placeInProject(file: string): string {
  const project = process.cwd()
  if (isBelow(project, file)) return path.relative(project, file).split(path.sep).join('/')
  throw new TriremeError(
    'INPUT',
    `${file} lies outside the project ${project}, and a bundle holds what is in it. Copy it into the project, and name that copy.`,
  )
}
