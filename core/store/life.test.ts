import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, lstatSync, lutimesSync, mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { scratch } from '../testing.ts'
import { lifeOf, type Owner, self, signed } from './lock-file.ts'
import { Store } from './store.ts'

const minute = 60_000
describe('whether a runner lives that signed a lock', () => {
  let locks = 0
  /** A lock, and what is said of it at moments: of the process, of the time, of when it was touched. */
  function watched(owner: Partial<Owner>) {
    const inode = `test:${++locks}`
    return (at: number, seen: number, { clockAhead = 0, sight = {} as { exists?: boolean; started?: number } } = {}) =>
      lifeOf(
        { owner: { ...self, ...owner }, seen, inode },
        { now: () => at + clockAhead, clock: () => at, look: () => ({ exists: true, ...sight }) },
      )
  }
  test('of this machine and namespace: the process is looked for, whatever its lock says', () => {
    const life = watched({ started: 5 })
    expect(life(0, -1e9, { sight: { started: 5 } })).toBe('alive')
    expect(life(0, 0, { sight: { started: 6 } })).toBe('dead')
    expect(life(0, 0, { sight: { exists: false } })).toBe('dead')
  })
  test('one that the system hides lives', () => expect(watched({})(0, -1e9, { sight: {} })).toBe('alive'))
  const others: Readonly<Record<string, Partial<Owner>>> = {
    'another namespace of processes': { space: 'pid:[1]' },
    'another start of a machine of this name': { boot: 'other', machine: 'other' },
    'a machine without an id': { boot: 'other', machine: '' },
    'another machine': { boot: 'other', machine: 'other', host: 'other' },
    'an earlier version': { space: undefined, machine: undefined } as unknown as Partial<Owner>,
  }
  describe.each(Object.entries(others))('of %s', (_, owner) => {
    const gone = { sight: { exists: false } }
    test('while its lock is touched it lives, though its number is nobody’s here', () => {
      const life = watched(owner)
      for (let at = 0; at < 60 * minute; at += minute / 2) expect(life(at, at - minute / 2, gone)).toBe('alive')
    })
    test('where its lock is silent for long it is watched for a minute, and then dead', () => {
      const life = watched(owner)
      expect(life(0, -11 * minute, gone)).toBe('silent')
      expect(life(0.9 * minute, -11 * minute, gone)).toBe('silent')
      expect(life(minute, -11 * minute, gone)).toBe('dead')
    })
    test('where it is silent for nine minutes it lives', () => {
      const life = watched(owner)
      expect([life(0, -7 * minute), life(2 * minute, -7 * minute)]).toEqual(['alive', 'alive'])
    })
    test('a clock that jumps ahead kills nobody, and one that is behind keeps nobody alive', () => {
      const [lives, died] = [watched(owner), watched(owner)]
      expect(lives(0, 0)).toBe('alive')
      expect(lives(20_000, 0, { clockAhead: 300 * minute })).toBe('silent')
      expect(lives(40_000, 30_000, { clockAhead: 300 * minute })).toBe('silent')
      expect(lives(70_000, 60_000, { clockAhead: 300 * minute })).toBe('silent')
      expect(died(0, 0, { clockAhead: -300 * minute })).toBe('alive')
      expect(died(9 * minute, 0, { clockAhead: -300 * minute })).toBe('alive')
      expect(died(10 * minute, 0, { clockAhead: -300 * minute })).toBe('dead')
    })
  })
  test('of this machine before it started anew: two minutes', () => {
    const life = watched({ boot: 'other', machine: self.machine || 'mine' })
    expect(life(0, -3 * minute)).toBe(self.machine === '' ? 'alive' : 'silent')
    expect(life(minute, -3 * minute)).toBe(self.machine === '' ? 'alive' : 'dead')
  })
})
test('a lock that is held is touched every half minute', async () => {
  vi.useFakeTimers({ toFake: ['setInterval'] })
  vi.resetModules()
  try {
    const { hold, lock } = await import('./lock-file.ts')
    const file = path.join(scratch(), 'lock')
    lock(file)
    hold(file)
    for (let n = 0; n < 3; n++) {
      lutimesSync(file, 1, 1)
      vi.advanceTimersByTime(minute / 2 + 1)
      expect(Date.now() - lstatSync(file).mtimeMs).toBeLessThan(minute)
    }
  } finally {
    vi.useRealTimers()
  }
})

