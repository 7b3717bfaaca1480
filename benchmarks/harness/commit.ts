import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { readIfThere } from '../../core/files.ts'

/** Which code is measured. */
export type Code =
  | { readonly state: 'a commit'; readonly commit: string }
  /** What was measured could not be found again; `why` says so in words. */
  | { readonly state: 'no commit'; readonly commit?: string; readonly changed: boolean; readonly why: string }

/** Results are added while comparisons run, one after the other: they change nothing that is measured. */
const isResult = (file: string) => /(^|\/)benchmarks\/results\//.test(file)
function git(checkout: string, ...words: string[]): string | undefined {
  try {
    return execFileSync('git', words, { cwd: checkout, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trimEnd()
  } catch {
    return undefined
  }
}
/** An installed package may lie in somebody else's checkout. */
const isTop = (checkout: string): boolean => git(checkout, 'rev-parse', '--show-prefix') === ''
/** The file by which a bundle says what `codeOf` said where it was made. No checkout has it. */
export const bundledCode = 'code.json'

/** Top of the checkout that a folder lies in; the folder itself where it lies in none, or is a bundle's, wherever that was unpacked. */
export const checkoutOf = (folder: string): string =>
  existsSync(path.join(folder, bundledCode)) ? folder : (git(folder, 'rev-parse', '--show-toplevel') ?? folder)
/** What a checkout holds: a commit that is on a branch, with nothing changed since, or something that nobody could go back to. */
export function codeOf(checkout: string): Code {
  const bundled = readIfThere(path.join(checkout, bundledCode))
  if (bundled !== undefined) return JSON.parse(bundled) as Code // written by "trireme bundle"
  const commit = isTop(checkout) ? git(checkout, 'rev-parse', '--short=12', 'HEAD') : undefined
  if (commit === undefined) return { state: 'no commit', changed: false, why: 'this is no Git checkout, or Git cannot read it' }
  const changed = (git(checkout, 'status', '--porcelain', '--untracked-files=all', '--no-renames') ?? '')
    .split('\n')
    .filter(line => line !== '' && !isResult(line.slice(3)))
  if (changed.length > 0) {
    const [first = ''] = changed
    const others = changed.length === 1 ? '' : ` and ${changed.length - 1} more`
    return {
      state: 'no commit',
      commit,
      changed: true,
      why: `${first.slice(3)}${others} differ${changed.length === 1 ? 's' : ''} from commit ${commit}`,
    }
  }
  const branches = git(checkout, 'for-each-ref', '--contains', 'HEAD', '--format=%(refname)', 'refs/heads', 'refs/remotes')
  return branches ? { state: 'a commit', commit } : { state: 'no commit', commit, changed: false, why: `commit ${commit} is on no branch` }
}
/** Whether a commit is part of the history of what is checked out; undefined where there is no history to ask. */
export function isAncestor(checkout: string, commit: string): boolean | undefined {
  if (!isTop(checkout) || git(checkout, 'rev-parse', '--is-shallow-repository') !== 'false') return undefined
  return git(checkout, 'merge-base', '--is-ancestor', commit, 'HEAD') !== undefined
}
/** Whether Git passes over a file of a checkout. */
export const isIgnored = (checkout: string, file: string): boolean => git(checkout, 'check-ignore', '--quiet', file) !== undefined
