import { describe, expect, test } from 'vitest'
import { scratch } from '../../../core/testing.ts'
import { traceable } from '../injections.ts'
import { mutants } from './mutants.ts'
import { firstFault, powerCuts } from './power.ts'

const refused = process.platform === 'linux' ? traceable() : 'not on Linux'
// What has to be installed, "npm test" installs. What the system refuses cannot be helped.
describe.skipIf(refused !== undefined && !refused.endsWith('is not installed'))(
  `the power may be cut${refused === undefined ? '' : ` (skipped: ${refused})`}`,
  () => {
    test('at every system call of runs, of publishing and of a clean: nothing told is lost, and every store goes on', {
      timeout: 300_000,
    }, async () => {
      const { counts, faults, skipped } = await powerCuts({ folder: scratch() }, 3, 7, () => {})
      expect(skipped).toBeUndefined()
      expect(faults).toEqual([])
      expect(counts.cuts).toBeGreaterThan(1000)
    })
    test.each(mutants)('it is found that $name', { timeout: 120_000 }, async ({ commands = ['run'], ...mutant }) => {
      expect(await firstFault(scratch(), mutant, commands)).toMatch(mutant.finds)
    })
  },
)
