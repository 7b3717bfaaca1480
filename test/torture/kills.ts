import { readdirSync, readFileSync, rmSync } from 'node:fs'
import type { Engine } from './engines.ts'
import { pause, random, type Told } from './setting.ts'

/** What a SIGKILL hits. */
const targets = ['runner', 'step', 'group', 'everything'] as const

interface Process {
  readonly pid: number
  readonly parent: number
  readonly group: number
}
/** All that descends from a process, itself included; steps have groups of their own and may have lost their parent. */
function family(root: number, orphans: ReadonlySet<number>): readonly Process[] {
  const all = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap((name): readonly Process[] => {
      try {
        const [, parent, group] = readFileSync(`/proc/${name}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ')
          .map(Number)
        return [{ pid: Number(name), parent: parent!, group: group! }]
      } catch {
        return []
      }
    })
  const found = new Set([root])
  for (let more = true; more; ) {
    more = false
    for (const { pid, parent } of all)
      if (!found.has(pid) && found.has(parent)) {
        found.add(pid)
        more = true
      }
  }
  return all.filter(({ pid }) => found.has(pid) || orphans.has(pid))
}
function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}
/**
 * Starts an engine again and again on the same folder and kills it at random moments; then lets it finish. What it must not do is counted:
 * show half a file under a final name, need a person before it goes on, run a finished step again, end with other contents.
 */
export async function kills(engine: Engine, wanted: number, seed: number, log: (line: string) => void): Promise<Told> {
  const chance = random(seed)
  const counts: Record<string, number> = { kills: 0, rounds: 0 }
  for (const target of targets) counts[`kills of ${target}`] = 0
  const faults: string[] = []
  const count = (what: string, n = 1) => {
    counts[what] = (counts[what] ?? 0) + n
  }
  const duration = await engine.duration()
  while (counts.kills! < wanted) {
    const folder = engine.fresh()
    counts.rounds!++
    // Up to three kills in a row, so that what recovers is killed too.
    for (let left = 1 + Math.floor(chance() * 3); left > 0 && counts.kills! < wanted; left--) {
      const before = engine.finished(folder)
      const { child, ended } = engine.start(folder)
      const target = targets[Math.floor(chance() * targets.length)]!
      const moment = chance() * duration
      const pick = chance()
      await Promise.race([pause(moment), ended])
      const over = () => child.exitCode !== null || child.signalCode !== null
      let members: readonly Process[] = []
      let steps: readonly Process[] = []
      // Between two steps there is none to be hit: the next one is waited for.
      do {
        members = family(child.pid!, engine.own(folder))
        steps = members.filter(({ pid, group }) => pid !== child.pid && engine.isStep(pid, group, child.pid!))
        if (steps.length > 0 || target === 'runner' || target === 'everything') break
        await pause(5)
      } while (!over())
      if (over()) continue
      const hit = target === 'runner' || steps.length === 0 ? undefined : steps[Math.floor(pick * steps.length)]!
      const victims =
        target === 'everything'
          ? members.map(({ pid }) => pid)
          : hit === undefined
            ? [child.pid!]
            : target === 'group'
              ? [-hit.group]
              : [hit.pid]
      if (!victims.map(kill).some(Boolean)) continue
      counts.kills!++
      count(`kills of ${target === 'everything' ? target : hit === undefined ? 'runner' : target}`)
      await ended
      await pause(20)
      const what = `kill ${counts.kills} (${target}, ${moment.toFixed(0)} ms)`
      for (const half of engine.half(folder)) {
        count('half-written files under a final name')
        faults.push(`${what}: half-written: ${half}`)
      }
      for (const again of engine.madeAgain(folder, before)) {
        count('finished steps run again')
        faults.push(`${what}: finished, and run again: ${again}`)
      }
    }
    const before = engine.finished(folder)
    const { manual, fault } = await engine.finish(folder)
    for (const each of manual) {
      count(`recoveries that needed a person: ${each}`)
      faults.push(`round ${counts.rounds}: needed ${each}`)
    }
    for (const again of engine.madeAgain(folder, before)) {
      count('finished steps run again')
      faults.push(`round ${counts.rounds}: finished, and run again: ${again}`)
    }
    for (const half of engine.half(folder)) faults.push(`round ${counts.rounds}: half-written at the end: ${half}`)
    if (fault !== undefined) {
      count('recoveries with other contents, or none')
      faults.push(`round ${counts.rounds}: ${fault}`)
    }
    if (fault === undefined || process.env.TORTURE_KEEP === undefined) rmSync(folder, { recursive: true, force: true })
    if (counts.rounds! % 20 === 0) log(`${engine.name}: ${counts.kills} kills`)
  }
  return { name: `SIGKILL, ${engine.name}`, counts, faults }
}
