import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { tarOf } from './archive.ts'
import type { Platform } from './node-binary.ts'
import { packed } from './pack.ts'

// The script of a bundle, with a stand-in for Node that says how it was called.

const folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-bundle-'))
chmodSync(folder, 0o755)
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const standIn = `#!/bin/sh
[ "$1" = --version ] && exit
pwd
for word; do echo "<$word>"; done
env | grep -E '^(HOME|PATH|TMPDIR|XDG_CACHE_HOME|NODE_OPTIONS)=' | sort
`
const here: Platform = { architecture: process.arch, glibc: '2.2' }
const files = [
  { place: 'node_modules/trireme-bio/dist/cli.js', content: Buffer.from('one') },
  { place: 'benchmarks/tiny.ts', content: randomBytes(300_000) },
]
const bundled = async (platform = here, project = files) =>
  tarOf(await packed('tiny', { content: Buffer.from(standIn), platform }, project))
const whole = await bundled()
let made = 0
/** Unpacks a bundle as its reader does. @returns where, and how tar ended */
function unpacked(tar: Buffer): { readonly at: string; readonly status: number | null } {
  const at = path.join(folder, String(++made))
  mkdirSync(at)
  writeFileSync(path.join(at, 'b.tar'), tar)
  const { status } = spawnSync('tar', ['xf', 'b.tar'], { cwd: at })
  return { at: path.join(at, 'trireme-bundle'), status }
}
/** Calls `run` with nothing in its environment but a PATH. */
function run(at: string, words: readonly string[] = [], { programs = '', uid }: { programs?: string; uid?: number } = {}) {
  const PATH = [programs, '/usr/bin', '/bin'].filter(Boolean).join(':')
  const { status, stdout, stderr } = spawnSync(path.join(at, 'run'), words, {
    cwd: path.dirname(at),
    encoding: 'utf8',
    env: { PATH },
    ...(uid !== undefined && { uid, gid: uid }),
  })
  return { status, stdout, stderr }
}
/** A folder of programs that answer with a line each. */
function saying(answers: Readonly<Record<string, string>>): string {
  const programs = path.join(folder, `programs-${++made}`)
  mkdirSync(programs)
  for (const [name, line] of Object.entries(answers)) writeFileSync(path.join(programs, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 })
  return programs
}

test('the same files are the same bytes, in whatever order they come', async () => {
  expect((await bundled()).equals(whole)).toBe(true)
  expect((await bundled(here, files.toReversed())).equals(whole)).toBe(true)
  expect((await bundled({ ...here, glibc: '2.3' })).equals(whole)).toBe(false)
})
test('it calls bench run in its project, with its own Node first, and all that it writes below its own folder', () => {
  const { at } = unpacked(whole)
  const { status, stdout, stderr } = run(at, ['--limit', '8m', '--record', 'a b.json', '--runs', '5'])
  expect([status, stderr]).toEqual([0, ''])
  const [project = '', ...rest] = stdout.trimEnd().split('\n')
  const app = path.dirname(project)
  expect(path.dirname(app)).toBe(path.join(at, 'unpacked'))
  expect(rest).toEqual([
    '<node_modules/trireme-bio/dist/cli.js>',
    ...['<bench>', '<run>', '<tiny>', '<--no-install>', '<--store>', `<${at}/store>`, '<--record>', `<${path.dirname(at)}/a b.json>`],
    ...['<--limit>', '<8m>', '<--runs>', '<5>'],
    `HOME=${at}`,
    `PATH=${app}/bin:/usr/bin:/bin`,
    `TMPDIR=${at}/tmp`,
    `XDG_CACHE_HOME=${at}/cache`,
  ])
  expect(run(at).stdout).toContain(`<--record>\n<${at}/record.json>\n`)
})
test('what was unpacked is used again, and made anew where it was changed or is half there', () => {
  const { at } = unpacked(whole)
  const project = run(at).stdout.split('\n')[0]!
  const [tiny, mark] = [path.join(project, 'benchmarks/tiny.ts'), path.join(project, 'mark')]
  writeFileSync(mark, '')
  expect([run(at).status, existsSync(mark)]).toEqual([0, true])
  writeFileSync(tiny, 'changed')
  expect([run(at).status, existsSync(mark), readFileSync(tiny).length]).toEqual([0, false, 300_000])
  rmSync(path.join(project, '../bin/node'))
  expect([run(at).status, run(at).stderr]).toEqual([0, ''])
})
test('--work takes all that is written, for a bundle in a folder that nobody may write to', () => {
  const { at } = unpacked(whole)
  const before = readdirSync(at)
  const { status, stdout } = run(at, ['--work', 'else where'])
  const work = path.join(path.dirname(at), 'else where')
  expect([status, readdirSync(at)]).toEqual([0, before])
  for (const place of [`<${work}/store>`, `<${work}/record.json>`, `TMPDIR=${work}/tmp`]) expect(stdout).toContain(place)
})
test('--help says what it takes; a word too few is told', () => {
  const { at } = unpacked(whole)
  expect(run(at, ['--help'])).toMatchObject({ status: 0, stdout: expect.stringMatching(/Runs the comparison "tiny"[\s\S]*--limit 8m/) })
  expect(run(at, ['--record'])).toEqual({ status: 2, stdout: '', stderr: '--record takes a value; ./run --help says which.\n' })
  expect(run(at, ['--work=x'])).toMatchObject({ status: 2, stderr: 'Write --work and its value as two words.\n' })
})

