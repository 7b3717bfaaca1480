import type { Command } from 'commander'
import type { FetchOptions } from '../actions/fetch.ts'

export function register(program: Command): void {
  program
    .command('fetch <dataset>')
    .description('fetch a dataset from its archive; goes on where it stopped')
    .option('--out <dir>', "folder for the files (default the dataset's name)")
    .option('--patients <names...>', 'only these patients, apart by commas or spaces')
    .option('--sets <names...>', 'only these folders of the study, apart by commas or spaces')
    .option('--connections <n>', 'requests under way at a time (default 4)')
    .option('--lock <file>', 'digests to hold to (default <dataset>.sha256 in the folder)')
    .option('--files-url <url>', "where the study's folders lie, such as a mirror's")
    .option('--api-url <url>', "where OMERO's JSON API answers")
    .addHelpText(
      'after',
      '\nDatasets that can be fetched: idr0042. Others travel with the package or are made when a profile asks for them.\nThe digest of every file is noted when it first arrives and held to ever after: keep the lock file to be sure of the same data elsewhere.',
    )
    .action(async (name: string, options: FetchOptions) => (await import('../actions/fetch.ts')).fetchDataset(name, options))
}
