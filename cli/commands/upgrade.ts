import type { Command } from 'commander'

export function register(program: Command): void {
  program
    .command('upgrade [name]')
    .description('bring copies up to the installed version')
    .addHelpText('after', '\nFiles that you changed are left as they are: the new one is written beside them as FILE.new.')
    .action(async (name: string | undefined) => (await import('../actions/upgrade.ts')).upgrade(name, process.cwd()))
}
