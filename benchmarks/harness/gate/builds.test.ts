import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readlinkSync, realpathSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { scratch } from '../../../core/testing.ts'
import { build as buildCommit, commitOf, removeBuild, shortName, uncommitted, type Yard } from './builds.ts'

const build = async (revision: string, name: string, yard: Yard) => buildCommit(commitOf(yard.project, revision), name, yard)
const git = (folder: string, ...words: readonly string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false', ...words], {
    cwd: folder,
    encoding: 'utf8',
  }).trim()
/** A project in Git whose build script copies `source.txt`; it may lie in a folder of the repository. */
function projectIn(below = ''): { readonly yard: Yard; readonly told: string[]; readonly stop: AbortController; readonly top: string } {
  const [top, told, stop] = [scratch(), [] as string[], new AbortController()]
  const project = path.join(top, below)
  mkdirSync(path.join(project, 'node_modules/some'), { recursive: true })
  writeFileSync(path.join(project, 'node_modules/some/index.js'), '1')
  writeFileSync(path.join(top, '.gitignore'), 'node_modules\nbuilt.txt\n')
  git(top, 'init', '-q', '-b', 'main')
  const yard = { project, scratch: scratch(), signal: stop.signal, log: (line: string) => void told.push(line) }
  commit(project, { 'source.txt': 'one' })
  return { yard, told, stop, top }
}
const script = (words: string) => JSON.stringify({ name: 'p', version: '1.0.0', scripts: { build: words } })
function commit(project: string, files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries({ 'package.json': script('cp source.txt built.txt'), ...files }))
    writeFileSync(path.join(project, name), text)
  git(project, 'add', '-A')
  git(project, 'commit', '-q', '-m', 'x', '--allow-empty')
  return git(project, 'rev-parse', 'HEAD')
}
const worktrees = ({ project }: Yard) => git(project, 'worktree', 'list').split('\n').length

