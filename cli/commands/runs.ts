import type { Command } from 'commander'
import type { RunsOptions } from '../actions/runs.ts'

export function register(program: Command): void {
  program
    .command('runs')
    .description('list the runs of the store')
    .option('--store <dir>', 'the store; also TRIREME_STORE (default .trireme)')
    .option('--last <n>', 'so many of the latest', '20')
    .option('--json', 'print JSON')
    .action(async (options: RunsOptions) => (await import('../actions/runs.ts')).listRuns(options))
}
