import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** What one run of one arm took. */
export interface Run {
  /** Seconds by the clock, start of the program included. */
  readonly wall: number
  /** Seconds of CPU, user and system, of the program and of all that it started and waited for. */
  readonly cpu: number
  /** Resident memory of the largest single process, in bytes, as GNU time reports it. */
  readonly memory: number
  /** Seconds of CPU that other programs of the machine used meanwhile; 0 where the system does not say. */
  readonly others: number
}
export interface Command {
  readonly argv: readonly string[]
  /** Working folder; `log` in it receives stdout and stderr. */
  readonly folder: string
  readonly environment?: Readonly<Record<string, string>>
}
const gnuTime = ['/usr/bin/time', '/usr/local/bin/gtime', '/opt/homebrew/bin/gtime'].find(place => existsSync(place))

/** Runs a command to its end. @throws Error with the last lines it wrote, unless it ends with status 0 */
export async function measure({ argv, folder, environment }: Command): Promise<Run> {
  if (gnuTime === undefined)
    throw new Error('GNU time is not installed, which tells CPU and memory. Install it: "apt-get install time", "brew install gnu-time".')
  const [usage, log] = [path.join(folder, 'usage'), path.join(folder, 'log')]
  const to = openSync(log, 'a')
  const before = busy()
  const started = performance.now()
  const child = spawn(gnuTime, ['-o', usage, '-f', '%U %S %M', ...argv], {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ['ignore', to, to],
  })
  closeSync(to)
  const status = await new Promise<number | null>((done, fail) => child.on('exit', done).on('error', fail))
  const wall = (performance.now() - started) / 1000
  const all = busy() - before
  if (status !== 0) {
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-15).join('\n')
    throw new Error(`${argv.slice(0, 3).join(' ')} … ended with status ${status}:\n${lines}`)
  }
  const [user = Number.NaN, system = Number.NaN, kilobytes = Number.NaN] = readFileSync(usage, 'utf8').trim().split(' ').map(Number)
  const cpu = user + system
  return { wall: rounded(wall), cpu: rounded(cpu), memory: kilobytes * 1024, others: rounded(Math.max(0, all - cpu)) }
}
/** @returns what was used since: by this program with all that it started and waited for, and by others */
export function meter(): () => { readonly wall: number; readonly own: number; readonly others: number } {
  const [began, all, own] = [performance.now(), busy(), ownCpu()]
  return () => {
    const [used, everybody] = [ownCpu() - own, busy() - all]
    return { wall: rounded((performance.now() - began) / 1000), own: rounded(used), others: rounded(Math.max(0, everybody - used)) }
  }
}
/** CPU seconds of this process, and of all processes below it that have ended and were waited for. */
function ownCpu(): number {
  try {
    const [, fields = ''] = /\) (.*)$/s.exec(readFileSync('/proc/self/stat', 'utf8')) ?? [] // the program's name may hold blanks
    return fields
      .split(' ')
      .slice(11, 15) // utime, stime, cutime, cstime
      .reduce((sum, ticks) => sum + Number(ticks) / 100, 0)
  } catch {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  }
}
/** To a millisecond: finer than any of the clocks behind it. */
const rounded = (seconds: number) => Math.round(seconds * 1000) / 1000
/** Seconds that the machine's cores were busy since it started. */
function busy(): number {
  try {
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, stolen = 0] = /^cpu +(.*)$/m
      .exec(readFileSync('/proc/stat', 'utf8'))![1]!
      .split(' ')
      .map(Number)
    return (user + nice + system + irq + softirq + stolen) / 100 // USER_HZ is 100 on every Linux that Node runs on
  } catch {
    return 0
  }
}
