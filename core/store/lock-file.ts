import { existsSync, linkSync, lstatSync, lutimesSync, readdirSync, readlinkSync, symlinkSync, unlinkSync } from 'node:fs'
import { readIfThere } from '../files.ts'

/** Who holds something in the store: a process, told from a later one of the same number by its start and the machine's. */
export interface Owner {
  readonly pid: number
  /** Clock ticks from the machine's start to the process's; 0 where the system does not tell. */
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
/** What says that we hold something: touched every half minute, for machines that share the file system and cannot ask for our process. */
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
      // Gone, or the disk refuses: the run will find out.
    }
}
export const release = (file: string): void => void beating.delete(file)
export const holds = (file: string): boolean => beating.has(file)
/** How long another machine may be silent: what it holds is then taken for left behind. Wide, since clocks of machines differ. */
const silence = 10 * 60_000

/** Whether the owner still runs. @param seen when what it holds was last touched, which decides for one on another machine or in another container */
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
 * Writes down who holds something: as the target of a symbolic link, so that one system call makes it whole.
 * @param like a signature of ours that is there already: another name of it is as good, and leaves no removed file behind, over which
 * ext4 passes for some seconds whenever it makes a new one
 * @throws EEXIST where somebody does
 */
export function lock(file: string, like?: string): void {
  if (like === undefined || !linked(like, file)) symlinkSync(JSON.stringify(self), file)
}
/** False where the signature has gone with its run, or the file system has no such links. */
function linked(like: string, file: string): boolean {
  try {
    linkSync(like, file)
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw cause
    return false
  }
}
/** Takes a signature away that may be gone already. Not by `rmSync`, whose code Node reads only when it is first used: 4 ms. */
export function unlock(file: string): void {
  try {
    unlinkSync(file)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
  }
}
/** Whose something is, and when it was last touched; undefined where nobody signed. */
export function signed(file: string): { readonly owner: Owner; readonly seen: number } | undefined {
  try {
    const owner = JSON.parse(readlinkSync(file)) as Owner // made whole by `sign`, or not at all
    return typeof owner.pid === 'number' ? { owner, seen: lstatSync(file).mtimeMs } : undefined
  } catch {
    return undefined
  }
}
/** Ends what a killed runner left running: processes whose environment names the work folder. */
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
