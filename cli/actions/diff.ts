import { say } from '../display/print.ts'
import { type Copy, chosen, compare, readCopiesLock } from '../project/copies.ts'
import { mergeThree, unified } from '../project/merge.ts'
import { version } from '../project/package.ts'

export async function diff(name: string | undefined, project: string): Promise<void> {
  const copies = compare(project, await chosen(readCopiesLock(project), name))
  const width = Math.max(...copies.map(({ state }) => state.length))
  const lines = copies.map(({ state, place }) => `${state.padEnd(width)}  ${place}`)
  const changes = copies.flatMap(lineByLine)
  say([...lines, ...changes.map(text => `\n${text.trimEnd()}`)].join('\n'))
}
/** What you changed since the copy was made, and what upstream changed since. */
function lineByLine({ place, state, note, here, base, upstream }: Copy): readonly string[] {
  if (here === undefined || upstream === undefined || here.equals(upstream)) return []
  const [theirs, copied, now] = [`trireme-bio/${place}`, `${note.version}, as copied`, `${version()}, installed`]
  if (state === 'changed by you') return [unified(upstream, here, [theirs, place])]
  if (state === 'changed upstream') return [unified(here, upstream, [`${theirs} (${copied})`, `${theirs} (${now})`])]
  if (base === undefined)
    return [
      `${place}: no one kept what it was in version ${note.version}, so your changes and upstream's cannot be told apart.\n${unified(upstream, here, [theirs, place])}`,
    ]
  const { conflicts } = mergeThree(here, base, upstream, { base: copied, upstream: now })
  const count = conflicts.length
  return [
    `${place}: what you changed\n${unified(base, here, [`${theirs} (${copied})`, place])}`,
    `${place}: what upstream changed\n${unified(base, upstream, [`${theirs} (${copied})`, `${theirs} (${now})`])}`,
    count === 0
      ? `${place}: the two can be merged, by "trireme upgrade"`
      : `${place}: ${count === 1 ? 'one place was' : `${count} places were`} changed by both, from line ${conflicts.map(({ line }) => line).join(', ')}`,
  ]
}
