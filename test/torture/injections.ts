import { type ChildProcess, spawnSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { DagName } from './dag.ts'
import { faults, look, type Run, type Setting, start, startVictim, type Told, undisturbed, words } from './setting.ts'

/** What a system call may be made to do instead of its work. */
export const blows = ['EIO', 'ENOSPC', 'SIGKILL'] as const
type Blow = (typeof blows)[number]
/** Calls that a full disk may refuse; the others never ask it for space. */
const takesSpace =
  /^(open|openat|creat|write|pwrite64|writev|pwritev2?|mkdir|mkdirat|rename|renameat2?|symlink|symlinkat|link|linkat|mknod|mknodat|fsync|fdatasync|ftruncate|fallocate|copy_file_range|sendfile|utimensat)$/
/** One thread for files and no io_uring: the same calls in the same order, all of them seen. */
const steady = { ...process.env, UV_THREADPOOL_SIZE: '1', UV_USE_IO_URING: '0' }

export function traceable(): string | undefined {
  const { status, error } = spawnSync('strace', ['-f', '-o', '/dev/null', 'true'], { timeout: 10_000 })
  return error ? 'strace is not installed' : status === 0 ? undefined : 'strace may not trace here'
}
interface Scene {
  readonly name: string
  readonly dag: DagName
  /** A store to begin with; none: an empty one. */
  readonly from: string | undefined
}
interface Calls {
  readonly names: readonly string[]
  readonly paths: readonly string[]
}
/** Which system calls touch the store in an undisturbed run, and by which paths. */
async function record(setting: Setting, scene: Scene): Promise<Calls> {
  const at = stage(setting, scene)
  const log = path.join(setting.folder, 'record.strace')
  const { status, stderr } = await start('strace', ['-f', '-qq', '-y', '-s', '400', '-o', log, process.execPath, ...words(setting, at)], {
    env: steady,
  }).ended
  if (status !== 0) throw new Error(`The run fails under strace: ${stderr}`)
  const found = { names: new Set<string>(), paths: new Set<string>([at.store]) }
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const call = /^\d+ +(\w+)\(/.exec(line)?.[1]
    const places = line.split(' = ')[0]!.match(/(?<=["<])[^">]+(?=[">])/g) ?? []
    const own = places.filter(
      place => place.startsWith(`${at.store}/`) || place === at.store || /^(\.\/)?(in|out|link|tmp|status|usage)(\/|$)/.test(place),
    )
    if (call === undefined || own.length === 0 || call === 'execve') continue
    found.names.add(call)
    for (const place of own) found.paths.add(place)
  }
  return { names: [...found.names].sort(), paths: [...found.paths].sort() }
}
const stage = ({ folder }: Setting, { name, dag, from }: Scene): Run => {
  const store = path.join(folder, `injected-${name}`)
  rmSync(store, { recursive: true, force: true })
  for (const run of ['injected', 'after']) rmSync(`${store}.${run}.events`, { force: true })
  if (from !== undefined) cpSync(from, store, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
  return { store, run: 'injected', dag }
}
/**
 * strace waits for all that it traces. Steps whose runner was killed may wait for one another for ever, until the next run ends them: two seconds
 * after the runner is gone they are let go.
 */
export function letGo(strace: ChildProcess): NodeJS.Timeout {
  let gone = 0
  return setInterval(() => {
    gone = lives(strace.pid) ? 0 : gone + 1
    if (gone > 8) strace.kill('SIGKILL')
  }, 250)
}
/** Whether the program that strace began still runs: orphans are not its children. */
function lives(strace: number | undefined): boolean {
  try {
    const [runner] = readFileSync(`/proc/${strace}/task/${strace}/children`, 'utf8').split(' ')
    return runner !== '' && !/\) [ZX] /.test(readFileSync(`/proc/${runner}/stat`, 'utf8'))
  } catch {
    return false
  }
}
/** Whether the blow fell, and how the run took it. */
interface Struck {
  readonly fell: boolean
  readonly faults: readonly string[]
}
async function strike(
  setting: Setting,
  scene: Scene,
  { paths }: Calls,
  blow: Blow,
  call: string,
  n: number,
  wanted: ReadonlyMap<string, string>,
): Promise<Struck> {
  const at = stage(setting, scene)
  const before = look(at.store)
  const log = path.join(setting.folder, `${scene.name}.strace`)
  const what = blow === 'SIGKILL' ? 'signal=KILL' : `error=${blow}`
  const traced = start(
    'strace',
    [
      '-f',
      '-qq',
      '-o',
      log,
      ...paths.flatMap(each => ['-P', each]),
      '-e',
      `trace=${call}`,
      '-e',
      `inject=${call}:${what}:when=${n}`,
      process.execPath,
      ...words(setting, at),
    ],
    { env: steady },
  )
  const watch = letGo(traced.child)
  const { status, signal, stderr } = await traced.ended
  clearInterval(watch)
  const text = existsSync(log) ? readFileSync(log, 'utf8') : ''
  const fell = blow === 'SIGKILL' ? /\+\+\+ killed by SIGKILL/.test(text) : /\(INJECTED\)/.test(text)
  if (!fell) return { fell, faults: [] }
  const found: string[] = [...faults(at, before, undefined)]
  // Node ends itself where a file that it only read cannot be closed, which no disk does; that is as good as a kill.
  const nodes = /node::fs::\w+[\s\S]*Assertion failed[\s\S]*uv_fs_close/.test(stderr)
  if (!(nodes && signal === 'SIGABRT') && (status === 70 || (status === null && signal !== 'SIGKILL')))
    found.push(`ended with ${status ?? signal} and no clear error: ${stderr.slice(0, 800)}`)
  const between = look(at.store)
  const again = { ...at, run: 'after' }
  const after = await startVictim(setting, again, steady).ended
  if (after.status !== 0) found.push(`the next run ended with ${after.status ?? after.signal}: ${after.stderr.slice(0, 800)}`)
  found.push(...faults(again, between, wanted))
  return { fell, faults: found }
}
/**
 * Strikes one system call after another, of those that touch the store in a small run, until a run passes untouched: the first, second …
 * call of each name, in whichever process or thread it comes.
 * @param most blows of each sort, spread evenly over all calls; all of them where left out
 */
export async function injections(setting: Setting, log: (line: string) => void, most = Number.POSITIVE_INFINITY): Promise<Told> {
  const skipped = traceable()
  if (skipped !== undefined) return { name: 'Injected into system calls', counts: {}, faults: [], skipped }
  const wanted = await undisturbed(setting, 'grown')
  const warm = path.join(setting.folder, 'warm')
  await startVictim(setting, { store: warm, run: 'warm', dag: 'small' }, steady).ended
  const scenes: readonly Scene[] = [
    { name: 'empty', dag: 'small', from: undefined },
    { name: 'filled', dag: 'grown', from: warm },
  ]
  const chosen = blows.filter(blow => process.env.TORTURE_BLOWS?.split(',').includes(blow) ?? true)
  const counts: Record<string, number> = {}
  const all: string[] = []
  for (const scene of scenes) {
    const calls = await record(setting, scene)
    for (const blow of chosen) {
      const what = `${blow}, ${scene.name} store`
      counts[what] = 0
      const struck = calls.names.filter(name => blow !== 'ENOSPC' || takesSpace.test(name))
      for (const [m, call] of struck.entries()) {
        // A short torture takes the nth call of every name by turns.
        const only = most < Number.POSITIVE_INFINITY
        if (only && (m + blows.indexOf(blow)) % Math.ceil((struck.length * blows.length * scenes.length) / most) !== 0) continue
        for (let n = 1; ; n++) {
          const { fell, faults } = await strike(setting, scene, calls, blow, call, n, wanted)
          if (!fell) break
          counts[what]!++
          for (const fault of faults) {
            all.push(`${blow} at ${call} number ${n}, ${scene.name} store: ${fault}`)
            log(all.at(-1)!)
          }
          if (only) break
        }
      }
      log(`${what}: ${counts[what]} system calls of ${struck.length} names`)
    }
  }
  return { name: 'Injected into system calls', counts, faults: all }
}
