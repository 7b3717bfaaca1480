import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Placed } from '../graph/place.ts'
import { kind, mib, type Ref, run, seconds, sequence, step } from '../index.ts'
import { Store } from '../store/store.ts'
import { ran, scratch } from '../testing.ts'

// What tools and disks do to a runner, and the exact words it has for it.

const text = kind('text', { extension: '.txt' })
const needs = { cpu: 1, memory: mib(64) }
const sh = (name: string, script: string, more: object = {}) =>
  step({
    name,
    image: 'i',
    inputs: {},
    outputs: { to: text },
    streams: ['to'],
    needs,
    command: ({ to }) => run('sh', '-c', script, 'sh', to),
    ...more,
  })({}).to
const pass = (name: string, script: string, from: Ref<typeof text>, more: object = {}) =>
  step({
    name,
    image: 'i',
    inputs: { from: text },
    outputs: { to: text },
    streams: ['from', 'to'],
    needs,
    command: ({ from, to }) => run('sh', '-c', script, 'sh', from, to),
    ...more,
  })({ from }).to
const copy = 'cat "$1" >"$2"'
const count = 'seq 200000 >"$1"'
const read = (placed: Placed | undefined) => readFileSync(placed!.path, 'utf8')
const told = (message: string | undefined) => message?.replace(/\/\S*\/(work|trireme-test)\S*/g, 'FOLDER')

describe('a group whose', () => {
  const kill = 'kill -9 $$'
  test.each([
    ['first', pass('third', copy, pass('second', copy, sh('first', `${count}; ${kill}`)))],
    ['second', pass('third', copy, pass('second', `head -c 1000 "$1" >"$2"; ${kill}`, sh('first', count)))],
    ['third', pass('third', `head -c 1000 "$1" >"$2"; ${kill}`, pass('second', copy, sh('first', count)))],
  ])('%s step is killed names it, and keeps nothing', async (name, out) => {
    const done = await ran({ out })
    expect(done.failures.length).toBe(1)
    expect(told(done.failures[0])!.split('\n')[0]).toBe(`Step ${name} was ended by signal 9.`)
    expect([done.results.out, [...done.store.keys()]]).toEqual([undefined, []])
    expect(done.events.filter(event => event.event === 'failed' || event.event === 'skipped').length).toBe(3)
  })
})
test('a reader that stops early, in full', async () => {
  const done = await ran({ out: pass('peek', 'head -n 1 "$1" >"$2"', sh('first', count)) })
  expect(told(done.failures[0])).toMatch(
    /^peek stopped reading before the end of its input "from"\. If it may, say stopsEarly in its step\.\nStep first (ended with status|was ended by signal) .*\n {2}command: sh -c 'seq 200000 >"\$1"' sh link\/to\.txt\n {2}joined: {2}→ first \| peek\n {2}folder: {2}FOLDER/,
  )
})
/** Processes whose arguments hold a word. */
const running = (word: string) =>
  readdirSync('/proc').filter(name => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').includes(word)
    } catch {
      return false // it has ended
    }
  })
test('a writer that hangs: its time limit ends it, with all it started and all that wait for it', async () => {
  const hang = sh('hang', 'sleep 61.5 & sleep 61.5; echo >"$1"', { needs: { ...needs, time: seconds(1) } })
  const begun = performance.now()
  const done = await ran({ out: pass('wait', copy, hang) })
  expect(told(done.failures[0])!.split('\n')[0]).toBe(
    "Step hang ran longer than its limit of 1.0 s. If it is only slow, raise the step's needs.time.",
  )
  expect(performance.now() - begun).toBeLessThan(10_000)
  expect(running('61.5')).toEqual([])
})
test('what a tool writes beside its output is not kept: other names, other folders', async () => {
  const messy = step({
    name: 'messy',
    image: 'i',
    inputs: {},
    outputs: { to: text },
    needs,
    command: ({ to }) =>
      sequence(
        run('sh', '-c', 'mkdir out/more; echo x | tee out/other.txt out/more/deep.txt ../stray.txt core.1 >tmp/scratch'),
        run('cp', 'core.1', to),
      ),
  })
  const { store, entries } = await ran(messy({}))
  expect(readdirSync(entries.get('messy')!.folder).sort()).toEqual(['record.json', 'stderr.log', 'to.txt'])
  expect(readdirSync(path.join(store.root, 'work'))).toEqual([])
})
test('an output that is a link, a folder, or empty is none', async () => {
  const fault = async (script: string) => told((await ran({ out: sh('s', script) })).failures[0])!.split('\n')[0]
  expect(await fault('ln -s /etc/passwd "$1"')).toBe(
    'Step s ended well, but its output "to" is no regular file: to.txt is a link. A step writes its outputs itself; a link would break when its target goes.',
  )
  expect(await fault('mkdir "$1"')).toContain('is no regular file: to.txt is a folder.')
  expect(await fault(': >"$1"')).toBe('Step s ended well, but its output "to" is empty: to.txt. An empty file is no result.')
  expect(await fault(':')).toBe(
    'Step s ended well, but its output "to" is missing: there is no to.txt. A step writes every output it promises; one it may leave out is declared optional(…).',
  )
})
test('a store that loses its ground in the middle of a run says so, and goes on later', async () => {
  const store = await Store.open(scratch())
  const rude = sh('rude', `mv "${store.root}/entries" "${store.root}/gone"; echo "${store.root}" >"${store.root}/entries"; echo x >"$1"`)
  const broken = await ran({ out: pass('next', copy, rude) }, { store, stream: false })
  expect(broken.failures[0]).toContain('The outputs of rude cannot be published: ')
  expect(broken.failures[0]).toContain('Free some space, or give another --store.')
})

