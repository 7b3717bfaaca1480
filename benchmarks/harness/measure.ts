import { closeSync, openSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { TriremeError } from '../../core/errors.ts'
import type { Child, ChildEnd } from '../../core/host/child.ts'
import { placeOfTime, spawned } from '../../core/host/node-spawn.ts'
import { started, startersHere } from '../../core/host/perl-spawn.ts'
import { markName, nextMark } from '../../core/store/strays.ts'
import { frequency, throttledSeconds } from './machine.ts'
import type { Run } from './record.ts'

/** The two clocks, in seconds. */
export interface Clocks {
  /** Counts what passes. */
  readonly monotonic: () => number
  /** The time of day, which may be set. */
  readonly calendar: () => number
}
export const clocks: Clocks = { monotonic: () => performance.now() / 1000, calendar: () => Date.now() / 1000 }
/** What is known of a run from outside of it. */
export type Timing = Pick<Run, 'began' | 'wall' | 'calendar' | 'cpu' | 'memory' | 'others' | 'harness' | 'load' | 'frequency' | 'throttled'>
export interface Timed {
  readonly status: number | null
  /** Why it could not be started. */
  readonly fault?: string
  readonly timing: Timing
}
/** Words of a command, with files for what it prints. */
export interface Launched {
  readonly argv: readonly string[]
  readonly environment?: Readonly<Record<string, string>> | undefined
  /** Working folder. */
  readonly cwd: string
  readonly stdout: string
  readonly stderr: string
  /** GNU time writes it, where that measures. */
  readonly usage: string
}
const start = startersHere ? started : spawned
/** @throws TriremeError `TOOL` where nothing tells what a run takes */
export function needMeasuring(): void {
  if (startersHere || placeOfTime() !== undefined) return
  throw new TriremeError(
    'TOOL',
    'Neither /usr/bin/perl nor GNU time is here, which tell CPU and memory of a run. Install one: "apt-get install time", "brew install gnu-time".',
  )
}
/**
 * Runs a command to its end, as steps are run (decision 0014), and waits: nothing else is done meanwhile, and nothing of it is left.
 * @param running is told the number of its group, and undefined when it has ended
 */
export async function timed(
  { argv, environment, cwd, stdout, stderr, usage }: Launched,
  {
    signal,
    running,
    clock = clocks,
  }: { readonly signal: AbortSignal; readonly running: (group?: number) => void; readonly clock?: Clocks },
): Promise<Timed> {
  const log = openSync(stderr, 'a')
  const [speed, load, held, all, own] = [frequency(), loadNow(), throttledSeconds(), busy(), process.cpuUsage()]
  const [began, from] = [clock.calendar(), clock.monotonic()]
  const child = start(
    { program: argv[0]!, words: argv.slice(1), statuses: false },
    {
      ...{ folder: cwd, log, stdout: path.relative(cwd, stdout), piped: false, usage, timeLimit: undefined },
      environment: { ...textOf(process.env), ...environment, [markName]: nextMark() },
    },
  )
  const stop = () => stopSoon(child)
  signal.addEventListener('abort', stop)
  let end: ChildEnd
  try {
    running(await child.begun)
    end = await child.ended
  } finally {
    signal.removeEventListener('abort', stop)
    running()
    closeSync(log)
  }
  const [wall, calendar] = [clock.monotonic() - from, clock.calendar() - began]
  const { user, system } = process.cpuUsage(own)
  const [everybody, after] = [busy() - all, frequency()]
  const cpu = end.usage ? end.usage.user + end.usage.system : Number.NaN
  const harness = (user + system) / 1e6
  const timing = {
    began: new Date(began * 1000).toISOString(),
    wall: micro(wall),
    calendar: micro(calendar),
    cpu: rounded(cpu),
    memory: end.usage?.peakMemory ?? 0,
    others: rounded(Math.max(0, everybody - cpu - harness)),
    harness: micro(harness),
    load: { before: load, after: loadNow() },
    ...(speed !== undefined && after !== undefined && { frequency: { before: speed, after } }),
    throttled: micro(throttledSeconds() - held),
  }
  return { status: end.status, timing, ...(end.fault !== undefined && { fault: end.fault }) }
}
const loadNow = () => os.loadavg()[0] ?? 0
const micro = (seconds: number) => Math.round(seconds * 1e6) / 1e6
/** SIGINT, which a pipeline answers by ending its steps; what is still there ten seconds later is killed. */
function stopSoon({ kill, ended }: Child): void {
  kill('SIGINT')
  const hard = setTimeout(() => kill('SIGKILL'), 10_000)
  void ended.then(() => clearTimeout(hard))
}
/** The environment of this process: Node's type allows for variables that are not there. */
const textOf = (variables: NodeJS.ProcessEnv) => variables as Readonly<Record<string, string>>
/**
 * Why a run's time does not count, in words; undefined where it does. The calendar may differ by what its clock is corrected in passing.
 * @param step the smallest that the clock makes, in seconds
 */
export function clockFault({ wall, calendar, cpu }: Pick<Timing, 'wall' | 'calendar' | 'cpu'>, step: number): string | undefined {
  if (!(wall > step)) return `it took no time that the clock can tell: ${wall} s`
  if (!Number.isFinite(cpu)) return 'nothing told what it used: the disk may be full'
  const by = calendar - wall
  return Math.abs(by) > Math.max(0.1, 0.01 * wall) ? `the clock of this machine was set by ${by.toFixed(1)} s while it ran` : undefined
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
