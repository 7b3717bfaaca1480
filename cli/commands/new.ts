import type { Command } from 'commander'

export function register(program: Command): void {
  program
    .command('new <what> <name>')
    .description('write the start of a step or pipeline, with a test that passes')
    .addHelpText(
      'after',
      '\nA step TOOL/VERB is steps/TOOL/VERB.ts, its test, and the tool, where the package has none of that name;\na pipeline NAME is pipelines/NAME.ts and its test. Nothing is overwritten.',
    )
    .action(async (what: string, name: string) => (await import('../actions/new.ts')).writeStart(what, name, process.cwd()))
}
