import type { Command } from 'commander'
import type { CleanOptions } from '../actions/clean.ts'

export function register(program: Command): void {
  program
    .command('clean')
    .description('free space: remove what no kept run needs')
    .option('--store <dir>', 'the store; also TRIREME_STORE (default .trireme)')
    .option('--keep-last <n>', 'keep what the latest n runs need')
    .option('--older-than <age>', 'forget runs older than this, such as 7d, 12h or 30m')
    .option('--max-size <size>', 'forget the oldest runs until the rest needs no more than this, such as 50GB; the latest run stays')
    .option('--dry-run', 'say what would be removed, and remove nothing')
    .addHelpText(
      'after',
      `
Without options, only what no run of the list needs is removed: folders of failed and of damaged steps, and work that was cut off.
With --keep-last, --older-than or --max-size, older runs are forgotten with what only they need. Nothing is removed while a run
goes on. Published results are never touched, unless they were published with --link.`,
    )
    .action(async (options: CleanOptions) => (await import('../actions/clean.ts')).clean(options))
}
