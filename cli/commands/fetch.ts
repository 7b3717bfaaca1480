import type { Command } from 'commander'
import { TriremeError } from '../../core/errors.ts'

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
    .action(fetchDataset)
}
interface Options {
  readonly out?: string
  readonly patients?: readonly string[]
  readonly sets?: readonly string[]
  readonly connections?: string
  readonly lock?: string
  readonly filesUrl?: string
  readonly apiUrl?: string
}
async function fetchDataset(name: string, options: Options): Promise<void> {
  const { didYouMean } = await import('../display/suggest.ts')
  if (name !== 'idr0042')
    throw new TriremeError(
      'USAGE',
      `There is no dataset "${name}" to fetch.${await didYouMean(name, ['idr0042'])} The datasets that can be fetched: idr0042.`,
    )
  const { wholeNumber } = await import('../arguments/options.ts')
  const { bytesText } = await import('../../core/vocabulary/quantity.ts')
  const { noteLine, say } = await import('../display/print.ts')
  const { fetchStudy } = await import('../../datasets/idr0042/fetch/fetch.ts')
  const words = (given: readonly string[] = []) => given.flatMap(each => each.split(',')).filter(word => word !== '')
  const show = await display()
  try {
    const done = await fetchStudy({
      out: options.out ?? name,
      patients: words(options.patients),
      sets: words(options.sets),
      ...(options.connections !== undefined && { connections: wholeNumber('--connections', options.connections, 1) }),
      ...(options.lock !== undefined && { lock: options.lock }),
      ...(options.filesUrl !== undefined && { filesUrl: url('--files-url', options.filesUrl) }),
      ...(options.apiUrl !== undefined && { apiUrl: url('--api-url', options.apiUrl) }),
      on: ({ files, of, kept, bytes }) =>
        show.line(`${files} of ${of} files, ${kept} of them here already, ${bytesText(bytes)} fetched`, files === of),
    })
    show.end()
    for (const file of done.differing)
      noteLine(`IDR says something else of ${file} than the list that travels with the package; IDR's word is taken.`)
    say(`${done.images} images, with annotations, of idr0042 (Nirschl et al. 2018, CC BY 4.0):`)
    for (const file of [done.archive, done.annotation, done.paths]) say(`  ${file}`)
    say(`Try: trireme run idr-classification --archive ${done.archive} --annotation ${done.annotation} --paths ${done.paths}`)
  } finally {
    show.end()
  }
}
function url(flag: string, text: string): string {
  if (/^https?:\/\/[^\s/]+/.test(text)) return text
  throw new TriremeError('USAGE', `${flag} takes an address that begins with https:// or http://, got ${JSON.stringify(text)}.`)
}
/** One line that is written over on a terminal; elsewhere a line every ten seconds. */
async function display() {
  const { noteLine } = await import('../display/print.ts')
  const { createLogUpdate } = await import('log-update')
  const live = process.stderr.isTTY ? createLogUpdate(process.stderr) : undefined
  let last = 0
  return {
    line(text: string, now: boolean) {
      const every = live ? 100 : 10_000
      if (!now && Date.now() - last < every) return
      last = Date.now()
      if (live) live(text)
      else noteLine(text)
    },
    end: () => live?.done(),
  }
}
