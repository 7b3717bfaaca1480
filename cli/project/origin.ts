import { existsSync, readFileSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { packageRoot, version } from './package.ts'

/** What npm notes of a package that it installed. */
interface Installed {
  readonly resolved?: string
}
/**
 * What a project writes as its dependency to get the package that runs here: `^1.2.3` of a registry, `file:` of a checkout or a tarball,
 * the address of a tarball or of a repository.
 * @param project folder of the project
 * @param root folder of the package
 */
export function dependencyOn(project: string, root: string = packageRoot): string {
  const home = realpathSync(root) // npm links a checkout; then it is no package that was installed
  if (path.basename(path.dirname(home)) !== 'node_modules') return fileSpec(project, home)
  const { resolved, at } = notedInstall(home) ?? {}
  if (resolved?.startsWith('file:')) return fileSpec(project, path.resolve(at ?? '', resolved.slice('file:'.length)))
  const { pathname } = resolved === undefined ? {} : new URL(resolved)
  const ofRegistry = pathname === undefined || /\/trireme-bio\/-\/trireme-bio-[^/]+\.tgz$/.test(pathname)
  return resolved === undefined || ofRegistry ? `^${version()}` : resolved
}
/** npm notes at the root of each tree of packages where they came from; a path is relative to the folder of that tree. */
function notedInstall(home: string): (Installed & { readonly at: string }) | undefined {
  for (let folder = path.dirname(home); folder !== path.dirname(folder); folder = path.dirname(folder)) {
    const file = path.join(folder, '.package-lock.json')
    if (path.basename(folder) !== 'node_modules' || !existsSync(file)) continue
    const at = path.dirname(folder)
    const { packages }: { packages?: Readonly<Record<string, Installed>> } = JSON.parse(readFileSync(file, 'utf8'))
    const entry = packages?.[path.relative(at, home).split(path.sep).join('/')]
    return entry && { ...entry, at }
  }
  return undefined
}
/** As npm writes it: relative to the project. */
function fileSpec(project: string, place: string): string {
  let there = path.resolve(project)
  while (!existsSync(there)) there = path.dirname(there)
  const folder = path.join(realpathSync(there), path.relative(there, path.resolve(project)))
  return `file:${path.relative(folder, place).split(path.sep).join('/')}`
}
