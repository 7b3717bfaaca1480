import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { scratch } from '../../core/testing.ts'
import { cli, environment, projectWith } from '../../test/project.ts'

vi.setConfig({ testTimeout: 240_000 }) // each builds, and starts three command lines, beside whatever else the machine does

const comparisonOf = (name: string) => `import { readFileSync } from 'node:fs'
import path from 'node:path'
import { comparison } from 'trireme-bio/benchmarks'

const program = path.resolve(import.meta.dirname, '../work.sh')
const made = ({ folder }: { folder: string }) => readFileSync(path.join(folder, 'made'), 'utf8')
const sh = (word: string) => ({
  command: () => ({ argv: ['sh', program, word] }),
  check: (at: { folder: string }) => {
    if (made(at) === '') throw new Error('nothing was made')
  },
})
export const work = comparison({
  name: '${name}',
  about: 'Work',
  arms: { first: sh('1'), second: sh('2') },
  outputs: { read: at => ({ made: made(at) }) },
})
`
const git = (folder: string, ...words: readonly string[]) => {
  const { status, stdout } = spawnSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...words], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`git ${words.join(' ')}: ${status}`)
  return stdout.trim()
}
function commit(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
  }
  git(folder, 'add', '-A')
  git(folder, 'commit', '-q', '-m', 'x', '--allow-empty')
}
/** A project with a comparison of a script, in Git. */
function project(): string {
  const folder = projectWith()
  git(folder, 'init', '-q', '-b', 'main')
  commit(folder, { '.gitignore': 'node_modules\n.trireme\n', 'work.sh': 'echo done >made\n', 'benchmarks/work.ts': comparisonOf('work') })
  return folder
}
/** Its turn to measure is its own: other tests measure too. */
const surroundings = () => ({ ...environment, TMPDIR: scratch(), GITHUB_STEP_SUMMARY: '', GITHUB_ACTIONS: '' })
function gate(folder: string, words: readonly string[], env: Readonly<Record<string, string | undefined>> = surroundings()) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'bench', 'gate', ...words], { cwd: folder, encoding: 'utf8', env })
  return { status, stdout, stderr, left: readdirSync(env.TMPDIR!).filter(name => name.startsWith('trireme-gate')) }
}
const worktrees = (folder: string) => git(folder, 'worktree', 'list').split('\n').length

