import type { Command } from 'commander'

export function register(program: Command): void {
  program
    .command('add <name>')
    .description('copy a step or pipeline with its test into the project')
    .option('--force', 'overwrite files that were changed')
    .addHelpText(
      'after',
      '\nThe name is a step\'s ("samtools/sort" or "samtools-sort") or a pipeline\'s ("variant-calling"). A pipeline brings the steps that it imports.\nVersions and digests are noted in trireme.lock.json: "trireme diff" and "trireme upgrade" go by them.',
    )
    .action(async (name: string, { force = false }: { readonly force?: boolean }) =>
      (await import('../actions/add.ts')).addCopy(name, process.cwd(), force),
    )
}
