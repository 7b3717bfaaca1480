import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync, closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Usage } from '../events.ts'
import type { Launch } from './script.ts'

/** GNU time: the only program that tells rusage of a finished child with its whole offspring, for about 1 ms a step. */
const gnuTime = ['/usr/bin/time', '/usr/local/bin/gtime', '/opt/homebrew/bin/gtime'].find(place => existsSync(place))

/** How a process group ended. */
export interface Ended {
  /** Exit status, or null where a signal ended it. */
  readonly status: number | null
  readonly signal: NodeJS.Signals | number | null
  readonly seconds: number
  readonly usage: Usage | undefined
  /** Set when we ended it ourselves. */
  readonly stopped: Stopped | undefined
  /** True when the kernel killed something for lack of memory meanwhile. */
  readonly oom: boolean
}
export type Stopped = 'time limit' | 'cancelled' | 'group'
export interface Surroundings {
  readonly folder: string
  /** Receives stderr, and stdout too unless `stdout` is given. */
  readonly log: string
  readonly stdout: string | undefined
  /** True where `stdout` is a named pipe: opening it waits for its reader, so the child does that. */
  readonly piped: boolean
  readonly environment: Readonly<Record<string, string>>
  readonly timeLimit: number | undefined
  /** File for the figures of GNU time. @default `usage` in the folder */
  readonly usage?: string
}
/** A running process group. */
export interface Running {
  readonly ended: Promise<Ended>
  /** Ends the group: SIGTERM, and SIGKILL three seconds later to what is left. */
  end(why: Stopped): void
}
/** Starts one program as a process group of its own. Nothing of the group outlives `ended`. */
export function start({ program, words }: Launch, at: Surroundings): Running {
  const usageFile = at.usage ?? path.join(at.folder, 'usage')
  const timed = gnuTime ? [gnuTime, '-o', usageFile, '-f', '%U %S %M', program, ...words] : [program, ...words]
  const wrapped =
    at.piped && at.stdout !== undefined ? ['bash', '-c', 'to=$1; shift; exec "$@" >"$to"', 'step', at.stdout, ...timed] : timed
  const log = openSync(at.log, 'a')
  const stdout = at.piped || at.stdout === undefined ? log : openSync(path.join(at.folder, at.stdout), 'w')
  const started = performance.now()
  // No memory for a process, no such program, a disk that refuses: a step that failed, as a shell has it.
  const unstarted = (cause: Error): Ended => {
    tell(at.log, `${wrapped[0]} could not be started: ${cause.message}`)
    return { status: 127, signal: null, seconds: 0, usage: undefined, stopped: undefined, oom: false }
  }
  let child: ChildProcess
  try {
    child = spawn(wrapped[0]!, wrapped.slice(1), {
      cwd: at.folder,
      env: at.environment,
      detached: true, // a group of its own, so that all of it can be ended
      stdio: ['ignore', stdout, log],
    })
  } catch (cause) {
    return { ended: Promise.resolve(unstarted(cause as Error)), end: () => {} } // Node throws some refusals of the system, and tells others by an event
  } finally {
    for (const each of new Set([log, stdout])) shut(each)
  }
  const memory = child.pid === undefined ? undefined : watchMemory(child.pid)
  let over = false
  let stopped: Stopped | undefined
  let hard: NodeJS.Timeout | undefined
  const end = (why: Stopped) => {
    if (over) return // its number may be another's by now
    stopped ??= why
    killGroup(child.pid, 'SIGTERM')
    hard ??= setTimeout(() => killGroup(child.pid, 'SIGKILL'), 3000)
  }
  const limit = at.timeLimit === undefined ? undefined : setTimeout(() => end('time limit'), at.timeLimit * 1000)
  const ended = new Promise<Ended>(done => {
    const close = () => {
      over = true
      clearTimeout(limit)
      clearTimeout(hard)
      memory?.stop()
    }
    child.on('error', cause => {
      close()
      done(unstarted(cause))
    })
    child.on('exit', (status, signal) => {
      const seconds = (performance.now() - started) / 1000
      killGroup(child.pid, 'SIGKILL') // what the step left running in the background
      close()
      const told = gnuTime ? read(usageFile) : ''
      const byName = /^Command terminated by signal (\d+)/m.exec(told)
      done({
        status: byName ? null : status,
        signal: byName ? Number(byName[1]) : signal,
        seconds,
        usage: usageOf(told, memory?.peak() ?? 0),
        stopped,
        oom: status !== 0 && oomSince(started),
      })
    })
  })
  return { ended, end }
}
/** The child has its own by now: where ours cannot be closed, that is no reason to lose sight of the child. */
function shut(file: number): void {
  try {
    closeSync(file)
  } catch {
    // The disk refuses; the child will notice if it matters.
  }
}
function tell(log: string, line: string): void {
  try {
    appendFileSync(log, `${line}\n`)
  } catch {
    // The disk refuses this too.
  }
}
function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // The group has ended already.
  }
}
const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
function usageOf(told: string, sampled: number): Usage | undefined {
  const figures = /^([\d.]+) ([\d.]+) (\d+)$/m.exec(told)
  if (!figures) return undefined
  return { user: Number(figures[1]), system: Number(figures[2]), peakMemory: Math.max(Number(figures[3]) * 1024, sampled) }
}
/**
 * Samples the resident memory of the group once a second: rusage knows only the biggest single process, and the stages of a pipe are
 * resident together. Steps shorter than a second are told by rusage alone.
 */
function watchMemory(group: number) {
  let peak = 0
  const look = async () => {
    const ids = await members(group).catch(() => [])
    const sizes = await Promise.all(ids.map(id => readFile(`/proc/${id}/statm`, 'utf8').catch(() => '0 0')))
    const pages = sizes.reduce((sum, text) => sum + Number(text.split(' ')[1]), 0)
    peak = Math.max(peak, pages * 4096)
  }
  const timer = setInterval(look, 1000)
  timer.unref()
  return { peak: () => peak, stop: () => clearInterval(timer) }
}
async function members(group: number): Promise<readonly string[]> {
  const ids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const stats = await Promise.all(ids.map(id => readFile(`/proc/${id}/stat`, 'utf8').catch(() => '')))
  return ids.filter((_, n) => stats[n]!.slice(stats[n]!.lastIndexOf(')') + 2).split(' ')[2] === String(group))
}
/** How many processes the kernel has killed for lack of memory since it started; 0 where it does not tell. */
const oomKills = (): number => Number(/^oom_kill (\d+)$/m.exec(read('/proc/vmstat'))?.[1] ?? 0)
let oomKnown = oomKills()
let oomSeen = Number.NEGATIVE_INFINITY
/** Asked at a failure only. All members of a group that end after one kill are told of it, whichever ends first. */
function oomSince(started: number): boolean {
  const kills = oomKills()
  if (kills > oomKnown) oomSeen = performance.now()
  oomKnown = kills
  return oomSeen >= started
}
