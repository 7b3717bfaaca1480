import { describe, expect, test } from 'vitest'
import { commandLine } from './command-line.ts'
import { fullDisks } from './disks.ts'
import { trireme } from './engines.ts'
import { injections } from './injections.ts'
import { kills } from './kills.ts'
import { jumpingClock, twoRunners } from './runners.ts'
import { ordinary, type Setting, setUp, type Told, tearDown } from './setting.ts'

// A few of each torture; "npm run torture" does them all. A fault says what provoked it.

const quiet = () => {}
const tortures: Readonly<Record<string, (setting: Setting) => Promise<Told>>> = {
  'SIGKILL at random moments': async setting => kills(await trireme(setting), 6, 7, quiet),
  'SIGKILL at random moments, as an ordinary user': async setting => kills(await trireme(ordinary(setting)), 6, 8, quiet),
  'EIO, ENOSPC and SIGKILL in the middle of its system calls': setting => injections(setting, quiet, 20),
  'SIGKILL in the middle of commands': setting => commandLine(setting, quiet, { most: 9 }),
  'a disk that fills': setting => fullDisks(setting, [64, 1000, 2600], quiet),
  'two runners at once': setting => twoRunners(setting, 5, 7, quiet),
  'a clock that jumps': setting => jumpingClock(setting, 2, 7, quiet),
}
const linux = process.platform === 'linux'
describe.skipIf(!linux).concurrent(`the store bears${linux ? '' : ' (skipped: not on Linux)'}`, () => {
  test.for(Object.entries(tortures))('%s', { timeout: 600_000 }, async ([, torture], { skip }) => {
    const setting = await setUp()
    try {
      const { counts, faults, skipped } = await torture(setting)
      // What has to be installed, "npm test" installs. What the system refuses cannot be helped.
      if (skipped !== undefined && !skipped.endsWith('is not installed')) skip(skipped)
      expect(skipped).toBeUndefined()
      expect(faults).toEqual([])
      expect(Object.values(counts).some(count => count > 0)).toBe(true)
    } finally {
      tearDown(setting)
    }
  })
})
