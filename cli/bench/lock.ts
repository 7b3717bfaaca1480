import { readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { TriremeError } from '../../core/errors.ts'
import { lifeOf, lock, signed, unlock } from '../../core/store/lock-file.ts'
import { writeWhole } from '../../core/store/whole-file.ts'

/** The turn to measure: two benches at once on one machine would measure each other. */
export interface BenchTurn {
  /** Is told the group of processes that is measured, so that it is known where the bench is killed. */
  readonly running: (group?: number) => void
  readonly end: () => void
}
/** @throws TriremeError `USAGE` while another bench of this machine goes on, or a run that one has left */
export function takeTurn(): BenchTurn {
  const file = path.join(os.tmpdir(), 'trireme-bench.lock')
  const left = path.join(os.tmpdir(), 'trireme-bench.group')
  const holder = signed(file)
  if (holder && lifeOf(holder) !== 'dead')
    throw new TriremeError(
      'USAGE',
      `Another "trireme bench" measures on this machine, process ${holder.owner.pid}: the two would measure each other. Wait until it has ended. Nothing was measured.`,
    )
  unlock(file)
  try {
    lock(file)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code !== 'EEXIST')
      throw new TriremeError(
        'RESOURCES',
        `${file} cannot be written (${code}), by which benches take turns. Give a folder that is there and can be written in TMPDIR. Nothing was measured.`,
        { cause },
      )
    throw new TriremeError(
      'USAGE',
      `Another "trireme bench" has just begun on this machine. Wait until it has ended. Nothing was measured.`,
      { cause },
    )
  }
  const group = groupIn(left)
  if (group !== undefined) {
    unlock(file)
    throw new TriremeError(
      'USAGE',
      `A "trireme bench" was killed, and what it measured still runs: the group of process ${group}. Wait until it has ended, or end it: kill -- -${group}. Nothing was measured.`,
    )
  }
  return {
    running: group => (group === undefined ? rmSync(left, { force: true }) : writeWhole(left, String(group))),
    end: () => unlock(file),
  }
}
function groupIn(file: string): number | undefined {
  try {
    const group = Number(readFileSync(file, 'utf8'))
    if (!(group > 1)) return undefined
    process.kill(-group, 0)
    return group
  } catch {
    return undefined // there is no such file, or nobody in the group
  }
}
