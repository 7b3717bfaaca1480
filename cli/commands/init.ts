import type { Command } from 'commander'
import type { InitOptions } from '../actions/init.ts'

export function register(program: Command): void {
  program
    .command('init <dir>')
    .description('make a project with a pipeline that runs')
    .option(
      '--template <name>',
      'what it begins with: variant-calling, or image-classification on images that are drawn',
      'variant-calling',
    )
    .option('--benchmark', 'with a comparison, which "trireme bench run" runs')
    .addHelpText(
      'after',
      '\nThe folder is new or empty. It may hold what "npm init" and "npm install" leave there; package.json is then added to.\nWhat is running becomes the dependency: a version of the registry, a checkout, a tarball, or an address.',
    )
    .action(async (folder: string, options: InitOptions) => (await import('../actions/init.ts')).init(folder, options))
}
