import { execFileSync, spawnSync } from 'node:child_process'
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { kind, many, mib, pipe, run, step } from '../index.ts'
import { Store } from '../store/store.ts'
import { made, ran, scratch } from '../testing.ts'

// Steps that put something else in the place of what the runner gave them.

const text = kind('text', { extension: '.txt' })
const needs = { cpu: 1, memory: mib(64) } as const
/** "$1" is the output, "$PRECIOUS" a folder that is nobody's business. */
const single = (script: string, precious: string, more: object = {}) =>
  step({
    name: 's',
    image: 'reads',
    inputs: {},
    outputs: { to: text },
    needs,
    command: ({ to }) => run('bash', '-c', script, precious, to),
    ...more,
  })({}).to
const list = (script: string, precious: string) =>
  step({
    name: 's',
    image: 'reads',
    inputs: {},
    outputs: { to: many(text) },
    needs,
    command: ({ to }) => run('bash', '-c', script, precious, to),
  })({}).to

/** A folder with files of modes of their own, named as an output, a log and a list's file are. */
function preciousFolder() {
  const folder = scratch()
  mkdirSync(path.join(folder, 'to'))
  for (const name of ['to.txt', 'stderr.log', 'record.json', 'status', 'usage', 'to/a.txt', 'command.sh'])
    writeFileSync(path.join(folder, name), `precious ${name}\n`, { mode: 0o600 })
  return { folder, before: stateOf(folder) }
}
const stateOf = (folder: string): unknown =>
  ['', ...readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()].map(name => {
    const place = path.join(folder, name)
    const { mode, mtimeMs, ctimeMs, nlink, ino } = lstatSync(place)
    return { name, mode, mtimeMs, ctimeMs, nlink, ino, content: lstatSync(place).isFile() ? readFileSync(place, 'utf8') : undefined }
  })
/** All that a store has of files; links are not followed. */
const contents = (store: Store) => execFileSync('find', [store.root, '-type', 'f', '-exec', 'cat', '{}', '+'], { encoding: 'utf8' })
async function attacked<T extends ReturnType<typeof single> | ReturnType<typeof list>>(make: (precious: string) => T) {
  const precious = preciousFolder()
  const store = await Store.open(scratch())
  const told = await ran({ to: make(precious.folder) }, { store })
  expect(stateOf(precious.folder)).toEqual(precious.before)
  expect(contents(store)).not.toContain('precious to')
  return { ...told, store, work: path.join(store.root, 'work'), precious: precious.folder }
}

