import type { Command } from 'commander'
import { registerVerb } from '../arguments/options.ts'

export const register = (program: Command, words: readonly string[]): Promise<void> =>
  registerVerb(program, words, { verb: 'plan', about: 'print every step that a run would take, and what is cached' }, async asked =>
    (await import('../actions/plan.ts')).printPlan(asked),
  )
