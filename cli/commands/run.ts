import type { Command } from 'commander'
import { registerVerb } from '../arguments/options.ts'

export const register = (program: Command, words: readonly string[]): Promise<void> =>
  registerVerb(program, words, { verb: 'run', about: 'run a pipeline' }, async asked =>
    (await import('../actions/run.ts')).runPipeline(asked),
  )
