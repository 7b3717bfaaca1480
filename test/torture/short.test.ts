import { describe, expect, test } from 'vitest'
import { fullDisks } from './disks.ts'
import { trireme } from './engines.ts'
import { injections } from './injections.ts'
import { kills } from './kills.ts'
import { jumpingClock, twoRunners } from './runners.ts'
import { type Setting, setUp, type Told, tearDown } from './setting.ts'

// A few of each torture; "npm run torture" does them all. A fault says what provoked it.

const quiet = () => {}
const tortures: Readonly<Record<string, (setting: Setting) => Promise<Told>>> = {
  'SIGKILL at random moments': async setting => kills(await trireme(setting), 10, 7, quiet),
  'EIO, ENOSPC and SIGKILL in the middle of its system calls': setting => injections(setting, quiet, 20),
  'a disk that fills': setting => fullDisks(setting, [64, 1000, 2600], quiet),
  'two runners at once': setting => twoRunners(setting, 5, 7, quiet),
  'a clock that jumps': setting => jumpingClock(setting, 2, 7, quiet),
}
describe.skipIf(process.platform !== 'linux').concurrent('the store bears', () => {
  test.each(Object.entries(tortures))('%s', { timeout: 180_000 }, async (_, torture) => {
    const setting = await setUp()
    try {
      const { counts, faults, skipped, name } = await torture(setting)
      if (skipped !== undefined) console.warn(`${name}: not done, since ${skipped}`)
      expect(faults).toEqual([])
      expect(skipped !== undefined || Object.values(counts).some(count => count > 0)).toBe(true)
    } finally {
      tearDown(setting)
    }
  })
})
