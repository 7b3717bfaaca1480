import { mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { scratch } from '../testing.ts'
import { placeOfTime, spawned } from './node-spawn.ts'
import { endStarters, started, startersHere } from './perl-spawn.ts'
import { type Ended, type RunningProcess, start } from './process.ts'

const ways = { 'a starter': started, 'Node and GNU time': spawned }
type Way = keyof typeof ways

function begin(by: Way, [program, ...words]: readonly [string, ...string[]], stdout?: string, timeLimit?: number) {
  const folder = path.join(scratch(), 'a folder')
  mkdirSync(folder)
  const log = openSync(path.join(folder, 'log'), 'a')
  const environment = { PATH: process.env.PATH ?? '', MARK: 'é = "x"' }
  const running = start({ program, words, statuses: false }, { folder, log, stdout, piped: false, environment, timeLimit }, ways[by])
  return { running, read: (name: string) => readFileSync(path.join(folder, name), 'utf8') }
}
const ends = ({ ended }: RunningProcess): Promise<Ended> => ended
const sh = (script: string, ...words: string[]) => ['sh', '-c', script, 'sh', ...words] as const
/** Processes whose arguments hold a text. */
const running = (text: string) =>
  readdirSync('/proc').filter(name => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').includes(text)
    } catch {
      return false
    }
  })

test('a program called time is GNU time only if it says so: that of macOS takes none of its options', () => {
  const folder = scratch()
  const program = (name: string, text: string) => {
    const place = path.join(folder, name)
    writeFileSync(place, `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    return place
  }
  const other = program('time', 'echo "time: illegal option -- -\nusage: time [-al] [-h | -p] [-o file] command" >&2; exit 1')
  const gnu = program('gtime', 'echo "time (GNU Time) UNKNOWN"')
  expect(placeOfTime([path.join(folder, 'none'), other, gnu])).toBe(gnu)
  expect(placeOfTime([other])).toBeUndefined()
})
const unless = startersHere ? '' : ' (skipped: the system has no Perl, or is not 64-bit Linux)'
describe.skipIf(!startersHere).each(Object.keys(ways) as Way[])(`a program started by %s${unless}`, way => {
  test('gets its words, its folder and its environment as they are; what it says is where it belongs', async () => {
    const words = ['a b', '', "it's", '$x', 'ü\nline']
    const { running, read } = begin(way, sh('pwd >&2; echo "$MARK" >&2; printf "<%s>" "$@"', ...words), 'said')
    expect(await ends(running)).toMatchObject({ status: 0, signal: null, stopped: undefined, oom: false })
    expect(read('said')).toBe(words.map(word => `<${word}>`).join(''))
    expect(read('log')).toMatch(/\/a folder\né = "x"\n$/)
  })
  test('tells status or signal', async () => {
    expect(await ends(begin(way, sh('exit 7')).running)).toMatchObject({ status: 7, signal: null })
    expect(await ends(begin(way, sh('kill -9 $$')).running)).toMatchObject({ status: null, signal: 9 })
  })
  test('is measured with all that it started', async () => {
    const grows = `awk 'BEGIN { s = "x"; while (length(s) < 6e7) s = s s }'; awk 'BEGIN { while (n++ < 3e6) m += n % 7 }'`
    const { usage, seconds } = await ends(begin(way, sh(grows)).running)
    expect(usage!.user + usage!.system).toBeGreaterThan(0.05)
    expect(usage!.user + usage!.system).toBeLessThan(2 * seconds)
    expect(usage!.peakMemory).toBeGreaterThan(6e7)
    const small = await ends(begin(way, sh(':')).running)
    expect(small.usage!.peakMemory).toBeLessThan(8e6)
    expect(small.usage!.user + small.usage!.system).toBeLessThan(0.05)
  })
  test('is measured with the memory of those that ran beside one another, together', async () => {
    const grows = (pause: number) => `awk 'BEGIN { s = "x"; while (length(s) < 3e7) s = s s; system("sleep ${pause}") }'`
    const one = await ends(begin(way, sh(grows(0))).running)
    const three = await ends(begin(way, sh(`for n in 1 2 3; do ${grows(3)} & done; wait`)).running)
    expect(three.usage!.peakMemory).toBeGreaterThan(1.2 * one.usage!.peakMemory)
  })
  test('that is not there ends with 127, and its log says so', async () => {
    const { running, read } = begin(way, ['no-such-program'])
    expect((await ends(running)).status).toBe(127)
    expect(read('log')).toMatch(/no-such-program.*: No such file or directory/)
  })
  test('leaves nothing running', async () => {
    await ends(begin(way, sh('sleep 71.25 & sleep 71.25 & exit 0')).running)
    while (running('71.25').length > 0) await pause(5) // dying takes a moment
  })
  test('can be ended at once, and by its time limit', async () => {
    const { running } = begin(way, ['sleep', '72.25'])
    running.end('cancelled')
    expect(await ends(running)).toMatchObject({ status: null, stopped: 'cancelled' })
    expect(await ends(begin(way, sh('sleep 73.25; :'), undefined, 0.1).running)).toMatchObject({ stopped: 'time limit' })
  })
})
describe.skipIf(!startersHere)(`starters${unless}`, () => {
  const starters = () => running('-e').filter(id => readFileSync(`/proc/${id}/stat`, 'utf8').split(' ')[3] === String(process.pid))
  test('are used again, and end when they are told to', async () => {
    await Promise.all([1, 2, 3].map(() => ends(begin('a starter', ['true']).running)))
    const before = starters()
    await ends(begin('a starter', ['true']).running)
    expect(starters()).toEqual(before)
    await endStarters()
    expect(starters()).toEqual([])
  })
  test('one that is killed takes its step with it, as if that had been killed; the next one is new', async () => {
    const { running: step } = begin('a starter', sh('sleep 74.25; :'))
    while (running('74.25').length === 0) await pause(5)
    for (const id of starters()) process.kill(Number(id), 'SIGKILL')
    expect(await ends(step)).toMatchObject({ status: null, signal: 'SIGKILL', usage: undefined })
    while (running('74.25').length > 0) await pause(5)
    expect((await ends(begin('a starter', ['true']).running)).status).toBe(0)
  })
  test('one that is killed while it waits is not used again', async () => {
    await ends(begin('a starter', ['true']).running)
    for (const id of starters()) process.kill(Number(id), 'SIGKILL')
    await pause(50)
    expect((await ends(begin('a starter', ['true']).running)).status).toBe(0)
  })
})
