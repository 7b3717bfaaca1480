import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { root } from '../harness/places.ts'

/** A virtual environment of the comparisons' own, at the root of the checkout beside the store, made when first needed. */
const environment = path.join(root, '.bench')
export const program = (name: string): string => path.join(environment, 'bin', name)
const versions = 'from importlib.metadata import version; import sys; print(*(f"{name}=={version(name)}" for name in sys.argv[1:]))'

/** Installs packages from PyPI, as `name==version`, unless they are there. */
export function ensurePackages(packages: readonly string[], log: (line: string) => void): void {
  try {
    const names = packages.map(each => each.split('==')[0]!)
    const there = execFileSync(program('python'), ['-c', versions, ...names], { encoding: 'utf8', stdio: 'pipe' }).trim()
    if (there === packages.join(' ')) return
  } catch {
    // not installed yet
  }
  log(`Installing ${packages.join(' and ')} into .bench (python3 -m venv, pip) …`)
  if (!existsSync(program('python'))) execFileSync('python3', ['-m', 'venv', environment], { stdio: ['ignore', 2, 2] })
  execFileSync(program('pip'), ['install', '--quiet', ...packages], { stdio: ['ignore', 2, 2] })
}
