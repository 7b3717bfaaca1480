import { readdirSync } from 'node:fs'
import { readIfThere } from '../files.ts'

/** A process group, and its largest resident memory so far. */
interface Watch {
  readonly group: () => number | undefined
  peak: number
}
const watches = new Set<Watch>()
let timer: NodeJS.Timeout | undefined
/** Processes that belonged to no watched group at the last look; they are looked at again only every tenth time. */
const strangers = new Set<string>()
let looks = 0
/**
 * Samples the resident memory of a process group once a second: rusage knows only the biggest single process, and the stages of a pipe are
 * resident together. Steps shorter than a second are measured by rusage alone. One look at /proc serves all groups.
 */
export function watchMemory(group: () => number | undefined) {
  const watch: Watch = { group, peak: 0 }
  watches.add(watch)
  timer ??= setInterval(sampleAll, 1000).unref()
  const stop = () => {
    watches.delete(watch)
    if (watches.size > 0) return
    clearInterval(timer)
    timer = undefined
    strangers.clear()
  }
  return { peak: () => watch.peak, stop }
}
/** Synchronous: promises for some 60 processes and four groups took 50 ms a second, more than all else that the runner does. */
function sampleAll(): void {
  if (looks++ % 10 === 0) strangers.clear()
  const sums = new Map([...watches].map(({ group }) => [String(group()), 0]))
  for (const id of processIds()) {
    if (strangers.has(id)) continue
    // Behind the name in brackets, which may hold anything: state, parent, group …; the 22nd is the number of resident pages (proc(5)).
    const stat = readIfThere(`/proc/${id}/stat`) ?? ''
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const sum = sums.get(fields[2]!)
    if (sum === undefined) strangers.add(id)
    else sums.set(fields[2]!, sum + Number(fields[21]))
  }
  for (const watch of watches) watch.peak = Math.max(watch.peak, 4096 * sums.get(String(watch.group()))!)
}
function processIds(): readonly string[] {
  try {
    return readdirSync('/proc').filter(name => /^\d+$/.test(name))
  } catch {
    return [] // no Linux
  }
}
/** How many processes the kernel has killed for lack of memory since it started; 0 where it does not say. */
const oomKills = (): number => Number(/^oom_kill (\d+)$/m.exec(readIfThere('/proc/vmstat') ?? '')?.[1] ?? 0)
let oomKnown = oomKills()
let oomSeen = Number.NEGATIVE_INFINITY
/** Asked only at a failure. After one such kill all members of a chain that end later see it, whichever ends first. */
export function oomSince(started: number): boolean {
  const kills = oomKills()
  if (kills > oomKnown) oomSeen = performance.now()
  oomKnown = kills
  return oomSeen >= started
}
