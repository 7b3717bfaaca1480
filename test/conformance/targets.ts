import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Event } from '../../core/events.ts'
import type { Results } from '../../core/pipeline.ts'
import type { Plan } from '../../core/plan.ts'
import { type Execution, runLocally, type Store } from '../../core/targets/local.ts'
import type { Ability } from './case.ts'

/** One way to run plans. */
export interface Target {
  readonly name: string
  /** Why nothing can be run there at present, in words; undefined where it can. */
  readonly unavailable: () => Promise<string | undefined>
  /** What it has not, and why. */
  readonly lacks: Readonly<Partial<Record<Ability, string>>>
  /** How many cases are run there at a time. */
  readonly width: number
  /** Longest time for one case, in seconds. */
  readonly patience: number
  /** File for `Surroundings.confine`. */
  readonly confine: string
  readonly run: (plan: Plan, at: Place) => Promise<Execution<Results>>
}
export interface Place {
  readonly store: Store
  /** Name of the case, and the number of the plan in it: `chain-1`. */
  readonly run: string
  readonly on: (event: Event) => void
}
/** What a run may use, whatever the machine: what is refused for want of room, and what is joined, must not depend on it. */
export const total = { cpu: 4, memory: 2 * 2 ** 30, gpu: 0 }

/** A memory cgroup below our own, where one may be made (version 1; version 2 wants its parents prepared): local steps have no limit else. */
function smallCgroup(): string | undefined {
  const own = existsSync('/proc/self/cgroup') ? /^\d+:memory:(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] : undefined
  if (own === undefined) return undefined
  const cgroup = path.join('/sys/fs/cgroup/memory', own, `trireme-conformance-${process.pid}`)
  try {
    mkdirSync(cgroup)
    writeFileSync(path.join(cgroup, 'memory.limit_in_bytes'), String(48 * 2 ** 20))
    process.once('exit', () => rmdirSync(cgroup))
    return path.join(cgroup, 'cgroup.procs')
  } catch {
    return undefined
  }
}
const confine = smallCgroup()
const noLimit = { 'memory limits': 'no memory cgroup can be made here, and local steps have no limit of their own' }

const local: Omit<Target, 'name' | 'run'> = {
  unavailable: async () => undefined,
  lacks: confine === undefined ? noLimit : {},
  width: 4,
  patience: 60,
  confine: confine ?? '',
}
export const targets: readonly Target[] = [
  { ...local, name: 'local', run: (plan, at) => runLocally(plan, { ...at, ...total, versions: new Map() }) },
  {
    ...local,
    name: 'local --no-stream',
    lacks: { ...local.lacks, streams: 'it writes files instead of links' },
    run: (plan, at) => runLocally(plan, { ...at, ...total, versions: new Map(), stream: false }),
  },
]