/** A tmpfs of its own, where one may be mounted. */
const disk = scratch()
const mounts = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk]).status === 0
const mount = (options: string) => spawnSync('mount', ['-o', `remount,${options}`, disk])
describe.skipIf(!mounts)(`a small disk${mounts ? '' : ' (skipped: no tmpfs can be mounted here)'}`, () => {
  afterAll(() => void spawnSync('umount', ['-l', disk]))
  test('that is full: the step says so, nothing half is kept, and the same run goes on with more room', async () => {
    const results = () => ({ small: sh('small', 'echo small >"$1"'), out: sh('much', 'head -c 600000 /dev/zero >"$1"') })
    const full = await ran(results(), { store: await Store.open(path.join(disk, 'store')), cpu: 1 })
    expect(full.failures.length).toBe(1)
    expect(full.failures[0]).toContain('Step much ended with status 1.')
    expect(full.failures[0]).toContain('The disk is full: free some space, or give another --store.')
    expect(read(full.results.small)).toBe('small\n')
    mount('size=10m')
    const roomy = await ran(results(), { store: await Store.open(path.join(disk, 'store')) })
    expect([roomy.state, roomy.events.flatMap(event => (event.event === 'started' ? [event.step] : []))]).toEqual(['succeeded', ['much']])
  })
  test('without room for the store itself', async () => {
    writeFileSync(path.join(disk, 'ballast'), '')
    spawnSync('sh', ['-c', `cat /dev/zero >${disk}/ballast`])
    await expect(Store.open(path.join(disk, 'other'))).rejects.toThrow(
      /^The store \S+ cannot be written: ENOSPC: no space left on device, \w+.* Give a folder you may write to with --store\.$/,
    )
    const running = ran({ out: sh('s', 'echo x >"$1"') }, { store: await Store.open(path.join(disk, 'store')), run: 'no-room' })
    const told = await running.then(
      ({ failures }) => failures[0],
      (cause: Error) => cause.message, // there was no room for the run's own files either
    )
    expect(told).toMatch(
      /^Step s ended with status \d\.\n[\s\S]*The disk is full|^The store \S+ cannot be used: ENOSPC: no space left on device/,
    )
    expect(told).toMatch(/free some space,.* or give another --store\./i)
    spawnSync('rm', [path.join(disk, 'ballast')])
  })
  test('that is read-only', async () => {
    mount('ro')
    await expect(ran({ out: sh('s', 'echo x >"$1"') }, { store: await Store.open(path.join(disk, 'store')) })).rejects.toThrow(
      /^The store \S+ may be read only: EROFS: read-only file system, \w+.* To look at it, with plan, runs, logs and why, that is enough; to run, give a folder you may write to with --store\./,
    )
    await expect(Store.open(path.join(disk, 'new'))).rejects.toThrow(/cannot be written: EROFS: read-only file system, mkdir/)
    mount('rw')
  })
})

/** A memory cgroup below our own, where one may be made; version 1 only, version 2 wants its parents to be prepared. */
const own = /^\d+:memory:(.*)$/m.exec(existsSync('/proc/self/cgroup') ? readFileSync('/proc/self/cgroup', 'utf8') : '')?.[1]
const cgroup = path.join('/sys/fs/cgroup/memory', own ?? '', `trireme-test-${process.pid}`)
function limited(): boolean {
  if (own === undefined) return false
  try {
    mkdirSync(cgroup)
    writeFileSync(path.join(cgroup, 'memory.limit_in_bytes'), String(48 * 2 ** 20))
    return true
  } catch {
    return false
  }
}
const mayLimit = limited()
describe.skipIf(!mayLimit)(`the kernel's OOM killer${mayLimit ? '' : ' (skipped: no memory cgroup can be made here)'}`, () => {
  afterAll(() => rmdirSync(cgroup))
  const grows = `awk 'BEGIN { s = "x"; while (length(s) < 2e8) s = s s; print length(s) }'`
  /** Joins the small cgroup at its first rung only. */
  const hungry = (script: string) => `set -e; test "$3" -gt 100 || echo $$ >${cgroup}/cgroup.procs; ${script}`
  const greedy = (memory: number | readonly number[], from: Ref<typeof text>) =>
    step({
      name: 'greedy',
      image: 'i',
      inputs: { from: text },
      outputs: { to: text },
      streams: ['from', 'to'],
      needs: { cpu: 1, memory: memory as never },
      command: ({ from, to, memory }) => run('sh', '-c', hungry(`exec >"$2"; ${grows}; cat "$1"`), 'sh', from, to, memory.mib(1)),
    })({ from }).to
  test('a step of a group that is killed climbs the ladder with its group', async () => {
    const done = await ran({ out: pass('last', copy, greedy([mib(64), mib(512)], sh('first', 'seq 3 >"$1"'))) })
    expect(done.failures).toEqual([])
    expect(done.events.flatMap(event => (event.event === 'retried' ? [[event.step, event.reason]] : []))).toEqual([
      ['greedy', 'Step greedy ran out of memory (64 MiB granted).'],
    ])
    expect(read(done.results.out)).toBe('268435456\n1\n2\n3\n')
  })
  test('where there is no higher rung, that is what to do', async () => {
    const done = await ran({ out: greedy(mib(64), sh('first', 'seq 3 >"$1"')) })
    expect(done.failures[0]!.split('\n')[0]).toBe(
      "Step greedy ran out of memory (64 MiB granted). Add a higher rung to the step's needs.memory.",
    )
  })
})
