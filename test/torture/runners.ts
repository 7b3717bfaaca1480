import { existsSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { full } from './dag.ts'
import { faults, look, pause, type Run, random, type Setting, startedIn, startVictim, type Told, undisturbed } from './setting.ts'

const nothing = { whole: new Map<string, string>(), contents: new Map<string, string>(), half: [] }
/** Two runners at once on one empty store, the second a random moment later. Each step is made by one of them. */
export async function twoRunners(setting: Setting, rounds: number, seed: number, log: (line: string) => void): Promise<Told> {
  const chance = random(seed)
  const wanted = await undisturbed(setting, 'full')
  const counts = { rounds: 0, 'steps made': 0, 'steps made twice': 0 }
  const all: string[] = []
  for (let n = 1; n <= rounds; n++) {
    const store = path.join(setting.folder, `shared-${n}`)
    const [a, b]: [Run, Run] = [
      { store, run: 'a', dag: 'full' },
      { store, run: 'b', dag: 'full' },
    ]
    const first = startVictim(setting, a)
    await pause(chance() < 0.3 ? 0 : chance() * 400)
    const ended = await Promise.all([first.ended, startVictim(setting, b).ended])
    for (const { status, signal, stderr } of ended)
      if (status !== 0) all.push(`round ${n}: ended with ${status ?? signal}: ${stderr.slice(0, 500)}`)
    const [one, two] = [startedIn(a), startedIn(b)]
    const twice = [...one].filter(key => two.has(key))
    counts.rounds++
    counts['steps made'] += new Set([...one, ...two]).size
    counts['steps made twice'] += twice.length
    for (const key of twice) all.push(`round ${n}: made by both: ${key}`)
    for (const fault of faults(b, nothing, wanted)) all.push(`round ${n}: ${fault}`)
    rmSync(store, { recursive: true, force: true })
    if (n % 25 === 0) log(`two runners: ${n} rounds`)
  }
  return { name: 'Two runners on one store', counts, faults: all }
}

/** Where Debian and Ubuntu put it, and conda, beside the program. */
const library = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
  ...(process.env.PATH ?? '').split(path.delimiter).map(folder => path.join(folder, '../lib/faketime/libfaketime.so.1')),
].find(place => existsSync(place))
const jumps = ['+10y', '-10y', '+1h', '-1h', '+3s', '-3s', '+0'] as const
/** The clock jumps by years and by seconds while a runner works, is killed, and goes on at another time still. */
export async function jumpingClock(setting: Setting, rounds: number, seed: number, log: (line: string) => void): Promise<Told> {
  const name = 'A clock that jumps'
  if (library === undefined) return { name, counts: {}, faults: [], skipped: 'faketime is not installed' }
  const chance = random(seed)
  const wanted = await undisturbed(setting, 'full')
  const counts = { rounds: 0, jumps: 0, kills: 0 }
  const all: string[] = []
  const file = path.join(setting.folder, 'clock')
  // The wall clock alone: a monotonic one does not jump. Files get the system's own time all the while, as from a server whose clock is right.
  const env = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
  }
  for (let n = 1; n <= rounds; n++) {
    const store = path.join(setting.folder, `clock-${n}`)
    const jump = () => {
      writeFileSync(file, jumps[Math.floor(chance() * jumps.length)]!)
      counts.jumps++
    }
    const go = async (run: string, killed: boolean): Promise<Run> => {
      const at: Run = { store, run, dag: 'full' }
      const before = existsSync(store) ? look(store) : nothing
      jump()
      const { child, ended } = startVictim(setting, at, env)
      const over = ended.then(() => true)
      for (let more = true; more; ) {
        more = !(await Promise.race([pause(60).then(() => false), over]))
        if (more) jump()
        if (more && killed && chance() < 0.12 && child.kill('SIGKILL')) {
          counts.kills++
          break
        }
      }
      const { status, signal, stderr } = await ended
      if (status !== 0 && !(killed && signal === 'SIGKILL'))
        all.push(`round ${n}, ${run}: ended with ${status ?? signal}: ${stderr.slice(0, 500)}`)
      for (const fault of faults(at, before, killed ? undefined : wanted)) all.push(`round ${n}, ${run}: ${fault}`)
      return at
    }
    await go('killed', true)
    const last = await go('finished', false)
    const idle = { ...last, run: 'idle' }
    await startVictim(setting, idle, env).ended
    if (startedIn(idle).size > 0) all.push(`round ${n}: a third run started ${[...startedIn(idle)].join(', ')}`)
    counts.rounds++
    rmSync(store, { recursive: true, force: true })
  }
  log(`a clock that jumps: ${counts.rounds} rounds of ${full.length} steps`)
  return { name, counts, faults: all }
}
