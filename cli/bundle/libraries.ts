import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { TriremeError } from '../../core/errors.ts'

/** What a library says of itself, as far as it matters here. */
interface LibraryJson {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}
/** `@scope/name/part` is part of the library `@scope/name`. */
export const libraryOf = (imported: string): string => /^(@[^/]+\/)?[^/]+/.exec(imported)?.[0] ?? imported

/** The folder of a library as Node finds it from a module: in the nearest `node_modules` that has it. */
function folderIfThere(name: string, from: string): string | undefined {
  for (let folder = path.dirname(from); ; folder = path.dirname(folder)) {
    const place = path.join(folder, 'node_modules', name)
    if (existsSync(path.join(place, 'package.json'))) return realpathSync(place)
    if (path.dirname(folder) === folder) return undefined
  }
}
/** @throws TriremeError `TOOL` where it is not installed */
export function libraryFolder(name: string, from: string): string {
  const folder = folderIfThere(name, from)
  if (folder !== undefined) return folder
  throw new TriremeError(
    'TOOL',
    `${path.relative('', from)} needs the library ${name}, which is not installed. Run "npm install", and bundle again.`,
  )
}
/**
 * Folders of libraries, with all that they depend on, by their place below the bundle's project: each in the version that this machine's Node finds
 * for whoever asks for it.
 */
export function withDependencies(libraries: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const placed = new Map<string, string>()
  const open = [...libraries].map(([name, folder]) => ({ name, folder, by: '' }))
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const top = `node_modules/${next.name}`
    const taken = (placed.get(top) ?? next.folder) !== next.folder // by another version
    const place = taken ? `${next.by}/${top}` : top
    if (placed.get(place) === next.folder) continue
    placed.set(place, next.folder)
    const file = path.join(next.folder, 'package.json')
    const { dependencies = {}, optionalDependencies = {} } = JSON.parse(readFileSync(file, 'utf8')) as LibraryJson // npm has installed it
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const folder = name in optionalDependencies ? folderIfThere(name, file) : libraryFolder(name, file)
      if (folder !== undefined) open.push({ name, folder, by: place })
    }
  }
  return placed
}
/** Code and what it reads, and the licences under which it may be passed on; no types, sources or pages. */
export const goesAlong = (file: string): boolean =>
  /\.([cm]?js|json|node|wasm)$|\.so(\.\d+)*$/.test(file) || /^(licen[cs]e|notice|copying)/i.test(path.basename(file))

/** Files below a folder, but for what is hidden, and other libraries. */
export function filesBelow(folder: string): readonly string[] {
  const within = (below: string): readonly string[] =>
    readdirSync(path.join(folder, below), { withFileTypes: true }).flatMap(entry => {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') return []
      const place = path.posix.join(below, entry.name)
      return entry.isDirectory() ? within(place) : [place]
    })
  return within('')
}
