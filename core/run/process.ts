import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { open, readdir, readFile } from 'node:fs/promises'
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
  readonly stopped: 'time limit' | 'cancelled' | undefined
  /** True when the kernel killed something for lack of memory meanwhile. */
  readonly oom: boolean
}
export interface Surroundings {
  readonly folder: string
  /** Receives stderr, and stdout too unless `stdout` is given. */
  readonly log: string
  readonly stdout: string | undefined
  readonly environment: Readonly<Record<string, string>>
  readonly timeLimit: number | undefined
  readonly signal: AbortSignal | undefined
}
/** Runs one program as a process group of its own and waits for its end. Nothing of the group outlives this call. */
export async function execute({ program, words }: Launch, at: Surroundings): Promise<Ended> {
  const usageFile = path.join(at.folder, 'usage')
  const wrapped = gnuTime ? [gnuTime, '-q', '-o', usageFile, '-f', '%U %S %M', program, ...words] : [program, ...words]
  const log = await open(at.log, 'a')
  const stdout = at.stdout === undefined ? undefined : await open(at.stdout, 'w')
  const oomBefore = await oomKills()
  const started = performance.now()
  const child = spawn(wrapped[0]!, wrapped.slice(1), {
    cwd: at.folder,
    env: at.environment,
    detached: true, // a group of its own, so that all of it can be ended
    stdio: ['ignore', (stdout ?? log).fd, log.fd],
  })
  const memory = child.pid === undefined ? undefined : watchMemory(child.pid)
  let stopped: Ended['stopped']
  const end = (why: NonNullable<Ended['stopped']>) => {
    stopped ??= why
    endGroup(child.pid)
  }
  const limit = at.timeLimit === undefined ? undefined : setTimeout(() => end('time limit'), at.timeLimit * 1000)
  const cancel = () => end('cancelled')
  at.signal?.addEventListener('abort', cancel)
  if (at.signal?.aborted) cancel()
  try {
    const exit = await new Promise<{ status: number | null; signal: NodeJS.Signals | null }>((done, fail) => {
      child.on('error', fail)
      child.on('exit', (status, signal) => done({ status, signal }))
    })
    const seconds = (performance.now() - started) / 1000
    killGroup(child.pid, 'SIGKILL') // a step that left something running in the background
    const told = gnuTime ? await readFile(usageFile, 'utf8').catch(() => '') : ''
    const bySignal = /^Command terminated by signal (\d+)/m.exec(told)
    return {
      status: bySignal ? null : exit.status,
      signal: bySignal ? Number(bySignal[1]) : exit.signal,
      seconds,
      usage: usageOf(told, memory?.peak() ?? 0),
      stopped,
      oom: (await oomKills()) > oomBefore,
    }
  } finally {
    clearTimeout(limit)
    memory?.stop()
    at.signal?.removeEventListener('abort', cancel)
    await log.close()
    await stdout?.close()
  }
}
/** SIGTERM to the group, and SIGKILL three seconds later to what is left of it. */
function endGroup(pid: number | undefined): void {
  killGroup(pid, 'SIGTERM')
  setTimeout(() => killGroup(pid, 'SIGKILL'), 3000).unref()
}
function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // The group has ended already.
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
    peak = Math.max(
      peak,
      sizes.reduce((sum, text) => sum + Number(text.split(' ')[1]) * 4096, 0),
    )
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
async function oomKills(): Promise<number> {
  const text = await readFile('/proc/vmstat', 'utf8').catch(() => '')
  return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0)
}
