import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { faults, look, type Run, type Setting, startVictim, type Told, undisturbed } from './setting.ts'

const root = (...words: string[]) => spawnSync(words[0]!, words.slice(1), { encoding: 'utf8', timeout: 20_000 })
/** Acts in a small file system of its own. @returns the reason where none can be made */
async function mounted(place: string, size: string, act: () => Promise<void>): Promise<string | undefined> {
  mkdirSync(place, { recursive: true })
  const { status, stderr, error } = root('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', place)
  if (status !== 0) return `a tmpfs cannot be mounted (${error?.message ?? stderr.trim()})`
  try {
    await act()
  } finally {
    root('umount', place)
  }
  return undefined
}
/** Runs on disks of many sizes, most of them too small; then the disk is given more room and the same run again. */
export async function fullDisks(setting: Setting, sizes: readonly number[], log: (line: string) => void): Promise<Told> {
  const name = 'A disk that fills'
  const wanted = await undisturbed(setting, 'big')
  const counts = { disks: 0, 'runs refused by the disk': 0, 'runs that fitted': 0 }
  const all: string[] = []
  for (const size of sizes) {
    const place = path.join(setting.folder, `disk-${size}`)
    const skipped = await mounted(place, `${size}k`, async () => {
      const at: Run = { store: path.join(place, 'store'), run: `full-${size}`, dag: 'big' }
      const outside = { ...at, store: path.join(place, 'store') }
      const first = await startVictim(setting, outside).ended
      counts.disks++
      if (first.status === 0) counts['runs that fitted']++
      else counts['runs refused by the disk']++
      const tell = (fault: string) => all.push(`${size} KiB: ${fault}`)
      if (first.status !== 0 && !/ENOSPC|No space left on device|The disk is full/.test(first.stderr))
        tell(`refused without saying that the disk is full: ${first.stderr.slice(0, 500)}`)
      if (first.status === 70 || first.status === null)
        tell(`ended with ${first.status ?? first.signal} and no clear error: ${first.stderr.slice(0, 500)}`)
      for (const half of look(at.store).half) tell(`half-written: ${half}`)
      const before = look(at.store)
      root('mount', '-o', 'remount,size=100m', place)
      const again = { ...at, run: 'roomy' }
      const next = await startVictim(setting, again).ended
      if (next.status !== 0) tell(`with room again it ended with ${next.status ?? next.signal}: ${next.stderr.slice(0, 500)}`)
      for (const fault of faults(again, before, wanted)) tell(fault)
    })
    if (skipped !== undefined) return { name, counts: {}, faults: [], skipped }
  }
  log(`disks that fill: ${counts.disks}`)
  return { name, counts, faults: all }
}
