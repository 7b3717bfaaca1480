import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { scratch } from '../core/testing.ts'
import { countingProject } from './counting-project.ts'
import { containersHere } from './engine.ts'
import { trireme } from './project.ts'

// A bundle with a real Node, unpacked and run where there is nothing of ours; and its record, taken home.

const here = await containersHere()
const project = countingProject({ '.gitignore': 'node_modules\n*.tar\n.trireme\n' })
const git = (...words: string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...words], { cwd: project, encoding: 'utf8' }).trim()
beforeAll(() => {
  git('init', '-q', '-b', 'main')
  git('add', '-A')
  git('commit', '-q', '-m', 'one')
  expect(trireme(project, 'bundle', 'counting', '-o', 'counting.tar')).toMatchObject({ status: 0, stderr: '' })
})
/** One line, as a reader types it, with as little as possible around it. */
const line = 'tar xf "$0" && ./trireme-bundle/run --runs 1 --limit 5m'
const bundled = path.join(project, 'counting.tar')

/** The record that the last line names proves itself, says which commit it is of, and is taken in. */
function takenHome(folder: string, stdout: string): void {
  expect(stdout.trimEnd().split('\n').at(-1)).toMatch(
    /^Written, to be imported where it is to be kept: \/.*\/trireme-bundle\/record\.json$/,
  )
  const file = path.join(folder, 'trireme-bundle/record.json')
  const record = JSON.parse(readFileSync(file, 'utf8'))
  expect(record).toMatchObject({ code: { commit: git('rev-parse', '--short=12', 'HEAD') }, failed: [], unmeasured: [] })
  expect(
    record.runs
      .filter((run: { warmup: boolean }) => !run.warmup)
      .map((run: { arm: string }) => run.arm)
      .sort(),
  ).toEqual(['once', 'shell', 'twice'])
  expect(Object.keys(record.sources)).toEqual([
    'benchmarks/counting.ts',
    'pipelines/counting.ts',
    'steps/own/count.sh',
    'steps/own/count.ts',
  ])
  expect(trireme(project, 'bench', 'verify', file)).toMatchObject({ status: 0 })
  expect(trireme(project, 'bench', 'import', file)).toMatchObject({ status: 0 })
}
test('in an empty folder, with no environment but a PATH', { timeout: 180_000 }, () => {
  const folder = scratch()
  const env = { PATH: '/usr/bin:/bin' }
  const { status, stdout, stderr } = spawnSync('sh', ['-c', line, bundled], { cwd: folder, encoding: 'utf8', env })
  expect(status, stderr).toBe(0)
  takenHome(folder, stdout)
  expect(readdirSync(folder)).toEqual(['trireme-bundle'])
})
const engine = typeof here === 'string' || here.engine === 'apptainer' ? undefined : here
const reason = typeof here === 'string' ? here : 'apptainer has no containers without a network'
describe.skipIf(!engine)(`in an empty container without network, as nobody${engine ? '' : ` (skipped: ${reason})`}`, () => {
  test('it runs, and writes nothing outside its folder', { timeout: 180_000 }, () => {
    const folder = path.join(scratch(), 'work')
    mkdirSync(folder)
    chmodSync(folder, 0o777)
    const mounts = ['-v', `${bundled}:/in/c.tar:ro`, '-v', `${folder}:/work`, '-w', '/work']
    const script = `env -i PATH="$PATH" sh -c '${line}' /in/c.tar; status=$?; find / -xdev -user 4321 -not -path '/proc/*' >&2; exit $status`
    const container = ['run', '--rm', '--network', 'none', '--user', '4321:4321', ...mounts, engine!.image, 'sh', '-c', script]
    const { status, stdout, stderr } = spawnSync(engine!.engine, container, { encoding: 'utf8' })
    expect(status, stderr).toBe(0)
    takenHome(folder, stdout)
    expect(stderr.split('\n').filter(name => name.startsWith('/'))).toEqual([])
  })
})
