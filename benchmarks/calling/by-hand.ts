import type { CommandArm } from 'trireme-bio/benchmarks'
import { script } from '../harness/places.ts'
import { filtered, firstPair, recordsOf } from './variants.ts'

/** The same tools in a script that somebody wrote. */
export const byHand = (name: string): CommandArm => ({
  command: at => {
    const { genome, reads } = firstPair(at)
    return { argv: ['bash', script(name), genome, ...reads] }
  },
  check: at => void recordsOf(filtered(at)),
})
