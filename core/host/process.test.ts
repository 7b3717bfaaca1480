import { spawn } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { scratch } from '../testing.ts'
import { placeOfTime, spawned } from './node-spawn.ts'
import { endStarters, perl, started, startersHere, starterWords } from './perl-spawn.ts'
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
test.skipIf(!startersHere)('a program that stops whoever started it is ended all the same', async () => {
  const { running } = begin('a starter', sh('kill -STOP $PPID; exit 3'))
  await pause(300)
  running.end('cancelled')
  expect(await ends(running)).toMatchObject({ status: 3, stopped: 'cancelled' })
  await endStarters()
})
test('a program that leaves what cannot be ended has failed, and its log says so', async () => {
  const folder = scratch()
  const end = { status: 0, signal: null, usage: undefined, left: [12, 13] }
  const by = () => ({ pid: () => undefined, begun: Promise.resolve(undefined), kill: () => {}, ended: Promise.resolve(end) })
  const at = {
    folder,
    log: openSync(path.join(folder, 'log'), 'ax+'),
    stdout: undefined,
    piped: false,
    environment: {},
    timeLimit: undefined,
  }
  expect(await start({ program: 'true', words: [], statuses: false }, at, by).ended).toMatchObject({ status: 1 })
  expect(readFileSync(path.join(folder, 'log'), 'utf8')).toBe(
    'It left processes running that may not be ended: 12, 13. They could still change what it made.\n',
  )
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
    await ends(
      begin(way, sh(`sleep 71.${process.pid} & setsid sleep 71.${process.pid} & (setsid sh -c "sleep 71.${process.pid}; :" &); sleep 0.2`))
        .running,
    )
    expect(running(`71.${process.pid}`)).toEqual([])
  })
  test('can be ended at once, and by its time limit', async () => {
    const { running } = begin(way, ['sleep', `72.${process.pid}`])
    running.end('cancelled')
    expect(await ends(running)).toMatchObject({ status: null, stopped: 'cancelled' })
    expect(await ends(begin(way, sh(`sleep 73.${process.pid}; :`), undefined, 0.1).running)).toMatchObject({ stopped: 'time limit' })
  })
})
/** A starter of our own, asked to run a script: its input, and what it answers in the end. */
function asked(script: string, by: readonly string[] = []) {
  const folder = scratch()
  chmodSync(folder, 0o777)
  const [program, ...words] = [...by, perl, ...starterWords]
  const child = spawn(program!, words, { env: {}, stdio: ['pipe', 'pipe', 'inherit'] })
  let answer = ''
  child.stdout.on('data', text => {
    answer += text
  })
  const request = Buffer.from([folder, path.join(folder, 'log'), '', 1, 'PATH', process.env.PATH, ...sh(script)].join('\0'))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(request.length)
  child.stdin.write(Buffer.concat([length, request]))
  const gone = new Promise(done => child.on('close', done))
  return { child, gone, answer: () => answer.split('\n').slice(0, -1) }
}
const root = process.getuid?.() === 0
describe.skipIf(!startersHere)(`starters${unless}`, () => {
  test('end what has left its group, its session and its environment, and what they start meanwhile', async () => {
    // The last one never has one number for long: it starts itself anew, and ends.
    const hops = `: ${process.pid}; hop() { [ $1 = 0 ] || { setsid sh -c "$HOP" sh $(($1 - 1)) & }; sleep 0.01; }; hop $1`
    const script = `setsid env -i sh -c 'sleep 75.${process.pid}; :' & (env -i setsid -f sleep 75.${process.pid}); export HOP='${hops}'; sh -c "$HOP" sh 300 & sleep 0.2`
    const { running: step, read } = begin('a starter', sh(script))
    expect(await ends(step)).toMatchObject({ status: 0 })
    expect([running(`75.${process.pid}`), running(hops), read('log')]).toEqual([[], [], ''])
  })
  test('reap the orphans of a step while it runs, and count what they used', async () => {
    const zombies = 'grep -slE "^PPid:.$PPID$" /proc/[0-9]*/status | xargs grep -sl "^State:.Z"'
    const busy = '({ awk "BEGIN { while (n++ < 3e6) m += n % 7 }"; touch done; } &); until [ -e done ]; do sleep 0.05; done'
    const script = `for n in 1 2 3 4 5; do (true &); done; n=0; while ${zombies} >zombies; do n=$((n + 1)); [ $n -lt 100 ] || { cat zombies >&2; break; }; sleep 0.1; done; ${busy}; sleep 0.1`
    const { running: step, read } = begin('a starter', sh(script))
    const { usage } = await ends(step)
    expect(read('log')).toBe('')
    expect(usage!.user).toBeGreaterThan(0.05)
  })
  test('end the step and themselves when the runner is gone', async () => {
    const { child, gone } = asked(`setsid sleep 76.${process.pid} & trap "" TERM HUP; sleep 76.${process.pid}; :`)
    while (running(`76.${process.pid}`).length < 2) await pause(5)
    child.stdin.destroy()
    child.stdout.destroy() // as when it is killed: both at once, and nobody to answer to
    await gone
    expect(running(`76.${process.pid}`)).toEqual([])
  })
  test.skipIf(!root)(
    `a stray that has become another user's and cannot be ended is told${root ? '' : ' (skipped: not root)'}`,
    async () => {
      const folder = scratch()
      chmodSync(folder, 0o755)
      copyFileSync('/usr/bin/setpriv', path.join(folder, 'become'))
      chmodSync(path.join(folder, 'become'), 0o4755)
      const user = ['/usr/bin/setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
      const { child, answer } = asked(`${path.join(folder, 'become')} --reuid=0 sleep 77.${process.pid} & sleep 0.3`, user)
      while (answer().length < 2) await pause(5)
      const left = running(`77.${process.pid}`)
      expect(answer()[1]).toMatch(new RegExp(`^0 \\d+ \\d+ \\d+ ${left[0]}$`))
      process.kill(Number(left[0]), 'SIGKILL')
      child.stdin.end()
    },
  )
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
    const { running: step } = begin('a starter', sh(`sleep 74.${process.pid}; :`))
    while (running(`74.${process.pid}`).length === 0) await pause(5)
    for (const id of starters()) process.kill(Number(id), 'SIGKILL')
    expect(await ends(step)).toMatchObject({ status: null, signal: 'SIGKILL', usage: undefined })
    while (running(`74.${process.pid}`).length > 0) await pause(5)
    expect((await ends(begin('a starter', ['true']).running)).status).toBe(0)
  })
  test('one that is killed while it waits is not used again', async () => {
    await ends(begin('a starter', ['true']).running)
    for (const id of starters()) process.kill(Number(id), 'SIGKILL')
    await pause(50)
    expect((await ends(begin('a starter', ['true']).running)).status).toBe(0)
  })
})
