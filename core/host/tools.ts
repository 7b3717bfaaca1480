import { createHash } from 'node:crypto'
import { mkdirSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { TriremeError } from '../errors.ts'
import type { StepNode } from '../graph/node.ts'
import type { Plan } from '../graph/plan.ts'
import { writeWhole } from '../store/whole-file.ts'
import { accepted, type Tool } from '../vocabulary/tool.ts'
import { ownCacheOrTemporary } from './own-folder.ts'
import { programsIn } from './programs.ts'
import { searchPath, stepEnvironment } from './step-environment.ts'
import { VersionAsker } from './version-ask.ts'
import { isPython, versionMark } from './version-mark.ts'
import { rememberedVersions, rememberVersions } from './versions-memo.ts'

/** What was found of a tool on this machine. */
export type FoundTool =
  | { readonly state: 'ready'; readonly tool: Tool; readonly path: string; readonly version: string }
  | { readonly state: 'missing'; readonly tool: Tool }
  | {
      readonly state: 'unfit'
      readonly tool: Tool
      readonly path: string
      readonly version: string | undefined
      /** The last line it wrote when it was asked. */
      readonly said: string
      /** What it lacks, in its own words. */
      readonly lacks?: string
      /** The version that it tells to whoever runs Trireme, and would not be in a step. */
      readonly outside?: string
    }

const preferred = new Map<string, string>()
/** Folders that a step's PATH begins with, so that its programs are those whose versions are in its key. */
export const preferredFolders = (tools: readonly Tool[]): readonly string[] => [
  ...new Set(tools.flatMap(tool => preferred.get(tool.name) ?? [])),
]
/** A folder that holds one program alone: a script that starts the program found, not a link, since Python looks for its modules beside its own path. */
function hiddenFolder(program: string, place: string): string {
  const folder = path.join(ownCacheOrTemporary('programs'), createHash('sha256').update(place).digest('hex').slice(0, 16))
  const start = path.join(folder, program)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeWhole(start, `#!/bin/sh\nexec '${place.replaceAll("'", "'\\''")}' "$@"\n`, { mode: 0o755 })
  return folder
}

/**
 * Finds tools on PATH and asks their versions, each once per run, in a step's own surroundings. Remembered across runs in `memo`, in the store's
 * folder, by a mark that changes whenever the answer can, since torch alone takes a second to print its own.
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
  const asking = new VersionAsker(memo && path.dirname(memo))
  const ask = async (tool: Tool, place: string) => {
    if (memo === undefined) return asking.version(place, tool)
    const marked = async () => {
      const mark = await versionMark(place, tool.version.argv, asking)
      return mark && JSON.stringify([tool.name, tool.version.argv, place, mark])
    }
    const before = await marked()
    if (before !== undefined && known[before] !== undefined) return { version: known[before], said: '', lacks: undefined }
    const answer = await asking.version(place, tool)
    // Whoever installs in the meantime, or Python itself by what it compiles, changes the mark: then it is asked again next time.
    if (before !== undefined && answer.version !== undefined && before === (await marked())) fresh[before] = answer.version
    return answer
  }
  /** The first of several that has an accepted version: /usr/bin/python3 has the modules that apt installed, a pyenv before it on PATH has not. */
  const look = async (tool: Tool) => {
    let answer: FoundTool = { state: 'missing', tool }
    for (const [n, place] of programsIn(tool.version.argv[0], searchPath()).entries()) {
      const { version, said, lacks } = await ask(tool, place)
      if (version !== undefined && fits(tool, version)) {
        if (n > 0) preferred.set(tool.name, hiddenFolder(tool.version.argv[0], place))
        else preferred.delete(tool.name)
        found.set(tool.name, { state: 'ready', tool, path: place, version })
        return
      }
      if (answer.state === 'missing') answer = { state: 'unfit', tool, path: place, version, said, ...(lacks !== undefined && { lacks }) }
    }
    if (answer.state === 'unfit') {
      const { version } = await asking.version(answer.path, tool, process.env)
      if (version !== undefined && accepted(tool, version)) answer = { ...answer, outside: version }
    }
    found.set(tool.name, answer)
  }
  try {
    const distinct = [...new Map([...tools].map(tool => [tool.name, tool])).values()]
    await Promise.all(distinct.map(look))
  } finally {
    asking.end()
  }
  if (memo !== undefined && Object.keys(fresh).length > 0) rememberVersions(memo, { ...known, ...fresh })
  return found
}
/** What to say of a tool that cannot be used. */
export function toolFault(found: Exclude<FoundTool, { state: 'ready' }>): string {
  const { tool } = found
  if (found.state === 'missing') return `${tool.name} is not installed (${tool.name} ${tool.accepts} is needed).`
  const has = found.version === undefined ? 'does not tell its version' : `is version ${found.version}`
  const needed =
    found.lacks === undefined
      ? `${tool.name} at ${found.path} ${has}; ${tool.accepts} is needed.`
      : `${tool.name} at ${found.path}: ${found.lacks}`
  const wrote = found.version === undefined && found.lacks === undefined && found.said !== '' ? ` It wrote: ${found.said}` : ''
  const outside =
    found.outside === undefined
      ? ''
      : ` With your own HOME and environment it is version ${found.outside}; steps run without them, so that packages of "pip install --user" and of PYTHONPATH are not there. Install it into a virtual or conda environment, and activate that.`
  return `${needed}${wrote}${outside}`
}