test('a commit that takes ten times as long is found and confirmed, in a table for the job too', () => {
  const folder = project()
  commit(folder, { 'work.sh': 'echo done >made\nsleep 0.3\n' })
  writeFileSync(path.join(folder, 'stray'), '')
  const env = { ...surroundings(), GITHUB_STEP_SUMMARY: path.join(scratch(), 'summary.md'), GITHUB_ACTIONS: 'true' }
  const { status, stdout, stderr, left } = gate(folder, ['HEAD~1', 'main', '--runs', '18', '--seed', '1'], env)
  expect({ status, stderr }).toMatchObject({ status: 1 })
  expect(stderr).toContain('Not committed, and so in neither build: stray.\n')
  expect(stdout).toMatch(/^### work, first: main \([0-9a-f]{12}\) beside HEAD~1 \([0-9a-f]{12}\)$/m)
  expect(stdout).toMatch(/^\| wall time \| [\d.]+ s \| [\d.]+ s \| [\d.]+ \([\d.]+ to [\d.]+\) \| .* % \|$/m)
  expect(stdout).toContain('\n6 rounds of search, and 6 fresh ones, from which the ratios are.')
  expect(stdout).toMatch(
    /^gate work, first: SLOWER\. HEAD takes [\d.]+ \([\d.]+ to [\d.]+\) times the wall time of BASE.*, confirmed by fresh rounds\.$/m,
  )
  expect(stdout).toMatch(/^::error::gate work, first: SLOWER\./m)
  expect(readFileSync(env.GITHUB_STEP_SUMMARY, 'utf8')).toMatch(/^### work, first: [\s\S]*SLOWER/)
  expect({ left, worktrees: worktrees(folder) }).toEqual({ left: [], worktrees: 1 })
})
test('a commit that is as fast, or faster, is let through; the arm can be chosen', () => {
  const folder = project()
  commit(folder, { 'work.sh': 'echo done >made\n[ "$1" = 2 ] && sleep 0.2\ntrue\n' })
  commit(folder, { 'work.sh': 'echo done >made\n' })
  const { status, stdout } = gate(folder, ['HEAD~1', 'HEAD', 'work', '--runs', '18', '--arm', 'second', '--least', '50'])
  expect(stdout).toMatch(/^gate work, second: no slow-down of 50 % or more\. wall time 0\.\d+ \(/m)
  expect(status).toBe(0)
})
test('two commits that make something else are not compared by speed', () => {
  const folder = project()
  commit(folder, { 'work.sh': 'echo other >made\nsleep 0.3\n' })
  const { status, stdout } = gate(folder, ['HEAD~1', 'HEAD'])
  expect(stdout).toContain(
    'gate work, first: the two do different work, so nothing is said of speed. Outputs differ: made is done\n in BASE, HEAD~1 (',
  )
  expect(status).toBe(0)
})
test('what cannot be compared is told, and nothing is left', () => {
  const folder = project()
  commit(folder, { 'benchmarks/more.ts': comparisonOf('more') })
  expect(gate(folder, ['HEAD~1', 'HEAD', 'more'])).toMatchObject({
    status: 4,
    stderr: expect.stringMatching(/HEAD~1 \([0-9a-f]{12}\) cannot run "more": There is no comparison "more"\./),
    left: [],
  })
  commit(folder, { 'work.sh': 'echo no such tool >&2\nexit 3\n' })
  expect(gate(folder, ['HEAD~1', 'HEAD', 'work'])).toMatchObject({
    status: 4,
    stderr: expect.stringMatching(
      /HEAD \([0-9a-f]{12}\) cannot run "work": The arm "first" in workstation ended with status 3:\nno such tool/,
    ),
    left: [],
  })
  expect(gate(folder, ['HEAD~1', 'HEAD']).stderr).toContain('Which comparison? There are: more, work')
  expect(gate(folder, ['nowhere', 'HEAD', 'work'])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('"nowhere" is no commit of this checkout.'),
  })
  expect(gate(folder, ['main', 'HEAD', 'work', '--runs', '12']).stderr).toContain('--runs takes a whole number from 18, got "12".')
  expect(gate(folder, ['main', 'HEAD', 'work', '--least', 'some']).stderr).toContain(
    '--least takes a percentage above 0, such as 3, got "some".',
  )
  expect(worktrees(folder)).toBe(1)
})
test('Ctrl-C ends what runs and removes both builds', async () => {
  const [folder, env, started] = [project(), surroundings(), path.join(scratch(), 'started')]
  commit(folder, { 'work.sh': `echo $$ >${started}\nexec sleep 1000\n` })
  const running = spawn(process.execPath, [cli, 'bench', 'gate', 'main', 'HEAD'], { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] })
  let told = ''
  running.stderr.on('data', chunk => {
    told += chunk
  })
  const ended = once(running, 'close')
  while (!existsSync(started) || readFileSync(started, 'utf8') === '') await new Promise(next => setTimeout(next, 20))
  running.kill('SIGINT')
  expect(await ended).toEqual([130, null])
  expect(told).toContain('Stopped. Nothing was judged, and the two builds are removed.')
  expect(existsSync(`/proc/${readFileSync(started, 'utf8').trim()}`)).toBe(false)
  expect({ left: readdirSync(env.TMPDIR).filter(name => name.startsWith('trireme-gate')), worktrees: worktrees(folder) }).toEqual({
    left: [],
    worktrees: 1,
  })
})
test('a side is for gates alone', () => {
  const { status, stderr } = spawnSync(process.execPath, [cli, 'bench', 'side', 'work', '--store', 's', '--scratch', 's'], {
    encoding: 'utf8',
  })
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: '"trireme bench side" is what "trireme bench gate" starts for each of its two builds.\n',
  })
})
