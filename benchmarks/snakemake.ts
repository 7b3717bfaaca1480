import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Command } from './harness/measure.ts'
import { root } from './harness/places.ts'

/** A virtual environment of the benchmarks' own, at the root of the checkout beside the store, made when first needed. */
const environment = path.join(root, '.bench')
const program = path.join(environment, 'bin', 'snakemake')

/** Installs snakemake 9 from PyPI unless it is there. */
export function ensureSnakemake(log: (line: string) => void): void {
  if (existsSync(program)) return
  log('Installing snakemake 9 into .bench (python3 -m venv, pip) …')
  execFileSync('python3', ['-m', 'venv', environment], { stdio: 'inherit' })
  execFileSync(path.join(environment, 'bin', 'pip'), ['install', '--quiet', 'snakemake>=9,<10'], { stdio: 'inherit' })
}
/** What it would keep in the user's own folders is kept in the run's. */
export const snakemake = (folder: string, words: readonly string[]): Omit<Command, 'folder'> => ({
  argv: [program, ...words],
  environment: { XDG_CACHE_HOME: path.join(folder, 'cache'), HOME: folder },
})
export const snakemakeCommand: readonly string[] = [program, '--version']
