import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'smol-toml'
import { type Asset, PlanError, type Tool, tool } from 'trireme-bio'

export interface PythonTool {
  /** In records and keys; one list, one name. */
  readonly name: string
  /**
   * What a script imports: a `requirements.txt`, a `pyproject.toml` or a script with inline metadata (PEP 723), as an asset, or the list itself.
   * The file has no say in keys, what is installed has.
   */
  readonly requirements: Asset | readonly string[]
  /** Of a `pyproject.toml`: which of its optional dependencies are wanted, too. @default [] */
  readonly extras?: readonly string[]
}
/**
 * Python with what a script of one's own imports, as a tool of steps that call `python3`: its version is that of the interpreter, of each
 * distribution that the list names, and of what those need in turn. The first `python3` that has all of it is taken: of the active environment,
 * of the project's `.venv`, of PATH. Where none has, what is lacking is told before anything runs.
 * @throws PlanError `DEFINITION` for a list that cannot be read
 */
export function python({ name, requirements, extras = [] }: PythonTool): Tool {
  const wanted = 'path' in requirements ? listIn(requirements.path, extras) : { ...nothing, requirements }
  return tool({
    name,
    program: 'python3',
    homepage: 'https://www.python.org',
    licence: 'PSF-2.0',
    version: { argv: ['python3', '-c', question, JSON.stringify(wanted)], match: /^found (python .+)$/m, unfit: /^unfit (.+)$/m },
    accepts: '*', // what is wanted is compared where it is found
  })
}
const question = readFileSync(fileURLToPath(new URL('./python/question.py', import.meta.url)), 'utf8')

interface Wanted {
  /** Versions of Python, as a specifier. */
  readonly python: string
  readonly requirements: readonly string[]
  /** Hold only for what is installed because of others. */
  readonly constraints: readonly string[]
}
const nothing: Wanted = { python: '', requirements: [], constraints: [] }
const fault = (file: string, words: string, cause?: unknown) => new PlanError('DEFINITION', `${file} ${words}`, { cause })

function listIn(file: string, extras: readonly string[]): Wanted {
  const text = readFileSync(file, 'utf8').replace(/^\ufeff/, '')
  if (file.endsWith('.py')) return ofScript(file, text)
  if (file.endsWith('.toml')) return ofProject(file, text, extras)
  return linesOf(file, text, [])
}
/** https://pip.pypa.io/en/stable/reference/requirements-file-format/ */
function linesOf(file: string, text: string, above: readonly string[]): Wanted {
  if (above.includes(file)) throw fault(file, `names itself, by way of ${above.at(-1)}. Take one of the lines out.`)
  const lines = text.replace(/\\\r?\n/g, ' ').split(/\r?\n/)
  const parts = lines.map((line): Partial<Wanted> => {
    const words = line.replace(/(^|\s)#.*$/, '').trim()
    const [, option = '', rest = ''] = /^(--?[a-z-]+?)(?:[ =]+|(?<=^-[rce])(?=\S)|$)(.*)$/.exec(words) ?? []
    if (['-r', '--requirement', '-c', '--constraint'].includes(option)) {
      const there = path.resolve(path.dirname(file), rest)
      const inner = linesOf(there, textOf(there, file), [...above, file])
      return option === '-r' || option === '--requirement' ? inner : { constraints: [...inner.requirements, ...inner.constraints] }
    }
    if (option === '-e' || option === '--editable' || (option === '' && /^(\.|\/|[\w+.-]+:)/.test(words)))
      throw fault(
        file,
        `has the line "${words}", which does not say the name of what it installs. Write NAME @ ADDRESS, or the name alone: an editable install of it counts.`,
      )
    return option !== '' || words === '' ? {} : { requirements: [words.replace(/\s+--[a-z].*$/, '')] } // other options say where from
  })
  return {
    python: '',
    requirements: parts.flatMap(({ requirements = [] }) => requirements),
    constraints: parts.flatMap(({ constraints = [] }) => constraints),
  }
}
function textOf(file: string, from: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw fault(from, `names ${file}, which is not there. Put it beside it, or take the line out.`, cause)
  }
}
const isList = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(each => typeof each === 'string')
const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
function toml(file: string, text: string): Readonly<Record<string, unknown>> {
  try {
    return parse(text)
  } catch (cause) {
    throw fault(file, `is no TOML: ${cause instanceof Error ? cause.message.split('\n')[0] : cause}`, cause)
  }
}
/** https://packaging.python.org/en/latest/specifications/pyproject-toml/ */
function ofProject(file: string, text: string, extras: readonly string[]): Wanted {
  const { project } = toml(file, text)
  if (!isTable(project) || (!isList(project.dependencies) && extras.length === 0))
    throw fault(
      file,
      'has no list "dependencies" in its table [project], where Python\'s tools look for it. Write it there, or give a requirements.txt.',
    )
  const optional = isTable(project['optional-dependencies']) ? project['optional-dependencies'] : {}
  const more = extras.flatMap(extra => {
    const list = optional[extra]
    if (isList(list)) return list
    throw fault(file, `has no optional dependencies "${extra}". It has: ${Object.keys(optional).join(', ') || 'none'}.`)
  })
  const own = isList(project.dependencies) ? project.dependencies : []
  return { ...nothing, python: specifier(project['requires-python']), requirements: [...own, ...more] }
}
const specifier = (value: unknown) => (typeof value === 'string' ? value : '')
/** https://packaging.python.org/en/latest/specifications/inline-script-metadata/ */
function ofScript(file: string, text: string): Wanted {
  const [, block] = /^# \/\/\/ script\r?\n((?:#(?:| .*)\r?\n)+?)# \/\/\/\r?$/m.exec(text) ?? []
  if (block === undefined)
    throw fault(
      file,
      'has no inline metadata. Write it at its top:\n# /// script\n# dependencies = ["numpy>=1.24"]\n# ///\nor give a requirements.txt.',
    )
  const { dependencies, 'requires-python': python } = toml(file, block.replace(/^# ?/gm, ''))
  return { ...nothing, python: specifier(python), requirements: isList(dependencies) ? dependencies : [] }
}
