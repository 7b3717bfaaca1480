import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import * as tools from 'trireme-bio/tools'
import { expect, test } from 'vitest'
import { testTools } from '../cli/machine/system-checks.ts'

// What a test needs is installed by "npm test", or the README says that it may be missing. Whether that is so on a machine that has nothing
// else, only such a machine can say ("npm run fresh"); these read what the tests call, and find most of it at once.

const root = fileURLToPath(new URL('..', import.meta.url))
const files = ['core', 'steps', 'pipelines', 'containers', 'datasets', 'benchmarks', 'cli', 'test', 'scripts']
  .flatMap(room => readdirSync(path.join(root, room), { recursive: true, encoding: 'utf8' }).map(name => `${room}/${name}`))
  .filter(name => /\.(ts|mjs)$/.test(name))
const source = (file: string) => readFileSync(path.join(root, file), 'utf8').replace(/^\s*(\/\/|\*).*$/gm, '')
/** Tests and what they import; scripts other than those that only root calls by hand. */
const called = files.filter(file => file !== 'test/needs.test.ts' && (/\.test\.ts$/.test(file) || /^(test|steps)\//.test(file)))

/** Of the packages that every Debian has ("Essential: yes"), and Node. */
const everywhere =
  'awk bash bunzip2 bzip2 cat chmod chown comm cp cut date dd diff dirname echo env expr false find grep gunzip gzip head ln ls mkdir mkfifo mktemp mount mv node od perl printf pwd rm rmdir sed seq setpriv sh sha256sum sleep sort split stat tac tail tar tee test touch tr true umount uname unshare uniq wc xargs yes'.split(
    ' ',
  )
/** Tools as npm test installs them; each brings the interpreter it is written in. */
const installed = [...Object.values(tools), ...testTools].map(({ version }) => version.argv[0])
/** Programs that a file calls only where they are: it skips its tests elsewhere. */
const perhaps: Readonly<Record<string, readonly string[]>> = {
  'benchmarks/harness/verify/signature.test.ts': ['ssh-keygen'],
  'cli/bench/records.test.ts': ['ssh-keygen'],
  'test/images/registry.test.ts': ['podman', 'docker-registry', 'gcc', 'kubectl'],
  'test/argo/lint.test.ts': ['argo'],
  'test/environments/models.test.ts': ['kubectl'],
  'core/targets/container/container.test.ts': ['podman'],
}
/** Programs that a file tries, and does without where they are not there. */
const tried: Readonly<Record<string, readonly string[]>> = {
  'core/run/left-behind.test.ts': ['chattr'],
  'test/hostile/judge.ts': ['chattr'],
  'test/hostile/pods.ts': ['podman'],
}
/** Programs of steps that are planned and keyed, never run. */
const neverRun = ['catt', 'new', 'old', 'program', 'tiny', 'two']
const programs = /\b(?:spawn|spawnSync|execFile|execFileSync|root|start|run)\(\s*'([^'\s./]+)'/g
test('a program that a test calls is on every machine, or is installed by "npm test", or the test is skipped without it', () => {
  const strange = called.flatMap(file =>
    [...source(file).matchAll(programs)].flatMap(([, program = '']) =>
      [...everywhere, ...installed, ...neverRun, ...(perhaps[file] ?? []), ...(tried[file] ?? [])].includes(program)
        ? []
        : [`${file} calls ${program}`],
    ),
  )
  expect([...new Set(strange)]).toEqual([])
  for (const file of Object.keys(perhaps)) expect([file, source(file)]).toEqual([file, expect.stringContaining('(skipped: ')])
})
test('the tools of the tests are found here, in versions that they accept', async () => {
  const { findTools } = await import('../core/host/tools.ts')
  for (const [name, found] of await findTools(testTools)) expect([name, found.state]).toEqual([name, 'ready'])
})

/** Where tests may be skipped, and for lack of what, in the words of the README. */
const skipping: Readonly<Record<string, string>> = {
  'benchmarks/harness/machine.test.ts': 'Linux',
  'benchmarks/harness/records.test.ts': 'Linux',
  'benchmarks/harness/verify/signature.test.ts': 'ssh-keygen',
  'cli/bench/records.test.ts': 'ssh-keygen',
  'cli/bundle/pack.test.ts': "root's rights",
  'cli/results/publish.test.ts': 'Linux',
  'cli/run/publication.test.ts': 'Linux',
  'cli/run/strange-store.test.ts': "root's rights",
  'core/host/own-folder.test.ts': "root's rights",
  'core/host/process.test.ts': 'Linux',
  'core/left-behind.test.ts': "root's rights",
  'core/store/life.test.ts': "root's rights",
  'core/targets/bad-input.test.ts': "root's rights",
  'core/targets/container/container.test.ts': 'podman, docker or apptainer',
  'core/targets/local/local.test.ts': 'Linux',
  'datasets/idr0042/fetch/fetch.test.ts': '`../shared/data`',
  'test/argo/lint.test.ts': "Argo's own command line",
  'test/argo/real-setting.ts': 'a cluster',
  'test/bundle.test.ts': 'podman, docker or apptainer',
  'test/conformance/conformance.test.ts': 'a cluster',
  'test/environments/models.test.ts': 'a cluster',
  'test/fresh.test.ts': "root's rights",
  'test/hostile/hostile.test.ts': 'podman, docker or apptainer',
  'test/images/registry.test.ts': 'a registry',
  'test/real/variant-calling.test.ts': '`../shared/data`',
  'test/torture/power/power.test.ts': 'Linux',
  'test/torture/short.test.ts': "root's rights",
}
test('a test is skipped only where the README says so, and tells why', () => {
  const skips = /\b(skipIf|runIf|todo)\(|\.skip\(|\bskip\(/
  const found = files.filter(file => file !== 'test/needs.test.ts' && /^test\/|\.test\.ts$/.test(file) && skips.test(source(file)))
  expect(found.sort()).toEqual(Object.keys(skipping).sort())
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8').replaceAll('\n', ' ')
  const [, told] = /A test is skipped, with the reason beside its name, only where a machine lacks (.*?\/data`)\./.exec(readme) ?? []
  for (const lack of Object.values(skipping)) expect(told).toContain(lack)
  for (const file of found) expect([file, source(file)]).toEqual([file, expect.stringMatching(/\(skipped\b/)])
})
