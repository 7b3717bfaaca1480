import { writeSync } from 'node:fs'
import type { Usage } from '../events.ts'
import { markName, nextMark } from '../store/strays.ts'
import type { SpawnOptions } from './child.ts'
import { oomSince, watchMemory } from './memory-sampler.ts'
import { spawned } from './node-spawn.ts'
import { started, startersHere } from './perl-spawn.ts'
import type { Launch } from './pipe-script.ts'

/** How a process group ended. */
export interface Ended {
  /** Exit status, or null where a signal ended it. */
  readonly status: number | null
  readonly signal: NodeJS.Signals | number | null
  readonly seconds: number
  readonly usage: Usage | undefined
  /** Why the runner ended it; undefined where it ended by itself. */
  readonly stopped: StopReason | undefined
  /** True when the kernel killed a process for lack of memory in the meantime. */
  readonly oom: boolean
  /** Exit statuses of its programs, a line for each pipe, where they are told; else they are in the file `status` of its folder. */
  readonly statuses?: string | undefined
}
export type StopReason = 'time limit' | 'cancelled' | 'group'

/** A running process group. */
export interface RunningProcess {
  readonly ended: Promise<Ended>
  /** Ends the group: SIGTERM, and SIGKILL three seconds later to what is left. */
  end(why: StopReason): void
}
/**
 * Starts one program as a process group of its own. Nothing that it starts outlives `ended`, nor the runner: whatever has left the group is found
 * by the starter, or by its mark (decision 0071).
 */
export function start(launch: Launch, at: SpawnOptions, by = startersHere ? started : spawned): RunningProcess {
  const began = performance.now()
  const child = by(launch, { ...at, environment: { ...at.environment, [markName]: nextMark() } })
  const memory = watchMemory(child.pid)
  let over = false
  let stopped: StopReason | undefined
  let hard: NodeJS.Timeout | undefined
  const end = (why: StopReason) => {
    if (over) return // another process may have its number by now
    stopped ??= why
    child.kill('SIGTERM')
    hard ??= setTimeout(() => child.kill('SIGKILL'), 3000)
  }
  const limit = at.timeLimit === undefined ? undefined : setTimeout(() => end('time limit'), at.timeLimit * 1000)
  const ended = child.ended.then(({ status, signal, usage, fault, left = [] }): Ended => {
    const seconds = fault === undefined ? (performance.now() - began) / 1000 : 0
    over = true
    clearTimeout(limit)
    clearTimeout(hard)
    memory.stop()
    // No memory for a process, no such program, an error of the disk: a failed step, with the status that a shell would give.
    if (fault !== undefined) tell(at.log, fault)
    if (left.length > 0)
      tell(at.log, `It left processes running that may not be ended: ${left.join(', ')}. They could still change what it made.`)
    const peakMemory = Math.max(usage?.peakMemory ?? 0, memory.peak())
    return {
      status: left.length > 0 && status === 0 ? 1 : status,
      signal,
      seconds,
      usage: usage && { ...usage, peakMemory },
      stopped,
      oom: status !== 0 && oomSince(began),
    }
  })
  return { ended, end }
}
function tell(log: number, line: string): void {
  try {
    writeSync(log, `${line}\n`)
  } catch {
    // The disk fails here too.
  }
}
