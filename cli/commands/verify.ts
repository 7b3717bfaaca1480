import type { Command } from 'commander'
import type { StoreOptions } from '../arguments/options.ts'

export function register(program: Command): void {
  program
    .command('verify')
    .description('compare everything in the store with its digests; what is damaged runs again')
    .option('--store <dir>', 'the store; also TRIREME_STORE (default .trireme)')
    .addHelpText(
      'after',
      `
Reads every file of every finished step. What is not as it was made is moved to the store's folder "damaged", and its step runs again
when it is next needed; nothing else is removed. The journal is written anew. Runs may go on meanwhile. The exit status is 7 when
something was damaged.`,
    )
    .action(async (options: StoreOptions) => (await import('../actions/verify.ts')).compareStore(options))
}
