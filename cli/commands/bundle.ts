import type { Command } from 'commander'
import type { BundleOptions } from '../actions/bundle.ts'

export function register(program: Command): void {
  program
    .command('bundle <comparison>')
    .description('write a comparison and all that it needs into one file, for a machine without Node or network')
    .requiredOption('-o, --output <file>', 'the file, such as idr-speedup.tar')
    .option('--node <file>', "the Node that goes along: for another architecture, or another version (default: this machine's own)")
    .option('--on <environments>', "where pipelines may run there, in place of the comparison's own: names with commas between them")
    .option('--add <files...>', 'files of the project that commands of the comparison read, and no dataset names')
    .option('--store <dir>', 'the store in which the plans are looked up; also TRIREME_STORE (default .trireme)')
    .addHelpText(
      'after',
      `
There, with nothing installed but what every Linux has and the comparison's own tools:
  tar xf FILE.tar && ./trireme-bundle/run --limit 8m
Its last line names the record. Take that back, and have it verified and kept: trireme bench import record.json`,
    )
    .action(async (name: string, options: BundleOptions) => (await import('../actions/bundle.ts')).bundle(name, options))
}
