import type { Command } from 'commander'
import type { StoreOptions } from '../arguments/options.ts'

export function register(program: Command): void {
  program
    .command('attach <run>')
    .description('follow a run on a cluster again, after its client went away')
    .addHelpText(
      'after',
      '\nA run is named by its id, by the beginning or end of one, or "last". What it is to do was written down when it began: the command is read again in its folder, and nothing is sent twice.',
    )
    .option('--store <dir>', 'the store; also TRIREME_STORE (default .trireme)')
    .action(async (run: string, options: StoreOptions) => (await import('../actions/attach.ts')).attach(run, options))
}
