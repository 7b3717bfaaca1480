import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

// "npm run fresh" itself takes a quarter of an hour; here is what it does where it cannot, and what it leaves behind.

const root = fileURLToPath(new URL('..', import.meta.url))
const script = path.join(root, 'scripts/fresh.mjs')
/** A folder with programs, each a line of a shell. */
function programs(lines: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-programs-'))
  for (const [name, line] of Object.entries(lines)) writeFileSync(path.join(folder, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 })
  return folder
}
function fresh(PATH: string, uid: number, ...words: string[]) {
  const user = `data:text/javascript,process.getuid=()=>${uid}`
  const { status, stderr } = spawnSync(process.execPath, ['--import', user, script, ...words], {
    encoding: 'utf8',
    env: { ...process.env, PATH },
  })
  return { status, stderr }
}
const refused = (reason: string) => ({
  status: 75,
  stderr: expect.stringMatching(
    new RegExp(
      `^=+\nNO FRESH MACHINE CAN BE MADE HERE: ${reason}\\.\nTests that run on this machine instead may use what a new one lacks\\.\n=+\n$`,
    ),
  ),
})
const works = { unshare: 'exit 0', setpriv: 'exit 0' }

const linux = process.platform === 'linux'
describe.skipIf(!linux)(`where no machine can be made it says why, and what to do${linux ? '' : ' (skipped: not on Linux)'}`, () => {
  test.each([
    [1000, works, 'only root may make one; run it as root'],
    [0, {}, 'the program unshare is missing; install your system\'s package "util-linux"'],
    [
      0,
      { ...works, unshare: 'echo unshare failed: Operation not permitted >&2; exit 1' },
      "mounts of one's own are refused \\(unshare failed: Operation not permitted\\); in a container that takes the capability SYS_ADMIN",
    ],
    [0, works, 'the program debootstrap is missing; install your system\'s package "debootstrap"'],
  ])('user %i, %j', (uid, lines, reason) => {
    expect(fresh(programs(lines), uid)).toEqual(refused(reason))
  })
  test('apt-get cannot install debootstrap', () => {
    const { status, stderr } = fresh(programs({ ...works, 'apt-get': 'echo "E: no network" >&2; exit 100' }), 0)
    expect([status, stderr]).toEqual([
      75,
      expect.stringContaining('CAN BE MADE HERE: apt-get could not install debootstrap; its own words are above.'),
    ])
    expect(stderr).toContain('E: no network')
  })
  test('words that it does not know', () => {
    expect(fresh(programs(works), 0, '--suit', 'trixie')).toEqual({
      status: 2,
      stderr: expect.stringMatching(/--suit[\s\S]*\nUsage: npm run fresh -- \[--user\] \[--suite SUITE\]\n$/),
    })
    expect(fresh(programs(works), 0, '--suite', '../x')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('no name of a Debian release'),
    })
  })
})

const apart = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', 'mount', '-t', 'tmpfs', 'tmpfs', os.tmpdir()]
const mounts = process.getuid?.() === 0 && spawnSync('unshare', apart).status === 0
describe.skipIf(!mounts)(`its folder and its mounts${mounts ? '' : ' (skipped: it may not mount here)'}`, () => {
  /** A debootstrap that mounts what the machine has beside it, in the folder that it is given, and then does as told. */
  const setting = (then: string) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-mounts-'))
    const [own, temporary, ready] = ['own', 'tmp', 'ready'].map(name => path.join(folder, name)) as [string, string, string]
    for (const each of [own, temporary]) mkdirSync(each)
    writeFileSync(path.join(own, 'kept'), 'kept\n')
    const debootstrap = `for target; do case $target in */minimal) break; esac; done
mkdir -p "$target/own" "$target/disk"; mount --bind '${own}' "$target/own"; mount -t tmpfs tmpfs "$target/disk"; touch "$target/disk/file" '${ready}'
${then}`
    const env = {
      ...process.env,
      PATH: `${programs({ debootstrap })}:${process.env.PATH}`,
      TMPDIR: temporary,
      XDG_CACHE_HOME: path.join(folder, 'cache'),
    }
    const left = () => ({
      folders: readdirSync(temporary),
      mounts: readFileSync('/proc/self/mounts', 'utf8')
        .split('\n')
        .filter(line => line.includes(folder)),
      kept: existsSync(path.join(own, 'kept')),
    })
    return { env, ready, left }
  }
  const nothing = { folders: [], mounts: [], kept: true }
  test('are gone after a fault, and what was mounted is as it was', () => {
    const { env, left } = setting('echo "E: no such suite" >&2; exit 1')
    const { status, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8', env })
    expect(stderr).toMatch(/CAN BE MADE HERE: "debootstrap .* ended with status 1: E: no such suite\./)
    expect([status, left()]).toEqual([75, nothing])
  })
  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('are gone after %s', async (signal, status) => {
    const { env, ready, left } = setting('sleep 76.25')
    const child = spawn(process.execPath, [script], { stdio: 'ignore', env })
    const ended = new Promise(done => child.on('exit', done))
    while (!existsSync(ready)) await pause(20)
    expect(left().folders).toHaveLength(1)
    child.kill(signal)
    expect([await ended, left()]).toEqual([status, nothing])
  })
})

describe('.ci/run', () => {
  /** Its status and last line, beside a "fresh" and an npm that say these lines. */
  const ci = (fresh: string, npm: string) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-ci-'))
    for (const name of ['.ci', 'scripts']) mkdirSync(path.join(folder, name))
    cpSync(path.join(root, '.ci/run'), path.join(folder, '.ci/run'))
    writeFileSync(path.join(folder, 'scripts/fresh.mjs'), fresh)
    const PATH = `${programs({ npm })}:${path.dirname(process.execPath)}:${process.env.PATH}`
    const { status, stdout } = spawnSync('bash', [path.join(folder, '.ci/run')], { encoding: 'utf8', env: { ...process.env, PATH } })
    return { status, last: stdout.trimEnd().split('\n').at(-1) }
  }
  const unused = 'echo npm was called; exit 9'
  test.each([
    [
      'the count of the fresh machine comes last',
      "console.log('7 passed, 0 failed, 2 skipped')",
      unused,
      0,
      '7 passed, 0 failed, 2 skipped',
    ],
    ['what failed there fails', "console.log('7 passed, 1 failed'); process.exitCode = 1", unused, 1, '7 passed, 1 failed'],
    ['without one the tests run here', 'process.exitCode = 75', 'echo 5 passed, 0 failed', 0, '5 passed, 0 failed'],
    [
      'the count comes last after words of npm',
      'process.exitCode = 75',
      'echo 5 passed, 2 failed; echo npm error; exit 1',
      1,
      '5 passed, 2 failed',
    ],
    ['no count at all is a failure', "throw new Error('x')", unused, 1, '0 passed, 1 failed'],
  ])('%s', (_, fresh, npm, status, last) => {
    expect(ci(fresh, npm)).toEqual({ status, last })
  })
})
