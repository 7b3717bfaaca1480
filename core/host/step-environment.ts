import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** Folders of the libraries that this package has: a script that was copied into a project finds there what is not beside it. */
const libraries: readonly string[] = (() => {
  const own = path.dirname(fileURLToPath(import.meta.url)).split(path.sep)
  return own.map((_, n) => [...own.slice(0, own.length - n), 'node_modules'].join(path.sep)).filter(folder => existsSync(folder))
})()
/** Of the environment of whoever runs Trireme, all that a step gets. */
const passed = ['LD_LIBRARY_PATH', 'CONDA_PREFIX', 'JAVA_HOME', 'CUDA_VISIBLE_DEVICES']

/**
 * The environments that Python's own tools take before PATH: an active one, and the project's `.venv`. The base of conda is none, which is active
 * unasked.
 */
function pythonEnvironments(): readonly string[] {
  const { VIRTUAL_ENV, CONDA_PREFIX, CONDA_DEFAULT_ENV } = process.env
  const conda = CONDA_DEFAULT_ENV === 'base' ? undefined : CONDA_PREFIX
  return [VIRTUAL_ENV, conda, path.resolve('.venv')]
    .flatMap(folder => (folder ? path.join(folder, 'bin') : []))
    .filter(bin => existsSync(path.join(bin, 'python3')))
}
/** Folders in which programs are looked for. Relative ones are left out: a step's folder is another than the one Trireme runs in. */
export const searchPath = (first: readonly string[] = []): readonly string[] => [
  ...new Set(
    [...first, ...pythonEnvironments(), ...(process.env.PATH ?? '').split(path.delimiter)].filter(folder => path.isAbsolute(folder)),
  ),
]

/**
 * The environment of every step, and of whoever asks a tool for its version, so that what is told is what runs: the search path of programs,
 * and settings that keep output the same everywhere. No HOME of a person, no PYTHONPATH.
 */
export function stepEnvironment(home: string, first: readonly string[] = []): Record<string, string> {
  const kept = passed.flatMap(name => (process.env[name] === undefined ? [] : [[name, process.env[name]] as const]))
  return {
    ...Object.fromEntries(kept),
    PATH: searchPath(first).join(path.delimiter),
    HOME: home,
    TMPDIR: home,
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
    PYTHONHASHSEED: '0',
    ...(libraries.length > 0 && { NODE_PATH: libraries.join(path.delimiter) }),
  }
}
