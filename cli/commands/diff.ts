import type { Command } from 'commander'

export function register(program: Command): void {
  program
    .command('diff [name]')
    .description('compare copies with the ones they came from')
    .action(async (name: string | undefined) => (await import('../actions/diff.ts')).diff(name, process.cwd()))
}
