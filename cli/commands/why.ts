import type { Command } from 'commander'
import { registerVerb } from '../arguments/options.ts'

export const register = (program: Command, words: readonly string[]): Promise<void> =>
  registerVerb(program, words, { verb: 'why', extra: ' <step>', about: 'say why a step would run again' }, async asked =>
    (await import('../actions/why.ts')).why(asked),
  )
