import type { Command } from 'commander'
import type { StoreOptions } from '../arguments/options.ts'

export function register(program: Command): void {
  program
    .command('logs <run> [step]')
    .description('show what the steps of a run wrote')
    .addHelpText(
      'after',
      '\nA run is named by its id, by the beginning or end of one, or "last". Without a step, the steps and their states are listed.',
    )
    .option('--store <dir>', 'the store; also TRIREME_STORE (default .trireme)')
    .action(async (run: string, step: string | undefined, options: StoreOptions) =>
      (await import('../actions/logs.ts')).showLog(run, step, options),
    )
}
