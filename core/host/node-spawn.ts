import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import path from 'node:path'
import type { Usage } from '../events.ts'
import { readPlain } from '../left-behind.ts'
import { endMarked, markName } from '../store/strays.ts'
import { type Child, type ChildEnd, killGroup, piped, type SpawnOptions } from './child.ts'
import type { Launch } from './pipe-script.ts'

const usualPlaces = (): readonly string[] => {
  const folders = (process.env.PATH ?? '').split(path.delimiter)
  const onPath = ['gtime', 'time'].flatMap(name => folders.map(folder => path.join(folder || '.', name)))
  return ['/usr/bin/time', '/usr/local/bin/gtime', '/opt/homebrew/bin/gtime', ...onPath]
}
/**
 * Where GNU time is: it reports rusage of a finished child with all its descendants, for about 1 ms a step. Conda installs it on PATH. A program
 * of that name may be another, as on macOS, which takes none of its options: it is asked who it is.
 */
export const placeOfTime = (places: readonly string[] = usualPlaces()): string | undefined =>
  places.find(place => {
    if (!existsSync(place)) return false
    const { stdout, stderr } = spawnSync(place, ['--version'], { encoding: 'utf8', timeout: 5000 })
    return /\bGNU\b/.test(`${stdout}${stderr}`)
  })
let gnuTimeFound: { readonly place: string | undefined } | undefined
/** Looked for when the first program is started by Node: most machines never do. */
const gnuTimePlace = (): string | undefined => {
  gnuTimeFound ??= { place: placeOfTime() }
  return gnuTimeFound.place
}

/**
 * Starts a program by Node itself, which works on every machine, and under GNU time where it is installed. What leaves its group is found on
 * Linux alone, by its mark; what has cleared its environment too is not. When the runner is killed, what it started goes on until the next run.
 */
export function spawned({ program, words }: Launch, at: SpawnOptions): Child {
  const usageFile = at.usage ?? path.join(at.folder, 'usage')
  const gnuTime = gnuTimePlace()
  const timed = gnuTime ? [gnuTime, '-o', usageFile, '-f', '%U %S %M', program, ...words] : [program, ...words]
  const wrapped = piped(timed, at)
  const { log } = at
  const stdout = at.piped || at.stdout === undefined ? log : openSync(path.join(at.folder, at.stdout), 'w')
  // No memory for a process, no such program: Node throws some errors of the system, and emits others as an event.
  const unstarted = (cause: unknown): ChildEnd => ({
    status: 127,
    signal: null,
    usage: undefined,
    fault: `${wrapped[0]} could not be started: ${(cause as Error).message}`,
  })
  let child: ChildProcess
  try {
    child = spawn(wrapped[0]!, wrapped.slice(1), {
      cwd: at.folder,
      env: at.environment,
      detached: true, // a group of its own, so that all of it can be ended
      stdio: ['ignore', stdout, log],
    })
  } catch (cause) {
    return { pid: () => undefined, begun: Promise.resolve(undefined), kill: () => {}, ended: Promise.resolve(unstarted(cause)) }
  } finally {
    if (stdout !== log) shut(stdout)
  }
  const ended = new Promise<ChildEnd>(done => {
    child.on('error', cause => done(unstarted(cause)))
    child.on('exit', (status, signal) => {
      killGroup(child.pid, 'SIGKILL') // what it left running in the background
      endMarked(at.environment[markName]!) // and what left the group
      const printed = gnuTime ? (readPlain(usageFile) ?? '') : ''
      const byName = /^Command terminated by signal (\d+)/m.exec(printed)
      done({ status: byName ? null : status, signal: byName ? Number(byName[1]) : signal, usage: usageOf(printed) })
    })
  })
  return { pid: () => child.pid, begun: Promise.resolve(child.pid), kill: signal => killGroup(child.pid, signal), ended }
}

/** The child has its own descriptor by now, so a failure to close this one is ignored: the child must still be watched. */
function shut(file: number): void {
  try {
    closeSync(file)
  } catch {
    // The disk refuses; the child will notice if it matters.
  }
}
function usageOf(printed: string): Usage | undefined {
  const figures = /^([\d.]+) ([\d.]+) (\d+)$/m.exec(printed)
  if (!figures) return undefined
  return { user: Number(figures[1]), system: Number(figures[2]), peakMemory: Number(figures[3]) * 1024 }
}