/**
 * Every tool that a plan's steps call.
 * @throws TriremeError `DEFINITION` where two of one name ask different questions: keys know a tool by its name
 */
export function toolsOf(plan: Plan): readonly Tool[] {
  const tools = new Map<string, Tool>()
  for (const node of plan.nodes)
    for (const tool of node.kind === 'step' ? node.step.tools : []) {
      const other = tools.get(tool.name)
      if (other !== undefined && asked(other) !== asked(tool))
        throw new TriremeError(
          'DEFINITION',
          `Two different tools have the name "${tool.name}"; one of them is of the step "${(node as StepNode).step.name}". Give them different names, or declare the tool once and import it in both steps.`,
        )
      tools.set(tool.name, tool)
    }
  return [...tools.values()]
}
/** But for the place of the package, which may be seen by two names, its own and that of a link. */
const asked = ({ version }: Tool) => JSON.stringify([version.argv.filter(word => !word.startsWith('file:')), version.match.source])
/**
 * Versions of all tools of a plan, as keys need them.
 * @throws TriremeError `TOOL` naming every tool that is missing or of a version the steps do not accept
 */
export async function readyTools(plan: Plan, memo?: string): Promise<ReadonlyMap<string, string>> {
  const marks = new Map(toolsOf(plan).map(tool => [tool.name, watchMark(tool)])) // before the question: what changes meanwhile is asked again
  const found = await findTools(toolsOf(plan), memo)
  const faults = [...found.values()].flatMap(each => (each.state === 'ready' ? [] : [toolFault(each)]))
  if (faults.length > 0) throw new TriremeError('TOOL', `${faults.join('\n')}\n"trireme doctor" says how to get them.`)
  const versions = new Map([...found.values()].flatMap(each => (each.state === 'ready' ? [[each.tool.name, each.version] as const] : [])))
  await refuseMixtures(plan, versions, memo)
  for (const [name, version] of versions) watched.set(name, { version, ...marks.get(name)! }) // of the same tools
  return versions
}
interface ToolMark {
  /** Of the files by the tool's name on PATH. */
  readonly mark: string
  /** Whether one of them is Python: its packages change while the files stay. */
  readonly python: boolean
}
/** Tools of runs of this process, as they were when their versions were asked. */
const watched = new Map<string, ToolMark & { readonly version: string }>()
const watchMark = (tool: Tool): ToolMark => ({
  mark: filesMark(tool),
  python: programsIn(tool.version.argv[0], searchPath()).some(isPython),
})
const filesMark = (tool: Tool): string =>
  JSON.stringify(
    programsIn(tool.version.argv[0], searchPath()).map(place => {
      const { dev, ino, size, mtimeNs, ctimeNs } = statSync(place, { bigint: true })
      return [place, realpathSync(place), ...[dev, ino, size, mtimeNs, ctimeNs].map(String)]
    }),
  )
/** A tool that is not any more what it was when a run began. */
export interface ChangedTool {
  readonly name: string
  readonly was: string
  /** Undefined where it is gone, or is of no version that is accepted. */
  readonly is: string | undefined
}
/**
 * Looks again whether tools are of the versions that keys promise: `apt upgrade` does not wait for a run of two days. Where their files are as
 * they were nothing is asked, but of Python, whose packages change without it.
 * @param promised versions by name of the tool
 */
export async function changedTool(
  tools: readonly Tool[],
  promised: Readonly<Record<string, string>>,
  memo: string,
): Promise<ChangedTool | undefined> {
  const moved = tools.flatMap(tool => {
    const known = watched.get(tool.name)
    if (known === undefined || known.version !== promised[tool.name]) return []
    return known.python || filesMark(tool) !== known.mark ? [{ tool, ...watchMark(tool), version: known.version }] : []
  })
  if (moved.length === 0) return undefined
  const found = await findTools(
    moved.map(({ tool }) => tool),
    memo,
  )
  for (const { tool, version, ...mark } of moved) {
    const now = found.get(tool.name)
    const is = now?.state === 'ready' ? now.version : undefined
    if (is !== version) return { name: tool.name, was: version, is }
    watched.set(tool.name, { version, ...mark })
  }
  return undefined
}
/**
 * A step whose tools were found in several places runs them all with one search path: what one tool needs first on it may hide another, or the
 * interpreter of another. @throws TriremeError `TOOL` naming the step and both versions
 */
async function refuseMixtures(plan: Plan, versions: ReadonlyMap<string, string>, memo: string | undefined): Promise<void> {
  const steps = new Map(plan.nodes.flatMap(node => (node.kind === 'step' ? [[node.step.name, node.step] as const] : [])))
  const asking = new VersionAsker(memo && path.dirname(memo))
  try {
    for (const { name, tools } of steps.values()) {
      const first = preferredFolders(tools)
      if (first.length === 0 || tools.length < 2) continue
      for (const tool of tools) {
        const [place] = programsIn(tool.version.argv[0], searchPath(first))
        const { version } = await asking.version(place ?? '', tool, stepEnvironment(asking.home, first))
        const told = versions.get(tool.name)
        if (version !== told)
          throw new TriremeError(
            'TOOL',
            `The step "${name}" needs ${tools.map(({ name }) => name).join(' and ')}, which are in different places on PATH: ${tool.name} is version ${told} alone, and ${version ?? 'tells no version'} beside the others. Install them into one environment, and put that first on PATH.`,
          )
      }
    }
  } finally {
    asking.end()
  }
}
