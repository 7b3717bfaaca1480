import type { Command } from 'commander'
import type { ListOptions } from '../actions/list.ts'

export function register(program: Command): void {
  program
    .command('list')
    .description('list pipelines and steps')
    .option('--pipelines', 'only pipelines')
    .option('--steps', 'only steps')
    .option('--environments', 'where plans may run: what --on takes')
    .option('--json', 'print JSON')
    .action(async (options: ListOptions) => (await import('../actions/list.ts')).listAll(options))
}
