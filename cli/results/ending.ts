import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Paint } from '../display/colour.ts'
import { columns } from '../display/print.ts'
import type { AnyPipeline } from '../project/catalogue.ts'
import type { ResultFile } from './layout.ts'
import { infoFolder } from './published.ts'

type Highlights = AnyPipeline['spec']['highlights']
/** Lines of a notice that are shown; the rest is in its file. */
const mostLines = 40

/** The results that matter, by title, and where the rest lies: lines below "Results:". */
export function resultLines(out: string, files: readonly ResultFile[], highlights: Highlights): readonly string[] {
  const rows = Object.entries(highlights ?? {}).flatMap(([result, given]): readonly (readonly [string, string])[] => {
    const own = files.filter(file => file.result === result && file.main)
    if (typeof given === 'string') return row(given, own, out)
    return Object.entries(given ?? {}).flatMap(([name, title]) =>
      title === undefined
        ? []
        : row(
            title,
            own.filter(file => file.name === name),
            out,
          ),
    )
  })
  if (rows.length === 0) return fewOrFolders(files.map(({ to }) => to))
  return columns([...rows, ['How it was made', path.join(out, infoFolder) + path.sep]]).split('\n')
}
/** One file by its path, several by the folder that they have in common; nothing where the run made none. */
function row(title: string, files: readonly ResultFile[], out: string): readonly (readonly [string, string])[] {
  const [first, ...others] = files
  if (first === undefined) return []
  if (others.length === 0) return [[title, path.join(out, first.to)]]
  const folders = path.dirname(first.to).split('/')
  const shared = folders.findIndex((_, n) => !others.every(({ to }) => to.startsWith(`${folders.slice(0, n + 1).join('/')}/`)))
  const folder = path.join(out, ...folders.slice(0, shared < 0 ? folders.length : shared)) + path.sep
  return [[title, `${folder} (${files.length} files)`]]
}
/** The files where there are few, else how many there are in each folder. */
function fewOrFolders(files: readonly string[]): readonly string[] {
  if (files.length <= 12) return files
  const folders = new Map<string, string[]>()
  for (const file of files) {
    const top = file.includes('/') ? `${file.split('/')[0]}/` : file
    folders.set(top, [...(folders.get(top) ?? []), file])
  }
  return [...folders].map(([folder, within]) => (within.length === 1 ? within[0]! : `${folder}  ${within.length} files`))
}
/** What the results of kind `notice` say. A line that begins with "Warning: " is one. */
export async function noticeLines(out: string, files: readonly ResultFile[], paint: Paint): Promise<readonly string[]> {
  const notices = files.filter(({ format }) => format === 'notice')
  const texts = await Promise.all(
    notices.map(async ({ from, to }) => ({ to, lines: (await readFile(from, 'utf8')).trimEnd().split('\n') })),
  )
  return texts.flatMap(({ to, lines }) => [
    '',
    ...lines.slice(0, mostLines).map(line => (line.startsWith('Warning: ') ? paint('yellow', plainText(line)) : plainText(line))),
    ...(lines.length > mostLines ? [`… ${lines.length - mostLines} more lines in ${path.join(out, to)}`] : []),
  ])
}
/** Names of samples may hold anything: none moves the cursor. */
const plainText = (line: string) => line.replace(/\p{Cc}/gu, ' ')
