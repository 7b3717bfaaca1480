import { existsSync, linkSync, lstatSync, lutimesSync, readdirSync, readlinkSync, symlinkSync, unlinkSync } from 'node:fs'
import { readIfThere } from '../files.ts'

/** Which process holds a lock in the store. Its start time and the machine's tell it apart from a later process with the same number. */
export interface Owner {
  readonly pid: number
  /** Clock ticks from the machine's start to the process's; 0 where the system does not say. */
  readonly started: number
  /** Identity of this start of the machine. */
  readonly boot: string
  readonly host: string
}
const boot = (readIfThere('/proc/sys/kernel/random/boot_id') ?? '').trim()
const startOf = (pid: number): number => Number((readIfThere(`/proc/${pid}/stat`) ?? '').replace(/^.*\) /s, '').split(' ')[19] ?? 0)

const host = (readIfThere('/proc/sys/kernel/hostname') ?? '').trim()
export const self: Owner = { pid: process.pid, started: startOf(process.pid), boot, host }

export const isSelf = (owner: Owner): boolean =>
  owner.pid === self.pid && owner.started === self.started && owner.boot === self.boot && owner.host === self.host
/** Lock files of this process. They are touched every half minute, for machines that share the file system and cannot look for the process. */
const beating = new Set<string>()
let beats = false
export function hold(file: string): void {
  beating.add(file)
  if (!beats) setInterval(beat, 30_000).unref()
  beats = true
}
function beat(): void {
  for (const each of beating)
    try {
      lutimesSync(each, new Date(), new Date())
    } catch {
      // It is gone, or the disk fails: the run will find out.
    }
}
export const release = (file: string): void => void beating.delete(file)
export const holds = (file: string): boolean => beating.has(file)
/** Locks of another machine that were not touched for so long count as abandoned. Long, since clocks of machines differ. */
const silence = 10 * 60_000

/** Whether the owner still runs. @param seen when its lock was last touched, which decides for owners on another machine or in another container */
export function alive(owner: Owner, seen: number): boolean {
  if (owner.host !== host) return Date.now() - seen < silence
  if (owner.boot !== boot) return false // another start of this machine ended all its processes
  try {
    process.kill(owner.pid, 0)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return startOf(owner.pid) === owner.started
}
/**
 * Makes a lock file: a symbolic link whose target describes the owner, so that one system call makes it whole.
 * @param like a lock file of this process: a hard link to it serves as well, and removing a hard link leaves no freed inode, over which ext4
 * passes for some seconds whenever it makes a file
 * @throws EEXIST where another process holds the lock
 */
export function lock(file: string, like?: string): void {
  if (like === undefined || !linked(like, file)) symlinkSync(JSON.stringify(self), file)
}
/** False where that lock file has gone with its run, or the file system has no hard links to symbolic links. */
function linked(like: string, file: string): boolean {
  try {
    linkSync(like, file)
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw cause
    return false
  }
}
/** Removes a lock file that may be gone already. Not by `rmSync`, whose code Node loads only when it is first used: 4 ms. */
export function unlock(file: string): void {
  try {
    unlinkSync(file)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
  }
}
/** The owner of a lock, and when it was last touched; undefined where there is no lock. */
export function signed(file: string): { readonly owner: Owner; readonly seen: number } | undefined {
  try {
    const owner = JSON.parse(readlinkSync(file)) as Owner // made whole by `sign`, or not at all
    return typeof owner.pid === 'number' ? { owner, seen: lstatSync(file).mtimeMs } : undefined
  } catch {
    return undefined
  }
}
/** Ends processes that a killed runner left running: those whose environment names the work folder. */
export function endOrphans(workFolder: string): number {
  if (!existsSync('/proc/self/environ')) return 0
  const mark = `TRIREME_WORK=${workFolder}`
  const ids = readdirSync('/proc').filter(
    name => /^\d+$/.test(name) && (readIfThere(`/proc/${name}/environ`) ?? '').split('\0').includes(mark),
  )
  for (const id of ids) {
    try {
      process.kill(Number(id), 'SIGKILL')
    } catch {
      // It ended by itself.
    }
  }
  return ids.length
}
