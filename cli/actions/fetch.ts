import { TriremeError } from '../../core/errors.ts'
import { bytesText } from '../../core/vocabulary/quantity.ts'
import { described } from '../../datasets/idr0042/dataset.ts'
import { fetchStudy } from '../../datasets/idr0042/fetch/fetch.ts'
import { wholeNumber } from '../arguments/options.ts'
import { noteLine, say } from '../display/print.ts'
import { Screen } from '../display/screen.ts'
import { didYouMean } from '../display/suggest.ts'
import { useProxies } from '../machine/proxies.ts'
import { wayOut } from '../project/inside.ts'

export interface FetchOptions {
  readonly out?: string
  readonly patients?: readonly string[]
  readonly sets?: readonly string[]
  readonly connections?: string
  readonly lock?: string
  readonly filesUrl?: string
  readonly apiUrl?: string
}
export async function fetchDataset(name: string, options: FetchOptions): Promise<void> {
  if (name !== 'idr0042')
    throw new TriremeError(
      'USAGE',
      `There is no dataset "${name}" to fetch.${await didYouMean(name, ['idr0042'])} The datasets that can be fetched: idr0042.`,
    )
  const out = options.out ?? name
  const link = wayOut(out)
  if (link)
    throw new TriremeError(
      'USAGE',
      `${link}, outside of ${out}, and what is fetched lies in that folder alone: nothing was fetched. Remove the link, or give another folder with --out.`,
    )
  const words = (given: readonly string[] = []) => given.flatMap(each => each.split(',')).filter(word => word !== '')
  await useProxies()
  const show = display()
  try {
    const done = await fetchStudy({
      out,
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
    say(
      `Try: trireme run idr-classification --archive ${done.archive} --annotation ${done.annotation} --paths ${done.paths} --data '${described}'`,
    )
  } finally {
    show.end()
  }
}
function url(flag: string, text: string): string {
  if (/^https?:\/\/[^\s/]+/.test(text)) return text
  throw new TriremeError('USAGE', `${flag} takes an address that begins with https:// or http://, got ${JSON.stringify(text)}.`)
}
/** One line that is written over on a terminal; elsewhere a line every ten seconds. */
function display() {
  let text = ''
  let last = 0
  let screen = process.stderr.isTTY ? new Screen(process.stderr, () => text) : undefined
  return {
    line(now: string, important: boolean) {
      text = now
      if (screen || (!important && Date.now() - last < 10_000)) return
      last = Date.now()
      noteLine(now)
    },
    end() {
      screen?.close()
      if (screen && text !== '') noteLine(text)
      screen = undefined
    },
  }
}
