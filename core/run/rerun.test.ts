import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { kind, many, mib, pipe, run, sequence, step } from '../index.ts'
import { given, ran, scratch } from '../testing.ts'

// A failed step shows all that ran and which part failed, and its folder holds a script that runs it again.
const text = kind('text', { extension: '.txt' })
const needs = { cpu: 1, memory: mib(64) }
const one = { image: 'i', needs, inputs: { from: text }, outputs: { to: text } } as const
const folder = scratch()
const file = path.join(folder, `it's "a" file.txt`)
writeFileSync(file, 'b\na\n')
const source = given('file', text, file)
/** What the script wrote and how it ended, with other surroundings than the runner's. */
const again = (told: Awaited<ReturnType<typeof ran>>, label: string) => {
  const failed = told.events.flatMap(event => (event.event === 'failed' && event.step === label ? [event.folder!] : []))
  const { status, stderr } = spawnSync('bash', ['command.sh'], {
    cwd: failed[0]!,
    encoding: 'utf8',
    timeout: 20_000,
    env: { PATH: process.env.PATH, TZ: 'Asia/Tokyo', STRANGE: 'yes' },
  })
  return { status, stderr, folder: failed[0]! }
}
const hostile = [`it's`, '"', '$(touch pwned)', '`touch pwned`', '\\', '*', 'a  b', '', '~', '\n', '!', '{x,y}', '@1@', 'é']

test('one program: the same words, surroundings and inputs, in a folder of its own', async () => {
  const script = 'cat "$1" >&2; pwd >&2; env >&2; shift 2; printf "<%s>" "$@" >&2; exit 3'
  const bad = step({ ...one, name: 'bad', command: ({ from, to }) => run('bash', '-c', script, 'bash', from, to, ...hostile) })
  const told = await ran({ to: bad({ from: source }).to })
  expect(told.failures[0]).toMatch(
    /^Step bad:file ended with status 3\.\n {2}command: bash -c .*\n {2}folder: {2}(\S+)\n {2}again: {3}bash \1\/command\.sh\n/s,
  )
  const { status, stderr, folder } = again(told, 'bad:file')
  expect(status).toBe(3)
  const before = readFileSync(path.join(folder, 'stderr.log'), 'utf8')
  const same = (log: string) =>
    log
      .replaceAll(/\/\S*\/(\.1|bad_file_\w+\.again)(?=\/|$)/gm, 'FOLDER')
      .split('\n')
      .filter(line => !/^(_|SHLVL|OLDPWD|PWD|TRIREME_RUNNER)=/.test(line))
      .sort()
  expect(same(stderr)).toEqual(same(before))
  expect(stderr).toContain(hostile.map(word => `<${word}>`).join(''))
  expect(again(told, 'bad:file').status).toBe(3) // as often as one likes
  expect(readdirSync(path.join(folder, 'out'))).toEqual([])
})
test('a pipe and a sequence: all of it is shown, an arrow points to what failed, and the script ends with its status', async () => {
  const bad = step({
    ...one,
    name: 'bad',
    outputs: { to: text, parts: many(text) },
    command: ({ from, to, parts }) =>
      sequence(
        run('touch', 'tmp/x'),
        run('bash', '-c', 'echo 1 >"$1/1.txt"', 'bash', parts),
        pipe(['cat', from], ['bash', '-c', 'cat; exit 7'], ['cat']).into(to),
      ),
  })
  const told = await ran({ to: bad({ from: source }).to })
  expect(told.failures[0]).toContain(
    `Step bad:file ended with status 7.\n  command:\n      touch tmp/x\n      bash -c 'echo 1 >"$1/1.txt"' bash out/parts\n      cat in/from.txt\n  → | bash -c 'cat; exit 7'\n    | cat\n  folder:  `,
  )
  const { status, folder } = again(told, 'bad:file')
  expect(status).toBe(7)
  expect(readFileSync(`${folder}.again/out/to.txt`, 'utf8')).toBe('b\na\n')
})
const start = step({ ...one, name: 'start', streams: ['to'], command: ({ from, to }) => run('cat', from).into(to) })
const middle = (script: string) =>
  step({ ...one, name: 'middle', streams: ['from', 'to'], command: ({ from, to }) => run('bash', '-c', script, 'bash', from, to) })
const end = (script: string) =>
  step({ ...one, name: 'end', streams: ['from'], command: ({ from, to }) => run('bash', '-c', script, 'bash', from, to) })
test.each([
  ['the last of a chain', 'cat "$1" >"$2"', 'cat "$1" >&2; exit 5', 'end', 5],
  ['one in the middle, which never opens its pipe', 'exit 4', 'cat "$1" >"$2"', 'middle', 4],
  ['one in the middle, which wrote half', 'head -c 1 "$1" >"$2"; exit 6', 'cat "$1" >"$2"', 'middle', 6],
])('steps joined by pipes run again together: %s', async (_, second, third, label, status) => {
  const told = await ran({ to: end(third)({ from: middle(second)({ from: start({ from: source }).to }).to }).to })
  expect(told.failures[0]).toContain(`Step ${label} ended with status ${status}.`)
  expect(told.failures[0]).toContain(`\n  joined:  start:file | ${label === 'middle' ? '→ middle | end' : 'middle | → end'}\n`)
  expect(again(told, label).status).toBe(status)
})
test('a step that ended well and yet failed has a script, too; what the step put in its place is not followed', async () => {
  const bad = step({
    ...one,
    name: 'bad',
    command: ({ from, to }) => run('bash', '-c', `ln -s ${folder}/elsewhere command.sh; : >"$2"`, 'bash', from, to),
  })
  const told = await ran({ to: bad({ from: source }).to })
  expect(told.failures[0]).toContain('its output "to" is empty')
  expect(again(told, 'bad:file').status).toBe(0)
  expect(readdirSync(folder)).toEqual([path.basename(file)])
})
