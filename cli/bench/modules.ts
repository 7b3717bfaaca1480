import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { sha256 } from '../../core/graph/key.ts'
import type { Home } from '../project/catalogue.ts'
import { mentions, reach, relative } from '../project/import-closure.ts'
import { house, packageRoot } from '../project/package.ts'

/** Rooms whose modules say what is compared. The library that runs them is known by its version and commit. */
const comparedRooms = /^(pipelines|steps|benchmarks(?!\/harness))\//
/**
 * Digests of the modules and scripts that a comparison is made of, by their places.
 * @param words of its commands: a script that one names is part of it
 */
export function modulesOf(file: string, home: Home, words: readonly string[]): Readonly<Record<string, string>> {
  const root = home === 'package' ? house : process.cwd()
  const modules = reach([file], relative)
  const assets = modules.flatMap(module =>
    mentions(readFileSync(module, 'utf8')).assets.map(name => path.resolve(path.dirname(module), name)),
  )
  const scripts = words.filter(word => path.isAbsolute(word) && existsSync(word) && statSync(word).isFile())
  const placed = [...modules, ...assets, ...scripts].filter(existsSync).flatMap(module => {
    const place = [root, house, packageRoot].map(from => path.relative(from, module)).find(to => !to.startsWith('..'))
    return place === undefined || place.startsWith('node_modules') ? [] : [[place.split(path.sep).join('/'), module] as const]
  })
  const own = placed.filter(([place]) => home === 'project' || comparedRooms.test(place))
  return Object.fromEntries(own.sort(([a], [b]) => (a < b ? -1 : 1)).map(([place, module]) => [place, sha256(readFileSync(module))]))
}
