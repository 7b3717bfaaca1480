import { createHash } from 'node:crypto'
import { accessSync, constants, mkdirSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { TriremeError } from '../errors.ts'
import type { Plan } from '../graph/plan.ts'
import { accepted, type Tool } from '../vocabulary/tool.ts'

/** What was found of a tool on this machine. */
export type FoundTool =
  | { readonly state: 'ready'; readonly tool: Tool; readonly path: string; readonly version: string }
  | { readonly state: 'missing'; readonly tool: Tool }
  | { readonly state: 'unfit'; readonly tool: Tool; readonly path: string; readonly version: string | undefined }

/** Every program of the name along PATH: the first may hide the one that has what a step needs. */
function programsOnPath(program: string): readonly string[] {
  const folders = (process.env.PATH ?? '').split(path.delimiter)
  const found = [...new Set(folders.map(folder => path.join(folder || '.', program)))].filter(place => {
    try {
      accessSync(place, constants.X_OK)
      return statSync(place).isFile()
    } catch {
      return false
    }
  })
  return [...new Map(found.map(place => [realpathSync(place), place] as const).reverse()).values()].reverse()
}
/** Runs the version command; status and stream do not matter, since tools differ (bwa: stderr, status 1). */
async function versionAt(place: string, { version }: Tool): Promise<string | undefined> {
  const { execFile } = await import('node:child_process')
  return new Promise(done => {
    execFile(place, version.argv.slice(1), { timeout: 20_000, env: { ...process.env, LC_ALL: 'C' } }, (_error, stdout, stderr) =>
      done(version.match.exec(`${stdout}\n${stderr}`)?.[1]),
    )
  })
}
const preferred = new Map<string, string>()
/** Folders that a step's PATH begins with, so that its programs are those whose versions are in its key. */
export const preferredFolders = (tools: readonly Tool[]): readonly string[] => [
  ...new Set(tools.flatMap(tool => preferred.get(tool.name) ?? [])),
]
/** A folder that holds one program alone: a script that starts the program found, not a link, since Python looks for its modules beside its own path. */
function hiddenFolder(program: string, place: string): string {
  const folder = path.join(
    process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'),
    'trireme',
    'programs',
    createHash('sha256').update(place).digest('hex').slice(0, 16),
  )
  const start = path.join(folder, program)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(`${start}.${process.pid}`, `#!/bin/sh\nexec '${place.replaceAll("'", "'\\''")}' "$@"\n`, { mode: 0o755 })
  renameSync(`${start}.${process.pid}`, start)
  return folder
}

/**
 * Finds tools on PATH and asks their versions, each once per run; remembered across runs in `memo` by the program's path, size and
 * time of change, since MultiQC alone takes two seconds to print its own.
 */
export async function findTools(tools: Iterable<Tool>, memo?: string): Promise<ReadonlyMap<string, FoundTool>> {
  const known = memo === undefined ? {} : rememberedVersions(memo)
  const fresh: Record<string, string> = {}
  const fits = (tool: Tool, version: string) => {
    const mark = JSON.stringify([version, tool.accepts])
    known[mark] ??= fresh[mark] = accepted(tool, version) ? 'fits' : 'unfit'
    return known[mark] === 'fits'
  }
  const found = new Map<string, FoundTool>()
  /** The first of several that has an accepted version: /usr/bin/python3 has the modules that apt installed, a pyenv before it on PATH has not. */
  const look = async (tool: Tool) => {
    const all = programsOnPath(tool.version.argv[0])
    let answer: FoundTool = { state: 'missing', tool }
    for (const [n, place] of all.entries()) {
      const { size, mtimeMs } = statSync(place)
      const mark = JSON.stringify([tool.name, tool.version.argv, place, size, mtimeMs])
      const version = known[mark] ?? (await versionAt(place, tool))
      if (version !== undefined && known[mark] === undefined) fresh[mark] = version
      if (version !== undefined && fits(tool, version)) {
        if (n > 0) preferred.set(tool.name, hiddenFolder(tool.version.argv[0], place))
        found.set(tool.name, { state: 'ready', tool, path: place, version })
        return
      }
      if (answer.state === 'missing') answer = { state: 'unfit', tool, path: place, version }
    }
    found.set(tool.name, answer)
  }
  const distinct = [...new Map([...tools].map(tool => [tool.name, tool])).values()]
  await Promise.all(distinct.map(look))
  if (memo !== undefined && Object.keys(fresh).length > 0) rememberVersions(memo, { ...known, ...fresh })
  return found
}
/** What to say of a tool that cannot be used. */
export function toolFault(found: Exclude<FoundTool, { state: 'ready' }>): string {
  const { tool } = found
  if (found.state === 'missing') return `${tool.name} is not installed (${tool.name} ${tool.accepts} is needed).`
  const has = found.version === undefined ? 'does not tell its version' : `is version ${found.version}`
  return `${tool.name} at ${found.path} ${has}; ${tool.accepts} is needed.`
}

/** Where the memo cannot be written, versions are asked again next time. */
function rememberVersions(memo: string, known: Readonly<Record<string, string>>): void {
  try {
    writeFileSync(memo, JSON.stringify(known, null, 1))
  } catch {}
}
function rememberedVersions(memo: string): Record<string, string> {
  try {
    return JSON.parse(readFileSync(memo, 'utf8'))
  } catch {
    return {}
  }
}
/** Every tool that a plan's steps call. */
export const toolsOf = (plan: Plan): readonly Tool[] => [
  ...new Map(plan.nodes.flatMap(node => (node.kind === 'step' ? node.step.tools.map(tool => [tool.name, tool] as const) : []))).values(),
]
/**
 * Versions of all tools of a plan, as keys need them.
 * @throws TriremeError `TOOL` naming every tool that is missing or of a version the steps do not accept
 */
export async function readyTools(plan: Plan, memo?: string): Promise<ReadonlyMap<string, string>> {
  const found = await findTools(toolsOf(plan), memo)
  const faults = [...found.values()].flatMap(each => (each.state === 'ready' ? [] : [toolFault(each)]))
  if (faults.length > 0) throw new TriremeError('TOOL', `${faults.join('\n')}\n"trireme doctor" says how to get them.`)
  return new Map([...found.values()].flatMap(each => (each.state === 'ready' ? [[each.tool.name, each.version] as const] : [])))
}
