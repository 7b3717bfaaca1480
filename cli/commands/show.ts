import type { Command } from 'commander'

export function register(program: Command): void {
  program
    .command('show <name>')
    .description('show a pipeline or step: inputs, parameters, outputs, tools; or an environment, to copy')
    .addHelpText(
      'after',
      '\nA step has two names: its own ("samtools-sort"), and that of its module ("samtools/sort").\nAn environment is one of "trireme list --environments".',
    )
    .action(async (name: string) => (await import('../actions/show.ts')).showAny(name))
}