describe('nothing runs', () => {
  test('where the bundle was cut short: tar says so, and so does what it left', () => {
    for (const share of [0.03, 0.3, 0.6, 0.97]) {
      const { at, status } = unpacked(whole.subarray(0, whole.length * share))
      const stderr = `The bundle in ${at} is not whole: it was cut short on its way, or changed. Copy it here again, and unpack it into an empty folder.\n`
      expect([share, status]).not.toEqual([share, 0])
      expect([share, run(at)]).toEqual([share, { status: 4, stdout: '', stderr }])
    }
  })
  const machine = process.arch === 'x64' ? 'x86_64' : 'aarch64'
  const other = process.arch === 'x64' ? 'arm64' : 'x64'
  test.each([
    [
      'another architecture',
      { architecture: other, glibc: '2.28' },
      {},
      `linux-${other} with glibc 2.28`,
      `linux-${process.arch} with glibc `,
    ],
    ['an older glibc', { ...here, glibc: '2.28' }, { getconf: 'echo glibc 2.17' }, `glibc 2.28`, `linux-${process.arch} with glibc 2.17`],
    ['musl', here, { getconf: 'exit 1' }, 'glibc 2.2 or newer', `linux-${process.arch} with no glibc`],
    ['macOS', here, { uname: `[ "$1" = -m ] && echo ${machine} || echo Darwin` }, `linux-${process.arch}`, `darwin-${process.arch} with `],
    [
      'a machine of its own kind',
      here,
      { uname: '[ "$1" = -m ] && echo riscv64 || echo Linux' },
      `linux-${process.arch}`,
      'linux-riscv64 with ',
    ],
  ])('on %s', async (_, platform, programs, wanted, found) => {
    const { at } = unpacked(await bundled(platform))
    const { status, stderr } = run(at, [], { programs: saying(programs) })
    const lines = stderr.trimEnd().split('\n')
    expect([status, readdirSync(at).includes('unpacked')]).toEqual([5, false])
    expect(lines[0]).toMatch(/^This bundle is for linux-\w+ with glibc [\d.]+ or newer; this machine is .*\. Nothing was run\.$/)
    expect(lines[0]).toContain(`This bundle is for ${wanted.startsWith('linux') ? wanted : `linux-${process.arch} with ${wanted}`}`)
    expect(lines[0]).toContain(`this machine is ${found}`)
    expect(lines[1]).toBe('Make a bundle with a Node for this machine: trireme bundle tiny -o FILE.tar --node FILE')
  })
  test('a newer glibc fits', async () => {
    const { at } = unpacked(await bundled({ ...here, glibc: '2.28' }))
    for (const version of ['2.28', '2.36', '2.100', '3.0', '2.28.1'])
      expect([version, run(at, [], { programs: saying({ getconf: `echo glibc ${version}` }) }).status]).toEqual([version, 0])
  })
  test('where Node does not start', async () => {
    const parts = await packed(
      'tiny',
      { content: Buffer.from('#!/bin/sh\necho libstdc++.so.6: none >&2; exit 127'), platform: here },
      files,
    )
    const { at } = unpacked(await tarOf(parts))
    expect(run(at)).toMatchObject({
      status: 5,
      stderr: expect.stringMatching(
        /^The Node of this bundle does not start in .*: libstdc\+\+\.so\.6: none\nWhere files there may not be executed/,
      ),
    })
  })
  const root = process.getuid?.() === 0
  test.skipIf(!root)(`where nothing may be written (skipped where tests are not root's)`, () => {
    const { at } = unpacked(whole)
    expect(run(at, [], { uid: 65534 })).toMatchObject({
      status: 7,
      stderr: expect.stringMatching(/^The bundle cannot be unpacked in .*: .*Permission denied[\s\S]*--work DIR\. Nothing was run\.\n$/),
    })
    expect(run(at, ['--work', '/proc/none']).stderr).toMatch(/The folder \/proc\/none cannot be made\. Give another with --work\.\n$/)
  })
  const disk = path.join(folder, 'disk')
  mkdirSync(disk)
  const mounts = root && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=200k', 'tmpfs', disk]).status === 0
  test.skipIf(!mounts)('on a full disk, and nothing stays there (skipped where no tmpfs can be mounted)', () => {
    try {
      const { at } = unpacked(whole)
      expect(run(at, ['--work', disk])).toMatchObject({
        status: 7,
        stderr: expect.stringMatching(
          /^The bundle cannot be unpacked in [\s\S]*No space left on device[\s\S]*It takes 1 MiB in a folder that may be written to\./,
        ),
      })
      expect(readdirSync(disk)).not.toContain('unpacked')
    } finally {
      spawnSync('umount', [disk])
    }
  })
})
