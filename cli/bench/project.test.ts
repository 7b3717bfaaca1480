import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { Record2 } from '../../benchmarks/harness/record.ts'
import { scratch } from '../../core/testing.ts'
import { cli, environment, projectWith } from '../../test/project.ts'
import { compilers } from '../../test/types/compilers.ts'
import { packageRoot } from '../project/package.ts'

// A user's project with a comparison of its own, from its first line to a record that proves itself.

/** Each with a folder for temporary files of its own: the turn to measure is taken in it, and other tests take it too. */
const own = { ...environment, TMPDIR: scratch() }
const run = (cwd: string, ...argv: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...argv], { cwd, encoding: 'utf8', env: own })
  return { status, stdout, stderr }
}
const git = (cwd: string, ...words: string[]) =>
  spawnSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...words], { cwd, encoding: 'utf8' }).stdout.trim()
const recordsIn = (folder: string): readonly string[] =>
  existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.json')) : []

const tiny = `import { mib, pipeline, run, step } from 'trireme-bio'
import { bed } from 'trireme-bio/kinds'
import { z } from 'zod'

const write = step({
  name: 'tiny-write', image: 'none', inputs: {}, params: { text: z.string() }, outputs: { out: bed }, needs: { cpu: 1, memory: mib(64) },
  command: ({ text, out }) => run('printf', '%s\\\\t1\\\\t2\\\\n', text).into(out),
})
const copy = step({
  name: 'tiny-copy', image: 'none', inputs: { given: bed }, outputs: { out: bed }, needs: { cpu: 1, memory: mib(64) },
  command: ({ given, out }) => run('cat', given).into(out),
})
export const tiny = pipeline({
  name: 'tiny', inputs: {}, params: { text: z.string().default('a') }, steps: [write, copy],
  build: ({ text }) => ({ copied: copy({ given: write({ text }).out }).out }),
})
`
const tinyArms = `import { readFileSync } from 'node:fs'
import { comparison } from 'trireme-bio/benchmarks'
import { tiny } from '../pipelines/tiny.ts'

export const copying = comparison({
  name: 'copying',
  about: 'Copying what was written before',
  pipeline: tiny,
  arms: {
    pipeline: { text: 'a' },
    cat: {
      command: ({ folder }) => ({ argv: ['sh', '-c', 'printf "a\\\\t1\\\\t2\\\\n" >' + folder + '/copied.bed'] }),
      check: ({ folder }) => void readFileSync(folder + '/copied.bed'),
    },
  },
  given: ['tiny-write'],
  measures: { copying: ['tiny-copy'] },
  outputs: { read: ({ folder }) => ({ bed: readFileSync(folder + '/copied.bed', 'utf8') }) },
  warmups: 0,
  runs: { least: 2, most: 2 },
})
export const sleeping = comparison({
  name: 'sleeping',
  about: 'Nothing',
  arms: {
    short: { command: () => ({ argv: ['true'] }), check: () => {} },
    long: { command: ({ shared }) => ({ argv: ['sh', '-c', 'echo >' + shared + '/begun; exec sleep 600'] }), check: () => {} },
  },
  warmups: 0,
})
`
let project: string
let written: Record2
beforeAll(() => {
  project = projectWith({ 'pipelines/tiny.ts': tiny, 'benchmarks/mine.ts': tinyArms, '.gitignore': 'node_modules\n.trireme\nrecords\n' })
})
test("list names the project's own comparisons before the package's", () => {
  expect(run(project, 'bench', 'list').stdout).toMatch(
    /^Comparisons of this project:\n {2}copying +Copying what was written before\n {2}sleeping +Nothing\n\nComparisons of the package:\n[\s\S]* {2}idr-speedup /,
  )
  expect(run(project, 'bench', 'run', 'copyng')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^There is no comparison "copyng"\. Did you mean "copying"\? There are: copying, sleeping, /),
  })
})
test("an error in a comparison's own functions is told with its place, and is no fault of Trireme's", () => {
  const broken = `import { comparison } from 'trireme-bio/benchmarks'
const arms = { one: { command: () => ({ argv: ['true'] }), check: () => {} } }
export const broken = comparison({ name: 'broken', about: 'x', arms, setup: () => { throw new Error('no reads') } })
`
  expect(run(projectWith({ 'benchmarks/broken.ts': broken }), 'bench', 'run', 'broken', '--scratch', 'records')).toMatchObject({
    stdout: '',
    stderr: expect.stringMatching(/The project's own code failed: Error: no reads\nThat is in benchmarks\/broken\.ts, line 3\.\n$/), // nothing was measured
  })
})
test('a new project keeps its records in Git, and what runs leave is ignored', () => {
  const folder = scratch()
  expect(run(folder, 'init', 'fresh', '--benchmark').status).toBe(0)
  git(path.join(folder, 'fresh'), 'init', '-q')
  const ignored = ['benchmarks/results/m/first-cores-20260102T030405Z.json', 'results/x', 'calls/x', '.trireme/x', 'node_modules/x']
  expect(git(path.join(folder, 'fresh'), 'check-ignore', ...ignored).split('\n')).toEqual(ignored.slice(1))
})
test('nothing is measured whose record could not be kept', () => {
  expect(run(project, 'bench', 'run', 'copying')).toEqual({
    status: 2,
    stdout: '',
    stderr:
      'A record is kept only of a commit that is on a branch, and this is no Git checkout, or Git cannot read it. Commit first, or have the records elsewhere with --scratch DIR. Nothing was measured.\n',
  })
  git(project, 'init', '-q', '-b', 'main')
  git(project, 'add', '-A')
  git(project, 'commit', '-q', '-m', 'one')
  writeFileSync(path.join(project, 'pipelines/new.txt'), 'untracked code is measured too')
  expect(run(project, 'bench', 'run', 'copying').stderr).toContain(
    `pipelines/new.txt differs from commit ${git(project, 'rev-parse', '--short=12', 'HEAD')}`,
  )
  git(project, 'clean', '-qf')
  expect(run(project, 'bench', 'run', 'copying', '--scratch', 'benchmarks/results/x')).toMatchObject({
    status: 2,
    stderr: '--scratch is for records that are not kept, and benchmarks/results/x lies where they are kept. Give another folder.\n',
  })
})
test('a comparison runs, what is given is in no row, and its record is kept and proves itself', () => {
  const done = run(project, 'bench', 'run', 'copying', '--seed', '7')
  expect(done, done.stderr).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/\nKept: benchmarks\/results\/[\w-]+\/copying-\w+\.json\n$/),
  })
  const [file = ''] = recordsIn(path.join(project, 'benchmarks/results'))
  const text = readFileSync(path.join(project, 'benchmarks/results', file), 'utf8')
  written = JSON.parse(text)
  expect(written).toMatchObject({ seed: 7, code: { commit: git(project, 'rev-parse', '--short=12', 'HEAD') }, failed: [], unmeasured: [] })
  expect(Object.keys(written.sources)).toEqual(['benchmarks/mine.ts', 'pipelines/tiny.ts'])
  expect(written.derived.refusals).toEqual([])
  expect(written.derived.figures.map(({ measure, arm }) => `${measure} ${arm}`).sort()).toEqual([
    'copying pipeline',
    'whole cat',
    'whole pipeline',
  ])
  for (const { events } of written.runs.filter(({ arm }) => arm === 'pipeline')) {
    const told = (name: string) => events.filter(({ step }) => step === name).map(({ event }) => event)
    expect(told('tiny-write')).toEqual(['planned', 'cached'])
    expect(told('tiny-copy')).toEqual(['planned', 'started', 'succeeded'])
  }
  for (const path of [project, packageRoot, own.TMPDIR]) expect(text).not.toContain(path)
  expect(run(project, 'bench', 'verify')).toMatchObject({ status: 0 })
  expect(readdirSync(path.join(project, '.trireme/bench'))).toEqual([])
})
test('Ctrl-C ends what runs and says so; the next call goes on', async () => {
  const words = ['bench', 'run', 'sleeping', '--scratch', 'records', '--seed', '1']
  const child = spawn(process.execPath, [cli, ...words], { cwd: project, env: own })
  let said = ''
  child.stderr.on('data', chunk => {
    said += chunk
  })
  const begun = () => readdirSync(path.join(project, '.trireme/bench'), { recursive: true }).some(name => String(name).endsWith('begun'))
  while (child.exitCode === null && !begun()) await new Promise(next => setTimeout(next, 50))
  const second = run(project, ...words)
  expect(second).toMatchObject({
    status: 2,
    stderr: expect.stringContaining(`Another "trireme bench" measures on this machine, process ${child.pid}: `),
  })
  child.kill('SIGINT')
  const [status] = await once(child, 'close')
  expect([status, said]).toEqual([
    130,
    expect.stringContaining('Stopped. What was measured is kept: the same command goes on from there.\n'),
  ])
  expect(recordsIn(path.join(project, 'records'))).toEqual([])
})
test('init --benchmark writes a comparison that compiles, runs and proves itself', { timeout: 300_000 }, () => {
  const folder = scratch()
  expect(run(folder, 'init', 'heart', '--benchmark')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('npx trireme bench run first-cores --quick'),
  })
  const heart = path.join(folder, 'heart')
  mkdirSync(path.join(heart, 'node_modules/@types'), { recursive: true })
  for (const name of ['zod', 'typescript', 'vitest', '@types/node'])
    symlinkSync(path.join(packageRoot, 'node_modules', name), path.join(heart, 'node_modules', name))
  symlinkSync(packageRoot, path.join(heart, 'node_modules/trireme-bio'))
  const { stdout, status } = spawnSync(process.execPath, [compilers[0].program, '-p', '.'], { cwd: heart, encoding: 'utf8' })
  expect([status, stdout]).toEqual([0, ''])
  const done = run(heart, 'bench', 'run', 'first-cores', '--runs', '1', '--scratch', 'records')
  expect(done, done.stderr).toMatchObject({ status: 0 })
  const [file = ''] = recordsIn(path.join(heart, 'records'))
  const { derived, programs, runs }: Record2 = JSON.parse(readFileSync(path.join(heart, 'records', file), 'utf8'))
  expect(derived.refusals).toEqual([])
  expect(derived.figures.map(({ measure }) => measure)).toEqual(expect.arrayContaining(['whole', 'alignment', 'counting']))
  expect(programs).toMatchObject({ bwa: expect.any(String), samtools: expect.any(String) })
  expect(runs[0]!.quality.aligned).toBeGreaterThan(0.95)
  expect(run(heart, 'bench', 'verify', path.join('records', file))).toMatchObject({ status: 0 })
})
