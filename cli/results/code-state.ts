import { execFile } from 'node:child_process'
import { realpath } from 'node:fs/promises'
import { promisify } from 'node:util'
import { packageRoot, version } from '../project/package.ts'

/** Which code made a run: a version, and the commit where the code is a checkout. */
interface CodeVersion {
  readonly version?: string
  readonly commit?: string
  /** Whether files differ from the commit. */
  readonly changed?: boolean
}
export interface CodeState {
  readonly trireme: CodeVersion
  /** The project of the working directory, where it is a checkout of its own. */
  readonly project?: CodeVersion
}
/** Asked when a run starts, since files may be edited while it goes on. Where git is not installed, commits are left out. */
export async function codeState(folder: string = process.cwd()): Promise<CodeState> {
  const [ours, theirs] = await Promise.all([commitOf(packageRoot, true), commitOf(folder, false)])
  const same = theirs?.top !== undefined && theirs.top === ours?.top
  const told = (found: Checkout | undefined): CodeVersion => (found ? { commit: found.commit, changed: found.changed } : {})
  return { trireme: { version: version(), ...told(ours) }, ...(theirs && !same && { project: told(theirs) }) }
}
interface Checkout {
  readonly top: string
  readonly commit: string
  readonly changed: boolean
}
const runFile = promisify(execFile)
/** @param own the folder has to be the checkout itself: a package below some project's node_modules is no part of the project */
async function commitOf(folder: string, own: boolean): Promise<Checkout | undefined> {
  // A user's hooks and pagers have no part in this; `git status` would write the index.
  const git = async (...words: string[]) =>
    (
      await runFile('git', ['-C', folder, ...words], {
        env: { ...process.env, GIT_OPTIONAL_LOCKS: '0' },
        timeout: 10_000,
        maxBuffer: 2 ** 26,
      })
    ).stdout.trim()
  try {
    const [top, commit] = (await git('rev-parse', '--show-toplevel', 'HEAD')).split('\n')
    if (top === undefined || commit === undefined || (own && top !== (await realpath(folder)))) return undefined
    // New files count where code is looked for; results and data beside it do not.
    const rooms = ['pipelines', 'steps', 'profiles.ts', ':(glob)trireme.config.*']
    const [tracked, fresh] = await Promise.all([
      git('status', '--porcelain', '--untracked-files=no'),
      git('ls-files', '--others', '--exclude-standard', '--', ...rooms),
    ])
    return { top, commit, changed: tracked !== '' || fresh !== '' }
  } catch {
    return undefined // no git, no checkout, or one without a commit
  }
}