const linux = process.platform === 'linux'
const root = process.getuid?.() === 0
const key = 'b'.repeat(64)
const folder = scratch()
const program = path.join(folder, 'runner.mjs')
// A runner that begins a run in a store, leaves something, and waits to be killed; or says what it finds, and ends.
const source = `
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { Store } from './store.ts'
process.umask(0)
const [root, run, leaves] = process.argv.slice(2)
const store = await Store.open(root)
await store.begin(run)
const has = store.claim('${key}')
if (leaves !== undefined) {
  execFileSync('bash', ['-c', leaves], { cwd: store.workFolder(run) })
  console.log('ready')
  setInterval(() => {}, 1000)
} else {
  if (has) store.release('${key}')
  store.end(run, false)
  console.log(JSON.stringify({ has, left: readdirSync(root + '/work'), claims: readdirSync(root + '/claims') }))
}`
/** A store that everybody may use. */
function shared(): string {
  const place = path.join(scratch(), 'store')
  chmodSync(path.dirname(place), 0o755)
  mkdirSync(place)
  chmodSync(place, 0o777)
  return place
}
const as = (uid: number) => (root ? ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'] : [])
async function begins(place: string, run: string, leaves: string, by: readonly string[] = []): Promise<ChildProcess> {
  const [first = '', ...words] = [...by, process.execPath, program, place, run, leaves]
  const child = spawn(first, words, { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  await new Promise(done => child.stdout!.once('data', done))
  return child
}
function goesOn(place: string, run: string, by: readonly string[] = []) {
  const [first = '', ...words] = [...by, process.execPath, program, place, run]
  const { status, stdout, stderr } = spawnSync(first, words, { encoding: 'utf8', timeout: 20_000 })
  return { status, stderr, ...(stdout === '' ? {} : JSON.parse(stdout)) }
}
const killed = (child: ChildProcess) =>
  new Promise(done => {
    child.on('exit', done)
    process.kill(-child.pid!, 'SIGKILL')
  })
describe.skipIf(!linux)(`runners on one store${linux ? '' : ' (skipped: not on Linux)'}`, () => {
  beforeAll(async () => {
    chmodSync(folder, 0o755)
    await build({
      stdin: { contents: source, resolveDir: path.dirname(fileURLToPath(import.meta.url)) },
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      logLevel: 'error',
      banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" },
    })
  })
  const unless = (can: boolean) => (can ? '' : ' (skipped: not root)')
  test.skipIf(!root)(`one in another namespace of processes keeps its folder and its claims, from either side${unless(root)}`, async () => {
    const place = shared()
    const outside = await begins(place, 'outside', ':')
    const inside = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']
    expect(goesOn(place, 'later', inside)).toMatchObject({ has: false, left: ['outside'], claims: [key] })
    await killed(outside)
    expect(goesOn(place, 'later')).toMatchObject({ has: true, left: [], claims: [] })
    const within = await begins(place, 'within', ':', inside)
    expect(goesOn(place, 'later')).toMatchObject({ has: false, left: ['within'], claims: [key] })
    expect(signed(path.join(place, 'work/within/.owner'))!.owner.pid).toBeLessThan(10)
    await killed(within)
  })
  test('one that has ended, and that nobody waited for, is dead', async () => {
    const place = shared()
    const parent = spawn('bash', ['-c', `'${process.execPath}' '${program}' '${place}' zombie ':' & echo $!; exec sleep 60`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let told = ''
    for await (const text of parent.stdout) {
      told += text
      if (told.includes('ready')) break
    }
    process.kill(Number.parseInt(told, 10), 'SIGKILL')
    while (!/^State:\tZ/m.test(readFileSync(`/proc/${Number.parseInt(told, 10)}/status`, 'utf8')))
      await new Promise(next => setTimeout(next, 5))
    expect(goesOn(place, 'later')).toMatchObject({ has: true, left: [] })
    parent.kill('SIGKILL')
  })
  const modules = 'mkdir -p .1/tmp/go/mod; echo x >.1/tmp/go/mod/x.go; chmod 444 .1/tmp/go/mod/x.go; chmod -R a-w .1/tmp'
  test('read-only folders that one left are removed by the next, also for an ordinary user', async () => {
    const place = shared()
    await killed(await begins(place, 'killed', modules, as(65534)))
    expect(goesOn(place, 'later', as(65534))).toEqual({ status: 0, stderr: '', has: true, left: [], claims: [] })
  })
  test.skipIf(!root)(`what another user's left and one may not remove is told once, and fails nobody${unless(root)}`, async () => {
    const place = shared()
    await killed(await begins(place, 'killed', 'mkdir -m 700 .1 && mkdir .1/x', as(65534)))
    const later = goesOn(place, 'later', as(65533))
    expect(later).toMatchObject({ status: 0, has: true, claims: [], left: ['killed'] })
    expect(later.stderr).toBe(
      `Notice: ${place}/work/killed is not needed any more and cannot be removed (EACCES). It hinders nothing. If it is another user's, that user or root may remove it with "trireme clean".\n`,
    )
    expect(existsSync(path.join(place, 'work/killed/.1/x'))).toBe(true)
    expect(goesOn(place, 'own', as(65534))).toMatchObject({ status: 0, stderr: '' })
  })
  test.skipIf(!root)(
    `a store in a lower layer of overlayfs: entries are set aside, removed and made again${unless(root)}`,
    async ({ skip }) => {
      const top = scratch()
      const [lower, upper, work, merged] = ['lower', 'upper', 'work', 'merged'].map(name => path.join(top, name)) as [
        string,
        string,
        string,
        string,
      ]
      for (const each of [lower, upper, work, merged]) mkdirSync(each)
      const below = (await Store.open(lower)).entryFolder(key)
      mkdirSync(path.join(below, 'list'), { recursive: true })
      execFileSync('bash', ['-c', 'echo x >"$1/list/1.txt"; echo "{}" >"$1/record.json"', '-', below])
      const { status, stderr } = spawnSync(
        'mount',
        ['-t', 'overlay', 'overlay', '-o', `lowerdir=${lower},upperdir=${upper},workdir=${work}`, merged],
        {
          encoding: 'utf8',
        },
      )
      if (status !== 0) skip(`overlayfs cannot be mounted here: ${stderr.trim()}`)
      try {
        const store = await Store.open(merged)
        const place = store.setAside(key, 'it is damaged')
        expect(existsSync(path.join(place!, 'list/1.txt'))).toBe(true)
        expect(existsSync(store.entryFolder(key))).toBe(false)
        execFileSync('bash', ['-c', 'mv "$2" "$1"', '-', store.entryFolder(key), place!])
        store.remove([key])
        expect(existsSync(store.entryFolder(key))).toBe(false)
        expect(existsSync(path.join(below, 'list/1.txt'))).toBe(true)
      } finally {
        spawnSync('umount', [merged])
      }
    },
  )
})
