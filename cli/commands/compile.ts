import type { Command } from 'commander'
import { registerVerb } from '../arguments/options.ts'

export const register = (program: Command, words: readonly string[]): Promise<void> =>
  registerVerb(
    program,
    words,
    { verb: 'compile', about: 'write a plan as Argo Workflows, to be read, kept and submitted by others' },
    async asked => (await import('../actions/compile.ts')).compilePlan(asked),
  )