test.each(['', 'packages/one'])('two commits are built apart, with what is installed, and taken away (%j)', async below => {
  const { yard } = projectIn(below)
  commit(yard.project, { 'source.txt': 'two' })
  writeFileSync(path.join(yard.project, 'source.txt'), 'three') // is in neither
  const [base, head] = [await build('HEAD~1', 'base', yard), await build('main', 'head', yard)]
  expect([base, head].map(({ folder }) => readFileSync(path.join(folder, 'built.txt'), 'utf8'))).toEqual(['one', 'two'])
  const installed = 'node_modules/some/index.js'
  expect(statSync(path.join(base.folder, installed)).ino).toBe(statSync(path.join(yard.project, installed)).ino)
  expect(base.folder.length).toBe(head.folder.length)
  expect(uncommitted(yard.project)).toBe(path.join(below, 'source.txt'))
  expect(existsSync(path.join(yard.project, 'built.txt'))).toBe(false)
  expect(worktrees(yard)).toBe(3)
  for (const name of ['base', 'head']) removeBuild(name, yard)
  expect(worktrees(yard)).toBe(1)
  expect(existsSync(base.folder)).toBe(false)
})
test('what is installed is not shared with a commit that asks for something else', async () => {
  const { yard, told } = projectIn()
  const old = commit(yard.project, {})
  commit(yard.project, { 'package-lock.json': '{"lockfileVersion": 3}' })
  const { folder } = await build(old, 'base', yard)
  expect(existsSync(path.join(folder, 'node_modules/some'))).toBe(false)
  expect(told.map(line => line.replace(/^.*: /, ''))).toEqual(['npm install --no-audit --no-fund', 'npm run build'])
})
test('a library that lies beside the checkout is found from a build, and a workspace is the commit’s own', async () => {
  const { yard, top } = projectIn()
  const beside = path.join(scratch(), 'library')
  mkdirSync(beside)
  mkdirSync(path.join(top, 'node_modules/@own'))
  symlinkSync(path.relative(path.join(top, 'node_modules'), beside), path.join(top, 'node_modules/library'))
  symlinkSync(path.relative(path.join(top, 'node_modules/@own'), beside), path.join(top, 'node_modules/@own/library'))
  symlinkSync('../work', path.join(top, 'node_modules/work'))
  mkdirSync(path.join(top, 'work'))
  commit(top, { 'work/package.json': '{}' })
  const { folder } = await build('main', 'head', yard)
  const leads = (name: string) => realpathSync(path.join(folder, 'node_modules', name))
  expect([leads('library'), leads('@own/library'), leads('work')]).toEqual([beside, beside, path.join(folder, 'work')])
  expect(readlinkSync(path.join(top, 'node_modules/library'))).not.toBe(beside) // the project's own is left alone
})
test('a branch that moves meanwhile moves nothing', async () => {
  const { yard } = projectIn()
  const asked = commitOf(yard.project, 'main')
  commit(yard.project, { 'source.txt': 'two' })
  const { folder, commit: built } = await buildCommit(asked, 'head', yard)
  expect([readFileSync(path.join(folder, 'built.txt'), 'utf8'), built]).toEqual(['one', asked.commit])
})
test('a revision that is no commit is refused, and so is a commit without package.json', async () => {
  const { yard } = projectIn()
  expect(() => commitOf(yard.project, 'nowhere')).toThrow(
    '"nowhere" is no commit of this checkout. Give a branch, a tag or a commit that "git log" knows.',
  )
  expect(() => commitOf(yard.project, '--help')).toThrow('"--help" is no commit')
  expect(() => commitOf(scratch(), 'main')).toThrow('It is no checkout of Git, or Git is not installed')
  git(yard.project, 'rm', '-q', 'package.json')
  git(yard.project, 'commit', '-q', '-m', 'none')
  await expect(build('HEAD', 'head', yard)).rejects.toThrow(/^HEAD \([0-9a-f]{12}\) has no package.json where the project has one now/)
})
test('a shallow clone says how to get the rest', () => {
  const { yard } = projectIn()
  const old = git(yard.project, 'rev-parse', 'HEAD')
  commit(yard.project, { 'source.txt': 'two' })
  const clone = path.join(scratch(), 'clone')
  git(yard.project, 'clone', '-q', '--depth', '1', `file://${yard.project}`, clone)
  expect(() => commitOf(clone, old)).toThrow(
    '"git fetch --unshallow" gets them; in a workflow of GitHub, "fetch-depth: 0" of actions/checkout.',
  )
})
test('a commit that does not build says so with the end of its log', async () => {
  const { yard } = projectIn()
  commit(yard.project, { 'package.json': script("seq 100; echo 'no such module' >&2; exit 3") })
  const failing = build('main', 'head', yard)
  await expect(failing).rejects.toThrow(
    /^main \([0-9a-f]{12}\) does not build: "npm run build" ended with status 3\. Its last lines were:\n/,
  )
  await expect(failing).rejects.toThrow(/\n100\nno such module/)
  await expect(failing).rejects.not.toThrow(/\n80\n/)
})
test('a build that is stopped ends with all that it started', async () => {
  const { yard, stop } = projectIn()
  const started = path.join(yard.scratch, 'started')
  commit(yard.project, { 'package.json': script(`sh -c 'echo $$ >${started}; exec sleep 1000'`) })
  const building = build('main', 'head', yard)
  while (!existsSync(started) || readFileSync(started, 'utf8') === '') await new Promise(next => setTimeout(next, 20))
  const pid = Number(readFileSync(started, 'utf8'))
  stop.abort(new Error('stopped by hand'))
  await expect(building).rejects.toThrow('stopped by hand')
  while (existsSync(`/proc/${pid}`)) await new Promise(next => setTimeout(next, 20))
  removeBuild('head', yard)
  expect(worktrees(yard)).toBe(1)
})
test('a commit is named by its branch and its digits, or by its digits alone', () => {
  const commit = '0123456789abcdef0123456789abcdef01234567'
  expect(shortName({ revision: 'main', commit })).toBe('main (0123456789ab)')
  expect(shortName({ revision: '0123456', commit })).toBe('0123456789ab')
})
