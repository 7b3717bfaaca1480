import type { Command } from 'commander'

export function register(program: Command): void {
  program
    .command('new <what> <name>')
    .description('write the start of a step or pipeline, with a test that passes')
    .addHelpText(
      'after',
      '\nExamples:\n  trireme new step seqkit/stats       steps/seqkit/stats.ts, its test, and the tool, where the package has none of that name\n  trireme new pipeline heart-atlas    pipelines/heart-atlas.ts and its test\n\nNothing is overwritten.',
    )
    .action(async (what: string, name: string) => (await import('../actions/new.ts')).writeStart(what, name, process.cwd()))
}
