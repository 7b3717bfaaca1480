import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** Who holds something in the store: a process, told from a later one of the same number by its start and the machine's. */
export interface Owner {
  readonly pid: number
  /** Clock ticks from the machine's start to the process's; 0 where the system does not tell. */
  readonly started: number
  /** Identity of this start of the machine. */
  readonly boot: string
  readonly host: string
}
const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
const boot = read('/proc/sys/kernel/random/boot_id').trim()
const startOf = (pid: number): number =>
  Number(
    read(`/proc/${pid}/stat`)
      .replace(/^.*\) /s, '')
      .split(' ')[19] ?? 0,
  )

const host = read('/proc/sys/kernel/hostname').trim()
export const self: Owner = { pid: process.pid, started: startOf(process.pid), boot, host }

export const isSelf = (owner: Owner): boolean =>
  owner.pid === self.pid && owner.started === self.started && owner.boot === self.boot && owner.host === self.host
/** Whether the owner still runs. One on another machine (a shared file system) cannot be asked, and counts as alive. */
export function alive(owner: Owner): boolean {
  if (owner.host !== host) return true
  if (owner.boot !== boot) return false // another start of this machine ended all its processes
  try {
    process.kill(owner.pid, 0)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return startOf(owner.pid) === owner.started
}
/** An owner as it was written; undefined for a file that was cut short. */
export function ownerIn(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as Owner // written by this module; the check below is for files cut short
    return typeof owner.pid === 'number' ? owner : undefined
  } catch {
    return undefined
  }
}
/** Ends what a killed runner left running: processes whose environment names the work folder. */
export function endOrphans(workFolder: string): number {
  if (!existsSync('/proc/self/environ')) return 0
  const mark = `TRIREME_WORK=${workFolder}`
  const ids = readdirSync('/proc').filter(name => /^\d+$/.test(name) && read(`/proc/${name}/environ`).split('\0').includes(mark))
  for (const id of ids) {
    try {
      process.kill(Number(id), 'SIGKILL')
    } catch {
      // It ended by itself.
    }
  }
  return ids.length
}
