import { createHash } from 'node:crypto'
import { linkSync, lstatSync, lutimesSync, readlinkSync, symlinkSync, unlinkSync } from 'node:fs'
import os from 'node:os'
import { readIfThere } from '../files.ts'

/** Which process holds a lock in the store. Its start time and the machine's tell it apart from a later process with the same number. */
export interface Owner {
  readonly pid: number
  /** Clock ticks from the machine's start to the process's; 0 where the system does not say. */
  readonly started: number
  /** Identity of this start of the machine; empty where the system does not say. */
  readonly boot: string
  /** The namespace that its number is of, such as `pid:[4026531836]`; missing in locks of earlier versions, as `machine` is. */
  readonly space?: string
  /** Identity of the machine, as a digest: machine-id(5) asks for its own not to be shown. Empty where it has none. */
  readonly machine?: string
  readonly host: string
}
const linkTo = (place: string): string => {
  try {
    return readlinkSync(place)
  } catch {
    return ''
  }
}
/** Whether /proc is there, and has the numbers of our own namespace. */
export const ownProc = linkTo('/proc/self') === String(process.pid)
/** A process by its number. `exists` only: the system does not show it, as with `hidepid`. */
type Sight = { readonly exists: boolean; readonly started?: number }
function sightOf(pid: number): Sight {
  try {
    process.kill(pid, 0)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ESRCH') return { exists: false }
  }
  const stat = ownProc ? readIfThere(`/proc/${pid}/stat`) : undefined
  const fields = stat?.replace(/^.*\) /s, '').split(' ') // behind the name, which may hold anything: state, parent, group …
  if (fields === undefined) return { exists: true }
  return { exists: !/[ZX]/.test(fields[0]!), started: Number(fields[19]) } // one that nobody waited for has ended all the same
}
const said = (file: string) => (readIfThere(file) ?? '').trim()
const disguised = (id: string) => id && createHash('sha256').update(`trireme ${id}`).digest('hex').slice(0, 16)
export const self: Owner = {
  pid: process.pid,
  started: sightOf(process.pid).started ?? 0,
  boot: said('/proc/sys/kernel/random/boot_id'),
  space: linkTo('/proc/self/ns/pid'),
  machine: disguised(said('/etc/machine-id')),
  host: os.hostname(),
}
/** What lock files of this process lead to. */
export const signature = JSON.stringify(self)
/** Whether the number of a process means the same there as here. Without a boot id the host's name decides. */
const isNear = ({ boot, space, machine, host }: Owner): boolean =>
  boot === self.boot && space === self.space && machine === self.machine && (boot !== '' || host === self.host)
export const isSelf = (owner: Owner): boolean => isNear(owner) && owner.pid === self.pid && owner.started === self.started

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
/** `silent`: it is to be watched for a little longer, since it shows no sign of life, and may live. */
export type Life = 'alive' | 'silent' | 'dead'
/**
 * How long a lock may stay untouched whose process cannot be looked for: it is of another machine, or of another container. Long, since its
 * runner may be stopped, and clocks of machines differ.
 */
const silence = 10 * 60_000
/** The same after another start of this machine. That ended all its processes, but copies of a machine have one identity. */
const silenceOfOurs = 2 * 60_000
/** In this time a lock of a live process is touched twice. No lock counts as abandoned that was watched for less, whatever clocks say: they jump. */
const watch = 60_000
/** When locks were last touched, and since when this process has known that. A lock keeps its inode under each of its names. */
const quietSince = new Map<string, { readonly seen: number; readonly since: number }>()

/** Whether the process still runs that signed a lock. */
export function lifeOf({ owner, seen, inode }: Signed, { now, clock, look: see }: Senses = senses): Life {
  if (isNear(owner)) {
    const { exists, started } = see(owner.pid)
    return exists && (started === undefined || started === owner.started) ? 'alive' : 'dead'
  }
  if (quietSince.get(inode)?.seen !== seen) quietSince.set(inode, { seen, since: clock() })
  const quiet = clock() - quietSince.get(inode)!.since
  const ours = owner.machine === self.machine && owner.machine !== '' && owner.host === self.host && owner.boot !== self.boot
  const most = ours ? silenceOfOurs : silence
  if (quiet >= most) return 'dead'
  if (now() - seen < most) return 'alive'
  return quiet >= watch ? 'dead' : 'silent'
}
interface Senses {
  /** Time of day, which may jump. */
  readonly now: () => number
  /** Time that passes, in milliseconds. */
  readonly clock: () => number
  readonly look: (pid: number) => Sight
}
const senses: Senses = { now: Date.now, clock: () => performance.now(), look: sightOf }
/**
 * Makes a lock file: a symbolic link whose target describes the owner, so that one system call makes it whole.
 * @param like a lock file of this process: a hard link to it serves as well, and removing a hard link leaves no freed inode, over which ext4
 * passes for some seconds whenever it makes a file
 * @throws EEXIST where another process holds the lock
 */
export function lock(file: string, like?: string): void {
  if (like === undefined || !linked(like, file)) symlinkSync(signature, file)
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
export interface Signed {
  readonly owner: Owner
  /** When it was last touched. */
  readonly seen: number
  readonly inode: string
}
/** A lock as it was signed; undefined where there is none. */
export function signed(file: string): Signed | undefined {
  try {
    const owner = JSON.parse(readlinkSync(file)) as Owner // made whole by `lock`, or not at all
    const { dev, ino, mtimeMs } = lstatSync(file)
    return typeof owner.pid === 'number' ? { owner, seen: mtimeMs, inode: `${dev}:${ino}` } : undefined
  } catch {
    return undefined
  }
}
