import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { TriremeError } from '../../core/errors.ts'
import { packageRoot } from './package.ts'

const below = (folder: string, file: string) => file.startsWith(folder + path.sep)
/** Where in the project's own code an error came from, as "pipelines/first.ts, line 12"; undefined where none of it was running. */
export function ownPlace({ stack = '' }: Error): string | undefined {
  for (const [, place = '', line] of stack.matchAll(/^ +at .*?\(?((?:file:\/\/)?\/[^()\n]*):(\d+):\d+\)?$/gm)) {
    const file = place.startsWith('file://') ? fileURLToPath(place) : place
    const own = below(process.cwd(), file) && !below(packageRoot, file) && !file.includes(`${path.sep}node_modules${path.sep}`)
    if (own) return `${path.relative('', file)}, line ${line}`
  }
  return undefined
}
/** An error may have been put in other words on its way: where it began counts. */
const firstPlace = (error: Error): string | undefined => (error.cause instanceof Error && firstPlace(error.cause)) || ownPlace(error)
const isOurs = (error: Error): error is TriremeError => /^(TriremeError|PlanError)$/.test(error.name) && 'code' in error
/** An error of code that the project wrote, with its place: no fault of Trireme's own. All others are given back as they are. */
export function withPlace(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const place = firstPlace(error)
  if (place === undefined) return error
  if (isOurs(error)) return new TriremeError(error.code, `${error.message}\nThat is in ${place}.`, { cause: error })
  return new TriremeError(
    'DEFINITION',
    `The project's own code failed: ${error.name}: ${error.message}\nThat is in ${place}. Nothing has run. Correct that line.`,
    { cause: error },
  )
}
/** Why a module of the project cannot be loaded, and what to do, where that is known. @param nearest the package's step or pipeline that is meant */
export function loadFault(file: string, cause: Error, meant: (place: string) => string | undefined): string {
  const shown = path.relative('', file)
  const [, module] = /^Cannot find (?:module|package) '([^']+)'/.exec(cause.message) ?? []
  if (module === undefined) {
    const place = ownPlace(cause)
    return `${shown} cannot be loaded: ${cause.message}\n${place === undefined ? 'Correct the file' : `That is in ${place}. Correct it`}, or move the file out of ${path.dirname(shown)}/.`
  }
  if (module.startsWith('.')) {
    const copied = /(?:^|\/)((?:steps|pipelines)\/.+?)(?:\.[cm]?[jt]s)?$/.exec(module)?.[1]
    const exists = copied !== undefined && existsSync(path.join(packageRoot, `${copied}.ts`))
    const remedy = exists
      ? `Copy it into the project with "trireme add ${copied.replace(/^(steps|pipelines)\//, '')}", or import the package's own: from 'trireme-bio/${copied}'`
      : `Correct the path: it starts at ${importer(file, module)}, and has the file's ending, .ts.`
    return `${importer(file, module)} imports ${module}, which is not there. ${remedy}`
  }
  const ofPackage = /(?:^|\/)(?:trireme-bio|dist)\/(?:dist\/)?((?:steps|pipelines|datasets)\/.+?)(?:\.[cm]?[jt]s)?$/.exec(module)?.[1]
  if (ofPackage !== undefined) {
    const near = meant(ofPackage)
    return `${shown} imports trireme-bio/${ofPackage}, which the package does not have.${near === undefined ? '' : ` Did you mean 'trireme-bio/${near}'?`} "trireme list --steps" names all steps.`
  }
  return `${shown} imports ${module}, which is not installed. Install it with "npm install ${module}", or correct the name.`
}
/** The file that imports the module, as far as its text says: the loaded one, else the one named by it. */
function importer(file: string, module: string): string {
  const says = existsSync(file) && readFileSync(file, 'utf8').includes(module)
  return says ? path.relative('', file) : `a module of ${path.relative('', file)}`
}