describe('a step that ends well', () => {
  const places = [
    'tmp',
    'in',
    'link',
    'status',
    'usage',
    'log',
    'report',
    'events',
    'tee',
    'resume',
    'out/other',
    'out/record.json',
    'out/stderr.log',
  ]
  test.each(places)('and leaves a link at %s: it is not followed, and goes', async place => {
    const script = `rm -rf "${place}"; ln -s "$0" "${place}"; ln -s "$0" tmp/below 2>/dev/null; echo x >"$1"`
    const { failures, results, store } = await attacked(precious => single(script.replace('tmp/below', 'here'), precious))
    expect(failures).toEqual([])
    const entry = path.dirname(results.to!.path)
    expect(readdirSync(entry).sort()).toEqual(['record.json', 'stderr.log', 'to.txt'])
    expect(readdirSync(path.join(store.root, 'work'))).toEqual([])
  })
  test('and moved its own folder away, with a link in its place: the folder is found, the link is left alone', async () => {
    const { failures, work, precious } = await attacked(folder =>
      single('echo x >"$1"; here=$PWD; mv "$here" "$here.moved"; ln -s "$0" "$here"', folder),
    )
    expect(failures[0]).toContain('Step s left no folder "out", where its outputs belong.')
    expect(readdirSync(precious)).toContain('to.txt')
    expect(readdirSync(path.join(work, 'test/s')).sort()).toEqual(['command.sh', 'stderr.log'])
  })
  test('with folders that may not be written, as Go leaves them', async () => {
    const { failures, store } = await attacked(folder =>
      single('mkdir -p tmp/mod/x; : >tmp/mod/x/go.mod; chmod -R a-w tmp; chmod 0 tmp/mod; echo x >"$1"', folder),
    )
    expect(failures).toEqual([])
    expect(readdirSync(path.join(store.root, 'work'))).toEqual([])
  })
})
describe('outputs', () => {
  test.each([
    ['a link', 'ln -s "$0/to.txt" "$1"', 'is no regular file: to.txt is a link.'],
    ['a folder', 'mkdir "$1"', 'is no regular file: to.txt is a folder.'],
    ['a pipe', 'mkfifo "$1"', 'is no regular file: to.txt is a pipe, a socket or a device.'],
    [
      'a socket',
      `perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un(shift)) or die' "$1"`,
      'is a pipe, a socket or a device.',
    ],
    [
      'a hard link',
      'ln "$PWD/tmp/x" "$1" || { echo x >tmp/x; ln tmp/x "$1"; }',
      'has another name besides to.txt: it is a hard link, and the other file would become read-only with it. A step writes its outputs itself, or copies them, for example with cp --reflink=auto; what lies in tmp/ may be moved.',
    ],
  ])('%s is none', async (_, script, fault) => {
    const { failures, work } = await attacked(folder => single(script, folder))
    expect(failures[0]).toMatch(/^Step s ended well, but its output "to" /)
    expect(failures[0]!.split('\n')[0]).toContain(fault)
    expect(lstatSync(path.join(work, 'test/s/out/to.txt'))).toBeDefined() // for people to look at
  })
  test('a hard link to a file of the user is refused, and the file stays as it was', async () => {
    const folder = scratch()
    const own = path.join(folder, 'input.txt')
    writeFileSync(own, 'x', { mode: 0o600 })
    const { failures } = await ran({ to: single('ln "$0" "$1"', own) }, { store: await Store.open(path.join(folder, 'store')) })
    expect(failures[0]).toContain('it is a hard link')
    expect(lstatSync(own).mode & 0o777).toBe(0o600)
  })
  test.each([
    ['out', 'mv out out2; ln -s "$0" out', single, 'out'],
    ['out, which it made anew', 'mv out out2; mkdir out; echo x >"$1"', single, 'out'],
    ['the folder of a list', 'rmdir "$1"; ln -s "$0/to" "$1"', list, 'out/to'],
    ['the folder of a list, by a file', 'rmdir "$1"; echo x >"$1"', list, 'out/to'],
  ] as const)('in the place of %s', async (_, script, make, name) => {
    const { failures } = await attacked(folder => make(script, folder))
    expect(failures[0]!.split('\n')[0]).toBe(
      `Step s left no folder "${name}", where its outputs belong. A step leaves the folders that it was given where they are.`,
    )
  })
  test('of a list, links are none, and other files and folders stay behind', async () => {
    const { failures } = await attacked(folder => list('ln -s "$0/to/a.txt" "$1/a.txt"', folder))
    expect(failures[0]).toContain('is no regular file: to/a.txt is a link.')
    const { results } = await attacked(folder => list('echo 1 >"$1/b.txt"; echo 2 >"$1/a.txt"; ln -s "$0" out/other', folder))
    const files = results.to as readonly { readonly path: string }[]
    expect(files.map(({ path }) => readFileSync(path, 'utf8'))).toEqual(['2\n', '1\n'])
    expect(readdirSync(path.dirname(files[0]!.path)).sort()).toEqual(['a.txt', 'b.txt'])
  })
  test('that may not be moved or made read-only have a fault, and are no fault of the store', async () => {
    const folder = scratch()
    const locked = spawnSync('chattr', ['+i', folder]).status === 0 // root, and a file system that has it
    spawnSync('chattr', ['-i', folder])
    const { failures } = await ran({ to: single('echo x >"$1"; chattr +i "$1"', folder) })
    if (!locked) return
    execFileSync('chattr', ['-R', '-f', '-i', failures[0]!.match(/folder: {2}(\S+)/)![1]!])
    expect(failures[0]!.split('\n')[0]).toBe(
      'Step s ended well, but its output "to" cannot be taken (EPERM): to.txt. A step leaves its outputs as files that may be read, renamed and made read-only.',
    )
  })
  test('that their owner may not read are read all the same', async () => {
    const { to } = await made({ to: single('echo x >"$1"; chmod 0 "$1"', '') })
    expect(readFileSync(to.path, 'utf8')).toBe('x\n')
  })
  test('are read-only for those that the umask lets read them', async () => {
    const { to } = await made({ to: single('umask 077; echo x >"$1"', '') })
    expect(lstatSync(to.path).mode & 0o777).toBe(0o444 & ~process.umask())
  })
})
describe('a step that fails', () => {
  test.each(['tmp', 'out', 'stderr.log', 'command.sh', 'status'])(
    'and leaves a link at %s: what is kept lies in its own folder',
    async place => {
      const { failures, work } = await attacked(folder =>
        single(`echo the cause >&2; rm -rf "${place}"; ln -s "$0" "${place}"; exit 3`, folder),
      )
      expect(failures[0]).toMatch(/^Step s ended with status 3\./)
      expect(failures[0]).toContain('    the cause')
      const kept = path.join(work, 'test/s')
      expect(readFileSync(path.join(kept, 'stderr.log'), 'utf8')).toBe('the cause\n')
      expect(readFileSync(path.join(kept, 'command.sh'), 'utf8')).toMatch(/^#!/)
      if (['tmp', 'out', 'status'].includes(place)) expect(readlinkSync(path.join(kept, place))).toMatch(/trireme-test/)
    },
  )
  test('and made its own folder read-only: its log and its script are there all the same', async () => {
    const { work } = await attacked(folder => single('echo the cause >&2; chmod 555 .; exit 3', folder))
    expect(readdirSync(path.join(work, 'test/s')).sort()).toEqual(['command.sh', 'out', 'stderr.log', 'tmp'])
  })
  test('whose pipe of programs finds a pipe at "status": it does not wait there', async () => {
    const piped = step({
      name: 's',
      image: 'reads',
      inputs: {},
      outputs: { to: text },
      needs,
      command: ({ to }) => pipe(['bash', '-c', 'rm -f status; mkfifo status; echo x; exit 4'], ['cat']).into(to),
    })({}).to
    const { failures } = await ran({ to: piped })
    expect(failures[0]).toMatch(/^Step s ended with status 4\./)
  })
})
describe('the log', () => {
  const script =
    'echo before >&2; for log in ../.1.entry/stderr.log out/stderr.log log; do rm -f "$log"; MAKE "$log" 2>/dev/null; done; echo after >&2'
  test.each([
    ['gone', ':'],
    ['a pipe', 'mkfifo'],
    ['a link', 'ln -s "$0/stderr.log"'],
  ])('whose name is %s is read where it is', async (_, make) => {
    const { failures } = await attacked(folder => single(`${script.replace('MAKE', make)}; exit 3`, folder))
    expect(failures[0]).toMatch(/last lines of its log:\n {4}before\n {4}after$/)
  })
})
describe('a folder for checkpoints', () => {
  const resuming = (script: string, precious: string) =>
    step({
      name: 's',
      image: 'reads',
      inputs: {},
      outputs: { to: text },
      needs,
      command: ({ to, resume }) => run('bash', '-c', script, precious, to, resume),
    })({}).to
  test('that a step replaced by a link is made anew, and removed without a look at what it led to', async () => {
    const { folder, before } = preciousFolder()
    const store = await Store.open(scratch())
    const script = 'if [ -e "$2/first" ]; then ls "$2" >"$1"; else real=$(realpath "$2"); : >"$2/first"; SWAP; exit 3; fi'
    const swap = 'rm -r "$real"; ln -s "$0" "$real"'
    const first = await ran({ to: resuming(script.replace('SWAP', swap), folder) }, { store, run: 'one' })
    expect(first.failures).toHaveLength(1)
    const second = await ran({ to: resuming(script.replace('SWAP', swap), folder) }, { store, run: 'two' })
    expect(second.failures).toHaveLength(1) // it begins again, and does not read the precious ones
    expect(stateOf(folder)).toEqual(before)
  })
})
describe('Ctrl-C', () => {
  test('is heard while an output of a terabyte is digested', async () => {
    const stop = new AbortController()
    const began = performance.now()
    setTimeout(() => stop.abort(), 1500)
    const { state, failures } = await ran({ to: single('truncate -s 1T "$1"', '') }, { signal: stop.signal })
    expect([state, failures[0]!.split('.')[0]]).toEqual(['cancelled', 'Step s was cancelled'])
    expect(performance.now() - began).toBeLessThan(20_000) // ten minutes if it waited for the digest
  })
  test('is heard while a probe waits', async () => {
    const stuck = kind('stuck', { extension: '.txt', probe: () => new Promise(() => {}) })
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 500)
    const to = single('echo x >"$1"', '', { outputs: { to: stuck } })
    expect((await ran({ to }, { signal: stop.signal })).state).toBe('cancelled')
  })
})
test('no attempt meets what an earlier one left running', async () => {
  const stray = single(
    '(setsid bash -c "sleep 0.2; while sleep 0.05; do echo stray >out/to.txt; done" >/dev/null 2>&1 &); echo x >"$1"',
    '',
  )
  const others = ['a', 'b', 'c'].map(name => single(`sleep 0.3; echo ${name} >"$1"`, name, { name }))
  const { results } = await ran({ stray, others }, { cpu: 1 })
  expect((results.others as readonly { path: string }[]).map(({ path }) => readFileSync(path, 'utf8'))).toEqual(['a\n', 'b\n', 'c\n'])
  expect(readFileSync(results.stray!.path, 'utf8')).toBe('x\n')
})
test('every attempt has a folder that was never used before', async () => {
  const folders = Array.from({ length: 5 }, (_, n) => single(`basename "$PWD" >"$1"; exit $((${n} == 4))`, String(n)))
  const { results, failures } = await ran({ folders })
  const names = (results.folders as readonly ({ path: string } | undefined)[]).flatMap(each =>
    each ? readFileSync(each.path, 'utf8') : [],
  )
  expect(failures).toHaveLength(1)
  expect(new Set(names).size).toBe(4)
})
