import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { TriremeError } from '../../core/errors.ts'
import { isRecord } from '../../core/vocabulary/schema.ts'
import type { FileChange } from './changes.ts'
import { mentions } from './import-closure.ts'
import { packageRoot } from './package.ts'

interface PackageJson {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}
/**
 * What a project says of itself; nothing where it has no package.json.
 * @throws TriremeError `INPUT` where that is no JSON object
 */
export function readPackageJson(folder: string): PackageJson & Readonly<Record<string, unknown>> {
  const file = path.join(folder, 'package.json')
  if (!existsSync(file)) return {}
  try {
    const read: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (isRecord(read)) return read
  } catch {
    // Said below.
  }
  throw new TriremeError('INPUT', `${file} is no JSON object, so nothing was changed. Correct it: npm needs it, too.`)
}
/** `@scope/name/part` is part of the package `@scope/name`. */
const packageOf = (imported: string) => /^(@[^/]+\/)?[^/]+/.exec(imported)?.[0] ?? imported

/** What a project's package.json has to become, and which names are new there. */
export interface Libraries {
  readonly changes: readonly FileChange[]
  readonly added: readonly string[]
}
/**
 * Adds the libraries that copied files import, and those that bundled scripts load as they run, to the project's package.json, in the versions that
 * the package itself has: only then does Node find them from the copies, however the package was installed. Libraries that the project names already
 * are left alone.
 */
export function nameLibraries(project: string, files: readonly { readonly place: string; readonly content: Buffer }[]): Libraries {
  const file = path.join(project, 'package.json')
  if (!existsSync(file)) return { changes: [], added: [] }
  const text = readFileSync(file, 'utf8')
  const [own, ours] = [readPackageJson(project), readPackageJson(packageRoot)]
  const named = (name: string) => own.dependencies?.[name] ?? own.devDependencies?.[name]
  const imported = (wanted: (place: string) => boolean) => {
    const modules = files.filter(({ place }) => /\.m?[tj]s$/.test(place) && wanted(place))
    const words = modules.flatMap(({ content }) => mentions(content.toString()).imports)
    return [...new Set(words.filter(word => !/^(\.|node:|trireme-bio(\/|$))/.test(word)).map(packageOf))]
  }
  const missing = (names: readonly string[]) =>
    names.flatMap(name => {
      const version = ours.dependencies?.[name] ?? ours.devDependencies?.[name]
      return version === undefined || named(name) !== undefined ? [] : [[name, version] as const]
    })
  const isTest = (place: string) => place.endsWith('.test.ts')
  const used = imported(place => !isTest(place))
  const forTests = imported(isTest).filter(name => !used.includes(name))
  const types = [...used, ...forTests].map(name => `@types/${name}`)
  const [more, moreForTests] = [missing(used), missing([...forTests, ...types])]
  const added = [...more, ...moreForTests].map(([name]) => name).sort()
  if (added.length === 0) return { changes: [], added }
  const sorted = (known: PackageJson['dependencies'], more: readonly (readonly [string, string])[]) =>
    Object.fromEntries([...Object.entries(known ?? {}), ...more].sort(([a], [b]) => (a < b ? -1 : 1)))
  const whole = {
    ...own,
    ...(more.length > 0 && { dependencies: sorted(own.dependencies, more) }),
    ...(moreForTests.length > 0 && { devDependencies: sorted(own.devDependencies, moreForTests) }),
  }
  const indent = /^\{\r?\n([ \t]+)/.exec(text)?.[1] ?? 2
  const written = `${JSON.stringify(whole, null, indent)}\n`
  return {
    changes: [{ place: 'package.json', content: Buffer.from(text.includes('\r\n') ? written.replaceAll('\n', '\r\n') : written) }],
    added,
  }
}
/** Lines that say which were added. */
export const toInstall = (names: readonly string[]): readonly string[] =>
  names.length === 0
    ? []
    : [`package.json now names what they import: ${names.join(', ')}. Get ${names.length === 1 ? 'it' : 'them'} with: npm install`]
