import { readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'

/**
 * Samples the resident memory of the group once a second: rusage knows only the biggest single process, and the stages of a pipe are
 * resident together. Steps shorter than a second are told by rusage alone.
 */
export function watchMemory(group: () => number | undefined) {
  let peak = 0
  const look = async () => {
    const ids = await members(group()).catch(() => [])
    const sizes = await Promise.all(ids.map(id => readFile(`/proc/${id}/statm`, 'utf8').catch(() => '0 0')))
    const pages = sizes.reduce((sum, text) => sum + Number(text.split(' ')[1]), 0)
    peak = Math.max(peak, pages * 4096)
  }
  const timer = setInterval(look, 1000)
  timer.unref()
  return { peak: () => peak, stop: () => clearInterval(timer) }
}
async function members(group: number | undefined): Promise<readonly string[]> {
  const ids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const stats = await Promise.all(ids.map(id => readFile(`/proc/${id}/stat`, 'utf8').catch(() => '')))
  return ids.filter((_, n) => stats[n]!.slice(stats[n]!.lastIndexOf(')') + 2).split(' ')[2] === String(group))
}
/** How many processes the kernel has killed for lack of memory since it started; 0 where it does not tell. */
const oomKills = (): number => Number(/^oom_kill (\d+)$/m.exec(vmstat())?.[1] ?? 0)
function vmstat(): string {
  try {
    return readFileSync('/proc/vmstat', 'utf8')
  } catch {
    return ''
  }
}
let oomKnown = oomKills()
let oomSeen = Number.NEGATIVE_INFINITY
/** Asked at a failure only. All members of a group that end after one kill are told of it, whichever ends first. */
export function oomSince(started: number): boolean {
  const kills = oomKills()
  if (kills > oomKnown) oomSeen = performance.now()
  oomKnown = kills
  return oomSeen >= started
}
