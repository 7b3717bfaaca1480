import { execFileSync, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { TriremeError } from '../../../core/errors.ts'
import { readIfThere } from '../../../core/files.ts'
import { killGroup } from '../../../core/host/child.ts'
import { removeTree } from '../../../core/left-behind.ts'

/** A commit, and the words that it was asked for with: `main`. */
export interface Named {
  readonly revision: string
  readonly commit: string
}
/** A commit in a folder of its own, built. */
export interface Build extends Named {
  /** Of the project: that which holds package.json. */
  readonly folder: string
}
/** Where builds are made, and what is told of it. */
export interface Yard {
  /** The project's folder in a Git checkout. */
  readonly project: string
  /** For worktrees and logs. */
  readonly scratch: string
  readonly signal: AbortSignal
  readonly log: (line: string) => void
}
const git = (project: string, ...words: readonly string[]): string =>
  execFileSync('git', words, { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()

/** Asked once, before anything is built: a branch may move meanwhile. @throws TriremeError `USAGE` where a revision names no commit of the checkout */
export function commitOf(project: string, revision: string): Named {
  try {
    return { revision, commit: git(project, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`) }
  } catch {
    throw new TriremeError('USAGE', `"${revision}" is no commit of this checkout. ${remedy(project)}`)
  }
}
function remedy(project: string): string {
  try {
    const shallow = git(project, 'rev-parse', '--is-shallow-repository') === 'true'
    return shallow
      ? 'It is a shallow clone, which lacks most commits: "git fetch --unshallow" gets them; in a workflow of GitHub, "fetch-depth: 0" of actions/checkout.'
      : 'Give a branch, a tag or a commit that "git log" knows.'
  } catch {
    return 'It is no checkout of Git, or Git is not installed: run it in the folder of a project that is one.'
  }
}
/** Files that were changed and not committed, in words; undefined where there are none. They are in neither build. */
export function uncommitted(project: string): string | undefined {
  const [first, ...more] = git(project, 'status', '--porcelain', '--untracked-files=all', '--no-renames', '.')
    .split('\n')
    .filter(line => line !== '')
    .map(line => line.trim().replace(/^\S+\s+/, ''))
  return first && `${first}${more.length > 0 ? ` and ${more.length} more` : ''}`
}
/**
 * Checks a commit out beside the project's own checkout, with what the project has installed where its lock files say the same, and builds it as the project builds itself.
 * @param name folder below the scratch. The two builds of a gate have names of one length, for even the length of a path can move times by per cent (Mytkowicz et al., ASPLOS 2009)
 * @throws TriremeError `INPUT` with the end of the log, where it does not build
 */
export async function build({ revision, commit }: Named, name: string, yard: Yard): Promise<Build> {
  const top = path.join(yard.scratch, name)
  git(yard.project, 'worktree', 'add', '--quiet', '--detach', top, commit)
  const folder = path.join(top, git(yard.project, 'rev-parse', '--show-prefix'))
  const made = { revision, commit, folder }
  if (!existsSync(path.join(folder, 'package.json')))
    throw new TriremeError('INPUT', `${shortName(made)} has no package.json where the project has one now: it cannot be built.`)
  const isSame = (file: string) => readIfThere(path.join(yard.project, file)) === readIfThere(path.join(folder, file))
  const installed = path.join(yard.project, 'node_modules')
  if (existsSync(installed) && isSame('package-lock.json') && isSame('package.json')) await link(installed, folder, made, yard)
  else await must(['npm', existsSync(path.join(folder, 'package-lock.json')) ? 'ci' : 'install', '--no-audit', '--no-fund'], made, yard)
  const { scripts } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
  if (scripts?.build !== undefined) await must(['npm', 'run', 'build'], made, yard)
  return made
}
/** Takes a build's worktree away again, whatever became of it. */
export function removeBuild(name: string, { project, scratch }: Pick<Yard, 'project' | 'scratch'>): void {
  removeTree(path.join(scratch, name))
  git(project, 'worktree', 'prune')
}
/** `main (1a2b3c4d5e6f)`. */
export const shortName = ({ revision, commit }: Named): string =>
  commit.startsWith(revision) ? commit.slice(0, 12) : `${revision} (${commit.slice(0, 12)})`

/** Hard links take no room and next to no time; they do not reach from one disk to another, and not every `cp` makes them. */
async function link(installed: string, folder: string, made: Build, yard: Yard): Promise<void> {
  const to = path.join(folder, 'node_modules')
  if ((await run(['cp', '-al', installed, to], made, yard)) !== 0) {
    removeTree(to)
    await must(['cp', '-Rp', installed, to], made, yard)
  }
  leadOut(installed, to, git(yard.project, 'rev-parse', '--show-toplevel'))
}
/** What `npm install ../library` has linked is found from the build as from the project; what lies in the checkout, such as a workspace, is the commit's own. */
function leadOut(installed: string, to: string, checkout: string): void {
  for (const entry of readdirSync(installed, { withFileTypes: true })) {
    const [from, own] = [path.join(installed, entry.name), path.join(to, entry.name)]
    if (entry.isDirectory() && entry.name.startsWith('@')) leadOut(from, own, checkout)
    if (!entry.isSymbolicLink() || !existsSync(from)) continue
    const library = realpathSync(from)
    if (library.startsWith(checkout + path.sep)) continue
    rmSync(own)
    symlinkSync(library, own)
  }
}
async function must(argv: readonly string[], made: Build, yard: Yard): Promise<void> {
  yard.log(`${shortName(made)}: ${argv[0] === 'cp' ? 'copies node_modules' : argv.join(' ')}`)
  const status = await run(argv, made, yard)
  if (status === 0) return
  const end = readFileSync(logOf(made, yard), 'utf8').trimEnd().split('\n').slice(-15).join('\n')
  throw new TriremeError(
    'INPUT',
    `${shortName(made)} does not build: "${argv.join(' ')}" ended with status ${status}. Its last lines were:\n${end}`,
  )
}
const logOf = ({ folder }: Build, { scratch }: Yard) => path.join(scratch, `${path.relative(scratch, folder).split(path.sep)[0]}.log`)
/** In a group of its own, which the signal ends. @throws the signal's reason */
async function run([program = '', ...words]: readonly string[], made: Build, yard: Yard): Promise<number | null> {
  const log = openSync(logOf(made, yard), 'a')
  const child = spawn(program, words, { cwd: made.folder, stdio: ['ignore', log, log], detached: true })
  closeSync(log)
  const stop = () => killGroup(child.pid, 'SIGTERM')
  yard.signal.addEventListener('abort', stop)
  if (yard.signal.aborted) stop()
  try {
    return await new Promise<number | null>((done, fail) => child.on('exit', done).on('error', fail))
  } finally {
    yard.signal.removeEventListener('abort', stop)
    yard.signal.throwIfAborted()
  }
}
